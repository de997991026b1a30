from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from mentors.querysets import CheckInQuerySet, ExclusionQuerySet, OfPersonQuerySet, ProfileQuerySet
from portal.access import Reach
from portal.crypto import SealedText
from portal.models import AppendOnly, Coded, District, School, Topic
from volunteers.models import Person


class Profile(Coded):
    """What a mentor would like to do and where he can go. Wishes only: they narrow his list and forbid nothing."""

    CODE_PREFIX = "M"

    person = models.OneToOneField(Person, models.PROTECT, related_name="profile")
    topics = models.ManyToManyField(Topic, blank=True, related_name="+", verbose_name=_("topics"))
    districts = models.ManyToManyField(District, blank=True, related_name="+", verbose_name=_("where I can go"))
    digest = models.BooleanField(_("a letter each week with sessions that suit me"), default=False)

    objects = ProfileQuerySet.as_manager()

    class Meta:
        verbose_name = _("mentor's profile")
        verbose_name_plural = _("mentors' profiles")

    @classmethod
    def for_person(cls, person: Person) -> Profile:
        """The person's profile, or an unsaved one with the defaults: reading a page writes nothing."""
        return cls.objects.filter(person=person).first() or cls(person=person)

    @property
    def reach(self) -> Reach:
        return self.person.reach

    def district_ids(self) -> set[int]:
        """Where he can go; his own district until he has chosen."""
        chosen = set(self.districts.values_list("pk", flat=True)) if self.pk else set()
        return chosen or {pk for pk in (self.person.district_id,) if pk}

    def topic_ids(self) -> set[int]:
        """The topics he has chosen; none means any."""
        return set(self.topics.values_list("pk", flat=True)) if self.pk else set()


class CheckIn(AppendOnly, Coded):
    """A supervisor's talk with his mentor: how it goes, whether boundaries hold, when the next one is due."""

    CODE_PREFIX = "CI"

    class Kind(models.TextChoices):
        MEETING = "meeting", _("meeting")
        CALL = "call", _("call")
        OBSERVED = "observed", _("a session was observed")

    class Mark(models.TextChoices):
        GOOD = "good", _("all is well")
        ATTENTION = "attention", _("needs attention")

    person = models.ForeignKey(Person, models.PROTECT, related_name="check_ins")
    held_on = models.DateField(_("held on"))
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices)
    wellbeing = models.CharField(_("how the mentor is"), max_length=9, choices=Mark.choices)
    boundaries = models.CharField(_("rules of safe contact"), max_length=9, choices=Mark.choices)
    note_sealed = models.BinaryField(null=True, editable=False)
    next_due = models.DateField(_("next one until"))
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(default=timezone.now)

    note = SealedText()

    objects = CheckInQuerySet.as_manager()

    class Meta:
        verbose_name = _("check-in")
        verbose_name_plural = _("check-ins")
        ordering = ["-held_on", "-pk"]


class AvailabilityWindow(models.Model):
    """Hours of a weekday (0 is Monday; Asia/Almaty) in which he can come. They narrow his list and bind a coordinator
    who books for him; what he books himself is his own word. No window: any time."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="availability")
    weekday = models.PositiveSmallIntegerField(_("day of the week"))
    starts = models.TimeField(pgettext_lazy("hours", "from"))
    ends = models.TimeField(pgettext_lazy("hours", "until"))

    objects = OfPersonQuerySet.as_manager()

    class Meta:
        verbose_name = _("hours that suit")
        verbose_name_plural = _("hours that suit")
        ordering = ["weekday", "starts"]
        constraints = [
            models.UniqueConstraint(fields=["person", "weekday", "starts"], name="availability_once"),
            models.CheckConstraint(
                condition=models.Q(weekday__lte=6, ends__gt=models.F("starts")), name="availability_in_order"
            ),
        ]

    def __str__(self):
        return f"{self.weekday} {self.starts:%H:%M}"


class Absence(models.Model):
    """Days (inclusive, Asia/Almaty) on which he cannot come. No reason is kept."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="absences")
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"))

    objects = OfPersonQuerySet.as_manager()

    class Meta:
        verbose_name = _("days away")
        verbose_name_plural = _("days away")
        ordering = ["first_day", "pk"]
        constraints = [
            models.CheckConstraint(condition=models.Q(last_day__gte=models.F("first_day")), name="absence_in_order")
        ]

    def __str__(self):
        return f"{self.first_day} {self.last_day}"


class Travel(models.TextChoices):
    FOOT = "foot", _("on foot")
    BUS = "bus", _("by bus")
    CAR = "car", _("by car")


class Limits(models.Model):
    """How many visits he wants at most, how he travels, and how far (kilometres in a straight line). Empty: the programme's caps, any
    distance. The caps hold on every way to a place; only a coordinator goes past them, with a reason."""

    person = models.OneToOneField(Person, models.PROTECT, related_name="limits")
    per_day = models.PositiveSmallIntegerField(_("visits a day, at most"), null=True, blank=True)
    per_week = models.PositiveSmallIntegerField(_("visits a week, at most"), null=True, blank=True)
    per_month = models.PositiveSmallIntegerField(_("visits a month, at most"), null=True, blank=True)
    travels_by = models.CharField(_("how I travel"), max_length=4, choices=Travel.choices, default=Travel.BUS)
    max_km = models.PositiveSmallIntegerField(_("kilometres, at most"), null=True, blank=True)

    objects = OfPersonQuerySet.as_manager()

    class Meta:
        verbose_name = _("limits")
        verbose_name_plural = _("limits")

    def __str__(self):
        return f"{self.per_day} {self.per_week} {self.per_month}"


class Exclusion(Coded):
    """What keeps a mentor from a school, or two mentors from each other. Ended, never deleted; why is for the
    safeguarding lead alone."""

    CODE_PREFIX = "X"

    class Kind(models.TextChoices):
        SCHOOL = "school", _("not in this school")
        APART = "apart", _("not in one session with this mentor")
        RELATIVES = "relatives", _("relatives: in one session they count as one adult")

    person = models.ForeignKey(Person, models.PROTECT, related_name="exclusions")
    kind = models.CharField(_("kind"), max_length=9, choices=Kind.choices)
    school = models.ForeignKey(
        School, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("school")
    )
    other = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, related_name="excluded_by", verbose_name=_("other mentor")
    )
    why_sealed = models.BinaryField(null=True, editable=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")

    why = SealedText()

    objects = ExclusionQuerySet.as_manager()

    class Meta:
        verbose_name = _("exclusion")
        verbose_name_plural = _("exclusions")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind="school", school__isnull=False, other=None)
                | ~models.Q(kind="school") & models.Q(school=None, other__isnull=False),
                name="exclusion_of_a_school_or_a_mentor",
            ),
            models.CheckConstraint(condition=~models.Q(person=models.F("other")), name="exclusion_of_another"),
            models.CheckConstraint(
                condition=models.Q(ended_at=None, ended_by=None)
                | models.Q(ended_at__isnull=False, ended_by__isnull=False),
                name="exclusion_ended_by_somebody",
            ),
            models.UniqueConstraint(
                fields=["person", "school"],
                condition=models.Q(ended_at=None, kind="school"),
                name="exclusion_school_once",
            ),
            models.UniqueConstraint(
                fields=["person", "other", "kind"],
                condition=models.Q(ended_at=None, school=None),
                name="exclusion_mentor_once",
            ),
        ]

    @property
    def reach(self) -> Reach:
        return self.person.reach
