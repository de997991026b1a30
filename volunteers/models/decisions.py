from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.crypto import SealedText
from portal.models import Coded
from volunteers.querysets import AppealQuerySet, ApprovalQuerySet

from .application import Application
from .people import Person
from .policy import ProgrammeRole, ReasonCode


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
    reason_codes = models.ManyToManyField(ReasonCode, blank=True, related_name="+")
    applicant_text = models.TextField(blank=True)  # what he reads besides the disclosable reasons
    defer_until = models.DateField(null=True, blank=True)
    supersedes = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="superseded_by")
    # A refusal: he may answer until `answer_until` (inclusive); somebody other than the proposer closes it.
    answer_until = models.DateField(null=True, blank=True)
    answer_sealed = models.BinaryField(null=True, editable=False)
    answered_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    closed_at = models.DateTimeField(null=True, blank=True)
    closing_note = models.TextField(blank=True)
    appeal_until = models.DateField(null=True, blank=True)

    answer = SealedText()

    class Meta:
        ordering = ["-proposed_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(closed_by=None) | ~models.Q(closed_by=models.F("proposed_by")),
                name="decision_closed_by_another",
            ),
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
    probation_visits = models.PositiveSmallIntegerField(default=0)  # the first ones only beside an experienced mentor

    objects = ApprovalQuerySet.as_manager()

    class Meta:
        ordering = ["-valid_to"]
        constraints = [
            models.CheckConstraint(condition=models.Q(valid_to__gte=models.F("valid_from")), name="approval_in_order")
        ]

    def __str__(self):
        return f"{self.person} {self.valid_from}–{self.valid_to}"


class Appeal(Coded):
    """The applicant asks that somebody else looks at a refusal; neither of its two people decides about it."""

    CODE_PREFIX = "AP"

    class Outcome(models.TextChoices):
        ACCEPTED = "accepted", _("accepted: the case is decided anew")
        REJECTED = "rejected", _("the refusal stands")

    decision = models.OneToOneField(Decision, models.PROTECT, related_name="appeal")
    # The two people of the refusal, copied so that the database itself can refuse that one of them decides again.
    first_proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    first_confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    text_sealed = models.BinaryField(editable=False)
    lodged_at = models.DateTimeField(auto_now_add=True)
    outcome = models.CharField(max_length=8, choices=Outcome.choices, blank=True)
    applicant_text = models.TextField(blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)

    text = SealedText()

    objects = AppealQuerySet.as_manager()

    class Meta:
        ordering = ["lodged_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(decided_by=None)
                | ~models.Q(decided_by=models.F("first_proposed_by"))
                & ~models.Q(decided_by=models.F("first_confirmed_by")),
                name="appeal_decided_by_a_third",
            ),
        ]


class StageDuration(models.Model):
    """How long a stage usually takes: the median in days of the last year, computed at night from the log."""

    state = models.CharField(max_length=12, unique=True)
    median_days = models.PositiveSmallIntegerField()
    cases = models.PositiveIntegerField()
    computed_on = models.DateField()

    def __str__(self):
        return f"{self.state} {self.median_days}"
