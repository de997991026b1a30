"""Who may stand somewhere, asked of the database, so that not everybody has to be judged: everybody who stands there
meets the condition, and others may meet it too. `judge` has the last word."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone

from portal.sets import among
from volunteers.models import (
    Acceptance,
    Approval,
    Check,
    CheckType,
    DoNotEngage,
    Exemption,
    ExitRecord,
    Pause,
    ReferenceResponse,
    RiskAssessment,
    SupervisorAssignment,
    Suspension,
    TrainingModule,
    TrainingRecord,
)
from volunteers.states import CheckState

from .facts import load_facts
from .intervals import DAY
from .judgement import SCHOOL_SESSION, Clearance, judge
from .rules import Rules, load_rules

EVERYBODY = ~Q(pk__in=[])
FITS: dict[str, Callable[[Clearance], bool]] = {
    "cleared": lambda answer: answer.ok,
    "not_cleared": lambda answer: not answer.ok,
    "without_supervisor": lambda answer: any(reason.code == "no_supervisor" for reason in answer.reasons),
    "expiring": lambda answer: answer.renewal_due,
    "suspended": lambda answer: answer.shown_standing == "suspended",
    "paused": lambda answer: answer.standing == "paused",
    "exited": lambda answer: answer.standing == "exited",
}


def standing_there(people: QuerySet, name: str, on: date | None = None) -> QuerySet:
    """Those of `people` whose clearance on the day `on` (default today) is what `FITS` says of `name`."""
    on, rules = on or timezone.localdate(), load_rules()
    asked = people.filter(may_stand(name, rules, on)).order_by().values_list("pk", flat=True)
    ids = list(asked.distinct())
    facts = load_facts(ids)
    fitting = [pk for pk in ids if FITS[name](judge(facts[pk], rules, SCHOOL_SESSION, on))]
    return people.filter(pk__in=among(fitting))


def may_stand(name: str, rules: Rules, on: date) -> Q:
    """A condition on people."""
    if name == "suspended":
        barred = DoNotEngage.objects.in_force().values("iin_hash")
        return Q(pk__in=Suspension.objects.open().values("person")) | Q(iin_hash__in=barred)
    if name == "paused":
        return Q(pk__in=Pause.objects.filter(starts_on__lte=on, ends_on__gte=on).values("person"))
    if name == "exited":
        return Q(pk__in=ExitRecord.objects.filter(left_on__lte=on).values("person"))
    if name == "without_supervisor":
        return ~Q(pk__in=SupervisorAssignment.objects.running(on).by_serving().values("person"))
    if name == "expiring":
        return may_end(rules, on, on + timedelta(days=settings.PROGRAMME["renewal_window_days"]))
    return EVERYBODY


def may_end(rules: Rules, first: date, last: date) -> Q:
    """A condition on people: something that clearance rests on ends from day to day inclusive, or an absence begins on
    the day after. Everybody where other requirements take effect then."""
    changes = (day for versions in rules.by_role.values() for day, _requirements in versions)
    if any(first < day <= last + DAY for day in changes):
        return EVERYBODY
    condition = Q(pk__in=[])
    for rows in _ending(rules, first, last):
        condition |= Q(pk__in=rows.order_by().values("person"))
    given = ReferenceResponse.objects.none()
    for check_type in rules.check_types:
        if check_type.kind == CheckType.Kind.REFERENCES:
            given |= ReferenceResponse.objects.filter(
                assessed_at__range=_moments(first, last, check_type.validity_days)
            )
    return condition | Q(pk__in=given.order_by().values("request__application__person"))


def _ending(rules: Rules, first: date, last: date) -> Iterator[QuerySet]:
    """Rows with a `person`. A training or a text that was renewed early ends later by up to the window of renewal."""
    days, after = (first, last), (first, last + DAY)
    early = settings.PROGRAMME["renewal_window_days"]
    yield Approval.objects.filter(valid_to__range=days)
    yield Check.objects.filter(state=CheckState.VERIFIED, expires_on__range=days)
    yield SupervisorAssignment.objects.filter(ends_on__range=days)
    yield Exemption.objects.filter(ends_on__range=days)
    yield RiskAssessment.objects.filter(ends_on__range=days)
    yield ExitRecord.objects.filter(left_on__range=after)
    yield Pause.objects.filter(starts_on__range=after)
    for module in TrainingModule.objects.exclude(check_type=None).only("validity_days"):
        valid = timedelta(days=module.validity_days)
        held_on = (first - valid - timedelta(days=early), last - valid)
        yield TrainingRecord.objects.filter(module=module, held_on__range=held_on)
    for check_type in rules.check_types:
        if check_type.kind == CheckType.Kind.AGREEMENT and check_type.validity_days:
            at = _moments(first - timedelta(days=early), last, check_type.validity_days)
            yield Acceptance.objects.filter(version__agreement__code=check_type.code, at__range=at)


def _moments(first: date, last: date, days: int) -> tuple[datetime, datetime]:
    """From the first moment of a day in Almaty to the last one of another, both `days` ago."""
    valid = timedelta(days=days)
    return tuple(
        timezone.make_aware(datetime.combine(day - valid, of)) for day, of in ((first, time.min), (last, time.max))
    )
