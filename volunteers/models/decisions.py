from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.models import Coded
from volunteers.querysets import OfPersonQuerySet

from .application import Application
from .people import Person
from .policy import ProgrammeRole


class Decision(Coded):
    """A proposal by one person and its confirmation by another, with what both had before them."""

    CODE_PREFIX = "D"

    class Outcome(models.TextChoices):
        APPROVE = "approve", _("approve")
        DECLINE = "decline", _("decline")
        DEFER = "defer", _("defer")

    application = models.ForeignKey(Application, models.PROTECT, related_name="decisions")
    outcome = models.CharField(max_length=8, choices=Outcome.choices)
    rationale = models.TextField()
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(auto_now_add=True)
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True, blank=True)
    sent_back_at = models.DateTimeField(null=True, blank=True)
    snapshot = models.JSONField(default=dict)
    snapshot_hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["-proposed_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(confirmed_by=None) | ~models.Q(confirmed_by=models.F("proposed_by")),
                name="decision_two_people",
            ),
            models.UniqueConstraint(
                fields=["application"],
                condition=models.Q(confirmed_at=None, sent_back_at=None),
                name="decision_one_open",
            ),
        ]


class Approval(models.Model):
    """The result of a confirmed decision, from day to day inclusive. Never edited; ended by suspension or exit."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="approvals")
    role = models.ForeignKey(ProgrammeRole, models.PROTECT, related_name="+")
    decision = models.OneToOneField(Decision, models.PROTECT, null=True, related_name="approval")
    valid_from = models.DateField()
    valid_to = models.DateField()

    objects = OfPersonQuerySet.as_manager()

    class Meta:
        ordering = ["-valid_to"]
        constraints = [
            models.CheckConstraint(condition=models.Q(valid_to__gte=models.F("valid_from")), name="approval_in_order")
        ]

    def __str__(self):
        return f"{self.person} {self.valid_from}–{self.valid_to}"
