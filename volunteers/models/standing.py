from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.crypto import SealedText
from portal.models import AppendOnly, Coded
from volunteers.querysets import AcceptanceQuerySet, OfPersonQuerySet, SupervisorAssignmentQuerySet, SuspensionQuerySet

from .people import Person
from .policy import AgreementVersion, ReasonCode


class Acceptance(AppendOnly):
    """A person accepted a version of a text, in a language, at a time; the same version again when its year is over."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="acceptances")
    version = models.ForeignKey(AgreementVersion, models.PROTECT, related_name="+")
    language = models.CharField(max_length=2, choices=settings.LANGUAGES)
    at = models.DateTimeField(default=timezone.now)

    objects = AcceptanceQuerySet.as_manager()

    class Meta:
        ordering = ["-at"]

    def __str__(self):
        return f"{self.person} {self.version_id}"


class SupervisorAssignment(models.Model):
    person = models.ForeignKey(Person, models.PROTECT, related_name="supervision")
    supervisor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="supervises")
    starts_on = models.DateField(default=timezone.localdate)
    ends_on = models.DateField(null=True, blank=True)
    # Somebody stands in for this supervisor while he is away; such an assignment has an end.
    cover_for = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="covered_by"
    )

    objects = SupervisorAssignmentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person"],
                condition=models.Q(ends_on=None, cover_for=None),
                name="supervisor_one_at_a_time",
            ),
            models.CheckConstraint(
                condition=models.Q(cover_for=None)
                | models.Q(ends_on__isnull=False) & ~models.Q(cover_for=models.F("supervisor")),
                name="supervisor_cover_ends",
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
    ended_in_exit_at = models.DateTimeField(null=True, blank=True)  # he left while suspended: it was never lifted

    objects = SuspensionQuerySet.as_manager()

    class Meta:
        ordering = ["-opened_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(lifted_by=None) | ~models.Q(lifted_by=models.F("lift_proposed_by")),
                name="suspension_two_people_lift",
            ),
            models.UniqueConstraint(
                fields=["person"], condition=models.Q(lifted_at=None, ended_in_exit_at=None), name="suspension_one_open"
            ),
        ]


class Pause(Coded):
    """A mentor does not come from day to day inclusive, at his own wish; `ends_on` moves forward when he ends it early."""

    CODE_PREFIX = "PA"

    person = models.ForeignKey(Person, models.PROTECT, related_name="pauses")
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"))
    cancelled_at = models.DateTimeField(null=True, blank=True)  # taken back before it began
    created_at = models.DateTimeField(auto_now_add=True)

    objects = OfPersonQuerySet.as_manager()

    class Meta:
        ordering = ["-starts_on"]
        constraints = [
            models.CheckConstraint(condition=models.Q(ends_on__gte=models.F("starts_on")), name="pause_order")
        ]


class ExitRecord(Coded):
    """Somebody has left the programme, from `left_on` on. A later approval begins anew; nothing here is undone."""

    CODE_PREFIX = "EX"

    class Reason(models.TextChoices):
        OWN_WISH = "own_wish", _("own wish")
        MOVED = "moved", _("moved away")
        HEALTH = "health", _("health")
        SCHOOL_YEAR = "school_year", _("end of the school year")
        ORGANISATION = "organisation", _("the organisation withdrew")
        STANDARDS = "standards", _("standards of conduct")
        DECEASED = "deceased", _("deceased")
        INACTIVE = "inactive", _("no sessions for a year")
        OTHER = "other", _("another reason")

    person = models.ForeignKey(Person, models.PROTECT, related_name="exits")
    reason = models.CharField(_("reason"), max_length=16, choices=Reason.choices)
    note_sealed = models.BinaryField(null=True, editable=False)
    left_on = models.DateField(default=timezone.localdate)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    recorded_at = models.DateTimeField(auto_now_add=True)
    conversation_held = models.BooleanField(_("a closing conversation was held"), default=False)
    may_reapply = models.BooleanField(_("may apply again"), default=True)
    while_suspended = models.BooleanField(default=False)

    note = SealedText()

    objects = OfPersonQuerySet.as_manager()

    class Meta:
        ordering = ["-left_on", "-pk"]
