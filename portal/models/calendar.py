from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from portal import access
from portal.access import Reach

from .base import Named
from .places import District, School


class NonTeachingPeriodQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Those of the whole oblast, and those of the districts and schools whose calendar the user keeps."""
        here = access.within(user, "calendar.manage", district="district")
        here |= access.within(user, "calendar.manage", district="school__district")
        return self.filter(here | models.Q(district=None, school=None))

    def between(self, first, last):
        """Those of which a day at least lies between two inclusive days."""
        return self.filter(first_day__lte=last, last_day__gte=first)

    def on(self, day, *, school=None, grade=None):
        """Periods that close `school` (and `grade`) on `day`; both ends are inclusive days in Asia/Almaty."""
        periods = self.filter(first_day__lte=day, last_day__gte=day)
        if school:
            periods = periods.filter(
                models.Q(school=None, district=None) | models.Q(school=school) | models.Q(district=school.district_id)
            )
        if grade is not None:
            periods = periods.filter(models.Q(grade=None) | models.Q(grade=grade))
        return periods


class NonTeachingPeriod(Named):
    """Days without lessons: a holiday, a break, an exam, a quarantine. For the oblast unless a district or school is named."""

    class Kind(models.TextChoices):
        HOLIDAY = "holiday", _("public holiday")
        BREAK = "break", _("school holidays")
        EXAM = "exam", _("exams")
        REMOTE = "remote", _("quarantine or remote lessons")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"))
    district = models.ForeignKey(District, models.CASCADE, null=True, blank=True, related_name="+")
    school = models.ForeignKey(School, models.CASCADE, null=True, blank=True, related_name="+")
    grade = models.PositiveSmallIntegerField(_("only this grade"), null=True, blank=True)
    is_projected = models.BooleanField(
        _("projected"), default=False, help_text=_("The ministry has not published the dates yet.")
    )

    objects = NonTeachingPeriodQuerySet.as_manager()

    class Meta:
        verbose_name = _("days without lessons")
        verbose_name_plural = _("days without lessons")
        ordering = ["first_day"]
        constraints = [
            models.CheckConstraint(condition=models.Q(last_day__gte=models.F("first_day")), name="period_in_order"),
            models.UniqueConstraint(
                "kind",
                "first_day",
                "name_en",
                Coalesce("district", 0),
                Coalesce("school", 0),
                Coalesce("grade", 0),
                name="period_once",
            ),
        ]

    @property
    def reach(self) -> Reach:
        return Reach(district_id=self.school.district_id if self.school else self.district_id, school_id=self.school_id)

    def closes(self, day, school, grade) -> bool:
        """The same as the queryset's `on`, for a period that is read already."""
        everywhere = self.school_id is None and self.district_id is None
        here = everywhere or self.school_id == school.pk or self.district_id == school.district_id
        return here and self.first_day <= day <= self.last_day and self.grade in (None, grade)

    def clean(self):
        if self.first_day and self.last_day and self.last_day < self.first_day:
            raise ValidationError({"last_day": _("The last day comes before the first.")})
