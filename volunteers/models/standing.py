from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.models import AppendOnly, Coded, Named
from volunteers.querysets import OfPersonQuerySet

from .people import Person
from .policy import AgreementVersion, CheckType, ReasonCode


class TrainingModule(Named):
    code = models.SlugField(unique=True)
    check_type = models.ForeignKey(CheckType, models.PROTECT, related_name="modules")
    minutes = models.PositiveSmallIntegerField()
    validity_days = models.PositiveSmallIntegerField(default=730)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("training module")
        verbose_name_plural = _("training modules")
        ordering = ["position"]


class TrainingRecord(AppendOnly):
    """A trainer's word on one person and module; the newest counts. Nobody records his own."""

    class Result(models.TextChoices):
        PASSED = "passed", _("passed")
        REPEAT = "repeat", _("to be repeated")
        FAILED = "failed", _("failed")

    person = models.ForeignKey(Person, models.PROTECT, related_name="training")
    subject = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    module = models.ForeignKey(TrainingModule, models.PROTECT, related_name="+")
    held_on = models.DateField(_("held on"))
    result = models.CharField(_("result"), max_length=8, choices=Result.choices)
    note = models.CharField(_("note"), max_length=300, blank=True)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(auto_now_add=True)

    objects = OfPersonQuerySet.as_manager()

    class Meta:
        ordering = ["-held_on", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(subject=None) | ~models.Q(recorded_by=models.F("subject")),
                name="training_not_recorded_by_oneself",
            ),
            models.CheckConstraint(
                condition=models.Q(result="passed") | ~models.Q(note=""), name="training_failure_has_note"
            ),
        ]

    def __str__(self):
        return f"{self.person} {self.module_id} {self.result}"


class Acceptance(AppendOnly):
    """A person accepted a version of a text, in a language, at a time; the same version again when its year is over."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="acceptances")
    version = models.ForeignKey(AgreementVersion, models.PROTECT, related_name="+")
    language = models.CharField(max_length=2, choices=settings.LANGUAGES)
    at = models.DateTimeField(default=timezone.now)

    objects = OfPersonQuerySet.as_manager()

    class Meta:
        ordering = ["-at"]

    def __str__(self):
        return f"{self.person} {self.version_id}"


class SupervisorAssignment(models.Model):
    person = models.ForeignKey(Person, models.PROTECT, related_name="supervision")
    supervisor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="supervises")
    starts_on = models.DateField(default=timezone.localdate)
    ends_on = models.DateField(null=True, blank=True)

    objects = OfPersonQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person"], condition=models.Q(ends_on=None), name="supervisor_one_at_a_time"
            ),
        ]

    def __str__(self):
        return f"{self.person} {self.supervisor}"


class Suspension(Coded):
    """One person opens it, at once and for all later dates; two people lift it."""

    CODE_PREFIX = "S"

    person = models.ForeignKey(Person, models.PROTECT, related_name="suspensions")
    reason_code = models.ForeignKey(ReasonCode, models.PROTECT, related_name="+")
    note = models.TextField(_("internal note"))
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(default=timezone.now)
    lift_proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    lift_proposed_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    lifted_at = models.DateTimeField(null=True, blank=True)

    objects = OfPersonQuerySet.as_manager()

    class Meta:
        ordering = ["-opened_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(lifted_by=None) | ~models.Q(lifted_by=models.F("lift_proposed_by")),
                name="suspension_two_people_lift",
            ),
            models.UniqueConstraint(fields=["person"], condition=models.Q(lifted_at=None), name="suspension_one_open"),
        ]
