"""Plans that are used again: kept, retired, and applied to several schools and classes at once (scenario 31)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from events.models import SchoolSession, SessionBatch, SessionTemplate
from events.services.batches import Occurrence, make_batch, occurrence
from events.services.changing import slots_of
from events.services.planning import Problem, of_the_class
from portal import access, audit
from portal.models import District, NonTeachingPeriod, School, Topic, User
from portal.refusals import NotAllowed, Reason, Refused

MINUTES = range(20, 181)
PLAN = (
    "topic", "grade", "group_size", "language", "seats_min", "seats_max", "adults_min", "needs_lead", "notes_for_mentor",
)  # fmt: skip
STAFFING = ("seats_min", "seats_max", "adults_min", "needs_lead")

Place = tuple[School, int]  # a school and a grade


class Applied(NamedTuple):
    """`batch` is None where nothing was left to make; `already` is how many were there before."""

    batch: SessionBatch | None
    made: int
    already: int


def template_from(session: SchoolSession) -> SessionTemplate:
    """An unsaved template with the plan of a session; without its school, its day and its adult."""
    plan = {name: getattr(session, name) for name in PLAN}
    return SessionTemplate(**plan, minutes=session.minutes, district=session.school.district)


def templates_for(topic: Topic, district: District, by: User) -> QuerySet[SessionTemplate]:
    """What `by` may use for a session of this topic there: the district's own before those of the whole oblast, the newest
    first."""
    rows = SessionTemplate.objects.visible_to(by).in_use().filter(Q(district=district) | Q(district=None), topic=topic)
    return rows.order_by(F("district").asc(nulls_last=True), "-created_at", "-pk")


def template_problems(template: SessionTemplate) -> list[Problem]:
    """What is wrong with a template, each with its field. Codes: those of `planning.of_the_class`, minutes."""
    found = of_the_class(SchoolSession(**{name: getattr(template, name) for name in PLAN}))
    if template.minutes not in MINUTES:
        text = _("A session takes %(first)s to %(last)s minutes.") % {"first": MINUTES[0], "last": MINUTES[-1]}
        found.append(("minutes", Reason("minutes", text)))
    return found


@transaction.atomic
def keep_template(*, template: SessionTemplate, by: User) -> SessionTemplate:
    """Saves a new or changed template; sessions made from it stay as they are. Refuses with all `template_problems`;
    `NotAllowed` (not_yours) out of reach: one of the whole oblast needs a role for the whole oblast."""
    _demand(template, by)
    if template.pk:
        stored = SessionTemplate.objects.select_for_update().get(pk=template.pk)
        _demand(stored, by)
    else:
        template.created_by = by
    if found := template_problems(template):
        raise Refused(*(reason for _field, reason in found))
    template.save()
    audit.record(template, "keep_template", by)
    return template


@transaction.atomic
def retire_template(*, template: SessionTemplate, by: User, now: datetime | None = None) -> SessionTemplate:
    """It is offered no more. A repeated call changes nothing. `NotAllowed` (not_yours) out of reach."""
    template = SessionTemplate.objects.visible_to(by).select_for_update(of=("self",)).get(pk=template.pk)
    _demand(template, by)
    if template.retired_at is None:
        template.retired_at = now or timezone.now()
        template.save(update_fields=["retired_at"])
        audit.record(template, "retire_template", by)
    return template


def _demand(template: SessionTemplate, by: User) -> None:
    if not access.allows(by, "session.plan", template.reach):
        raise NotAllowed(Reason("not_yours", _("This template is of another district or of the whole oblast.")))


def planned_from(
    template: SessionTemplate, places: Iterable[Place], starts_at: datetime, now: datetime | None = None
) -> list[Occurrence]:
    """The unsaved sessions of a template for schools and grades at one moment (UTC), each with what stands against it:
    `planning.problems`, already_there."""
    sessions = [_plan(template, school, grade, starts_at) for school, grade in places]
    day = timezone.localdate(starts_at)
    calendar = list(NonTeachingPeriod.objects.between(day, day))
    taken = set(slots_of(template, starts_at).values_list("school", "grade"))
    there = Reason("already_there", _("It is there already."))
    return [
        occurrence(session, calendar, now, *([there] if (session.school_id, session.grade) in taken else []))
        for session in sessions
    ]


def _plan(template: SessionTemplate, school: School, grade: int, starts_at: datetime) -> SchoolSession:
    plan = {name: getattr(template, name) for name in PLAN} | {"school": school, "grade": grade}
    return SchoolSession(
        **plan, template=template, starts_at=starts_at, ends_at=starts_at + timedelta(minutes=template.minutes)
    )


@transaction.atomic
def apply_template(
    *,
    template: SessionTemplate,
    places: Iterable[Place],
    starts_at: datetime,
    by: User,
    key: UUID,
    at_once: bool = False,
    now: datetime | None = None,
) -> Applied:
    """Makes a session for each school and grade at that moment, as drafts or published `at_once`. What is there already
    from this template is left as it is; the same `key` again returns what it made.

    Refuses as `batches.make_series` does, and retired; `SessionTemplate.DoesNotExist` for one that `by` does not see.
    """
    template = SessionTemplate.objects.visible_to(by).select_for_update(of=("self",)).get(pk=template.pk)
    if template.retired_at:
        raise Refused(Reason("retired", _("This template is not used any more.")))
    if batch := SessionBatch.objects.filter(uuid=key, created_by=by).first():
        return Applied(batch, batch.sessions.count(), 0)
    sessions = [_plan(template, school, grade, starts_at) for school, grade in dict.fromkeys(places)]
    if not sessions:
        raise Refused(Reason("no_places", _("Choose at least one school and one class.")))
    taken = set(slots_of(template, starts_at).values_list("school", "grade"))
    fresh = [session for session in sessions if (session.school_id, session.grade) not in taken]
    already = len(sessions) - len(fresh)
    if not fresh:
        return Applied(None, 0, already)
    batch = make_batch(SessionBatch.Kind.TEMPLATE, fresh, by, key, at_once=at_once, now=now)
    return Applied(batch, len(fresh), already)
