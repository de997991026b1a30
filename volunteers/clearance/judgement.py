"""From facts and rules to an answer. Nothing here asks the database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from portal.refusals import Reason
from volunteers.models import Requirement

from .facts import Facts, Granted
from .intervals import DAY, Interval, unbroken_end
from .rules import Rules

# The first of these that is true of somebody is his standing.
PRECEDENCE = (
    "barred",
    "suspended",
    "exited",
    "paused",
    "expired",
    "not_onboarded",
    "cleared",
    "not_approved",
)
GUEST_ROLE = "supervised_speaker"  # the one role for which a risk assessment may stand in for papers
IDENTITY = "identity"


@dataclass(frozen=True)
class Activity:
    """What is to be done. `format` must be among the formats of the role that was approved."""

    format: str


SCHOOL_SESSION = Activity("school_session")


@dataclass(frozen=True)
class Clearance:
    """`until` is the last day of unbroken clearance from the asked day on; None where `ok` is False. `renewal_due` says
    that this day lies within `PROGRAMME["renewal_window_days"]` of the asked one. The reasons are for anybody to read:
    somebody on the do-not-engage list reads what a suspended one reads, and so do all who are not told of the list."""

    ok: bool
    reasons: list[Reason]
    until: date | None = None
    standing: str = "cleared"
    renewal_due: bool = False

    @property
    def shown_standing(self) -> str:
        """The standing for every reader who does not keep the do-not-engage list."""
        return "suspended" if self.standing == "barred" else self.standing


Found = tuple[str, Reason]  # the standing that follows, and why


@dataclass
class _Role:
    """What the requirements of one role come to on a day. `ends` are last days. After `turning_point` other rules or
    another role may take over, so the next day is asked for itself."""

    turning_point: date
    found: list[Found] = field(default_factory=list)
    ends: list[date] = field(default_factory=list)

    @property
    def until(self) -> date:
        return min(self.ends)


def judge(facts: Facts, rules: Rules, activity: Activity, on: date) -> Clearance:
    """Pure: yes, or every reason why not. What begins later (a pause, a stricter policy) ends `until` the day before."""
    found = list(_absences(facts, on))
    fitting = [granted for granted in facts.approvals if activity.format in granted.formats]
    role = _best_role(facts, rules, fitting, on)
    supervised = unbroken_end(facts.supervised, on)
    if role:
        found += role.found
    elif not left_since(facts, on):
        found.append(_no_approval(fitting, on))
    if supervised is None and not left_since(facts, on):
        reason = Reason("no_supervisor", _("You have no supervisor on that day. The coordinator names one."))
        found.append(("not_onboarded" if role else "not_approved", reason))
    if found:
        standing = min((standing for standing, _reason in found), key=PRECEDENCE.index)
        return Clearance(False, [reason for _standing, reason in found], standing=standing)
    until = min([role.until, supervised, *_next_absences(facts, on)])
    if until == role.turning_point or len({granted.role_id for granted in fitting}) > 1:
        later = judge(facts, rules, activity, until + DAY)
        until = later.until if later.ok else until
    window = timedelta(days=settings.PROGRAMME["renewal_window_days"])
    return Clearance(True, [], until=until, renewal_due=until <= on + window)


def _absences(facts: Facts, on: date) -> Iterator[Found]:
    """What keeps somebody away whatever his papers say."""
    neutral = Reason("suspended", _("You are not admitted to sessions for now. Please call the coordinator."))
    if any(interval.covers(on) for interval in facts.barred):
        yield "barred", neutral
    elif any(interval.covers(on) for interval in facts.suspended):
        yield "suspended", neutral
    if left := left_since(facts, on):
        text = _("You left the programme on %(date)s.") % {"date": date_format(left)}
        yield "exited", Reason("exited", text)
    for pause in facts.paused:
        if pause.covers(on):
            values = {"first": date_format(pause.start), "last": date_format(pause.end)}
            yield "paused", Reason("paused", _("You are on a pause from %(first)s to %(last)s.") % values)


def left_since(facts: Facts, on: date) -> date | None:
    """The day on which he left; None for somebody who serves, was approved anew since, or never left."""
    days = [interval.start for interval in facts.left if interval.covers(on)]
    if days and not any(max(days) <= granted.interval.start <= on for granted in facts.approvals):
        return max(days)
    return None


def _next_absences(facts: Facts, on: date) -> list[date]:
    """The days before everything that begins after `on` and keeps him away."""
    return [item.start - DAY for item in (*facts.barred, *facts.suspended, *facts.paused) if item.start > on]


def _best_role(facts: Facts, rules: Rules, fitting: list[Granted], on: date) -> _Role | None:
    """Of the roles he is approved for on that day the one with the fewest reasons against it and the latest end."""
    in_force = {granted.role_id for granted in fitting if granted.interval.covers(on)}
    answers = [_in_role(facts, rules, fitting, role_id, on) for role_id in sorted(in_force)]
    return min(answers, key=lambda role: (len(role.found), -role.until.toordinal()), default=None)


def _in_role(facts: Facts, rules: Rules, fitting: list[Granted], role_id: int, on: date) -> _Role:
    approved = unbroken_end([granted.interval for granted in fitting if granted.role_id == role_id], on)
    turning_point = min(approved, rules.next_change(role_id, on) - DAY)
    role = _Role(turning_point, ends=[turning_point])
    for requirement in rules.on(role_id, on):
        intervals = intervals_for(requirement, facts)
        end = unbroken_end(intervals, on)
        if end is None:
            role.found.append(_missing(requirement, intervals, on))
        else:
            role.ends.append(end)
    return role


def intervals_for(requirement: Requirement, facts: Facts) -> list[Interval]:
    """The days on which the requirement is met: its records, exemptions, and for a guest speaker under supervision the
    days of a risk assessment, which stands in for what is asked before approval and never for identity."""
    check_type, intervals = requirement.check_type, facts.covered[requirement.check_type_id]
    waived = requirement.stage == Requirement.Stage.APPROVAL and check_type.code != IDENTITY
    if facts.at_risk and waived and requirement.policy.role.code == GUEST_ROLE:
        return [*intervals, *facts.at_risk]
    return intervals


def _missing(requirement: Requirement, intervals: list[Interval], on: date) -> Found:
    check_type = requirement.check_type
    past = [interval.end for interval in intervals if interval.end < on]
    if past:
        text = _("%(check)s: ends on %(date)s.") % {"check": check_type.name, "date": date_format(max(past))}
        return "expired", Reason(f"expired:{check_type.code}", text)
    text = _("%(check)s: missing.") % {"check": check_type.name}
    return "not_onboarded", Reason(f"missing:{check_type.code}", text)


def _no_approval(fitting: list[Granted], on: date) -> Found:
    past = [granted.interval.end for granted in fitting if granted.interval.end < on]
    if past:
        text = _("Your approval ended on %(date)s.") % {"date": date_format(max(past))}
        return "expired", Reason("approval_expired", text)
    return "not_approved", Reason("not_approved", _("You are not approved as a mentor for that day."))
