"""Days without lessons as coordinators keep them: for a school or a district of theirs, for the oblast with a role there.
Sessions that are published already and fall into them clash (I10) until they are moved, cancelled or given a reason."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from events.models import SchoolSession
from events.querysets import SchoolSessionQuerySet
from events.states import SessionState
from portal import access, audit, services
from portal.access import Role
from portal.models import District, NonTeachingPeriod, StaffTask, User
from portal.refusals import NotAllowed, Reason, Refused

DAYS_MAX = 120  # the summer break is the longest
GRADES = range(1, 12)


def clashing(period: NonTeachingPeriod, now=None) -> SchoolSessionQuerySet:
    """Published sessions to come that fall into the period and have no reason for it."""
    sessions = SchoolSession.objects.upcoming(now).filter(
        state=SessionState.PUBLISHED,
        calendar_reason="",
        starts_at__date__gte=period.first_day,
        starts_at__date__lte=period.last_day,
    )
    if period.school_id:
        sessions = sessions.filter(school=period.school_id)
    elif period.district_id:
        sessions = sessions.filter(school__district=period.district_id)
    return sessions.filter(grade=period.grade) if period.grade is not None else sessions


def period_problems(period: NonTeachingPeriod) -> list[tuple[str, Reason]]:
    """What is wrong with a period, each with its field. Codes: order, too_long, year, grade, district, already_there."""
    found, days = [], (period.last_day - period.first_day).days + 1
    if days < 1:
        found.append(("last_day", Reason("order", _("The last day comes before the first."))))
    elif days > DAYS_MAX:
        text = _("At most %(most)s days at once.") % {"most": DAYS_MAX}
        found.append(("last_day", Reason("too_long", text)))
    if abs(period.first_day.year - timezone.localdate().year) > 2:
        found.append(("first_day", Reason("year", _("Please look at the year."))))
    if period.grade is not None and period.grade not in GRADES:
        found.append(("grade", Reason("grade", _("Grades are 1 to 11."))))
    if period.school_id and period.district_id:
        found.append(("district", Reason("district", _("Choose the school or the district, not both."))))
    if _same(period).exists():
        found.append(("first_day", Reason("already_there", _("It is there already."))))
    return found


def _same(period: NonTeachingPeriod):
    """What the database would refuse as the same period."""
    where = Q(district=period.district_id) & Q(school=period.school_id) & Q(grade=period.grade)
    same = NonTeachingPeriod.objects.filter(where, kind=period.kind, first_day=period.first_day, name_en=period.name_en)
    return same.exclude(pk=period.pk)


@transaction.atomic
def keep_period(*, period: NonTeachingPeriod, by: User) -> NonTeachingPeriod:
    """Saves a new or changed period; where it has no name, that of its kind. Every district with sessions that clash now
    gets a task. Refuses with all `period_problems`; `NotAllowed` (not_yours) out of reach, before the change or after."""
    _demand(period, by)
    if period.pk:
        stored = NonTeachingPeriod.objects.visible_to(by).select_for_update(of=("self",)).get(pk=period.pk)
        _demand(stored, by)
    give_name(period)
    if found := period_problems(period):
        raise Refused(*(reason for _field, reason in found))
    period.save()
    audit.record(period, "keep_period", by, kind=period.kind, days=_days(period), clashing=clashing(period).count())
    _tell_districts(period)
    return period


@transaction.atomic
def remove_period(*, period: NonTeachingPeriod, by: User) -> None:
    """There are lessons on these days after all. `NotAllowed` (not_yours) out of reach; one that is gone stays gone."""
    stored = NonTeachingPeriod.objects.visible_to(by).select_for_update(of=("self",)).filter(pk=period.pk).first()
    if stored is None:
        return
    _demand(stored, by)
    audit.record(stored, "remove_period", by, kind=stored.kind, days=_days(stored))
    stored.delete()


def may_keep(period: NonTeachingPeriod, by: User) -> bool:
    return access.allows(by, "calendar.manage", period.reach)


def _demand(period: NonTeachingPeriod, by: User) -> None:
    if not may_keep(period, by):
        raise NotAllowed(Reason("not_yours", _("You keep the days of your own district only.")))


def give_name(period: NonTeachingPeriod) -> None:
    """Where it has no name, that of its kind."""
    for language in ("kk", "ru", "en"):
        if not getattr(period, f"name_{language}"):
            with translation.override(language):
                setattr(period, f"name_{language}", str(NonTeachingPeriod.Kind(period.kind).label).capitalize())


def _days(period: NonTeachingPeriod) -> list[str]:
    return [period.first_day.isoformat(), period.last_day.isoformat()]


def _tell_districts(period: NonTeachingPeriod) -> None:
    found = clashing(period).order_by().values("school__district")
    for district in District.objects.filter(pk__in=found):
        services.raise_task(
            StaffTask.Kind.NO_LESSONS,
            role=Role.COORDINATOR,
            about=f"{period.first_day:%d.%m.%Y}–{period.last_day:%d.%m.%Y}",
            url=reverse("staff_period", args=[period.pk]),
            district=district,
            once=f"{period.pk}:{district.pk}:{_days(period)}",
        )


def school_year(day: date) -> int:
    """The year in which the school year of that day began, on 1 September."""
    return day.year if day.month >= 9 else day.year - 1
