"""The judgement by itself: facts and rules in memory, every day of some weeks around a leap day."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.management.demo import builders
from tests.volunteers.cases import inquiry
from volunteers.clearance import SCHOOL_SESSION, Facts, Granted, Interval, Rules, clearance, judge
from volunteers.clearance.judgement import PRECEDENCE
from volunteers.models import Acceptance, Check, CheckType, PolicyVersion, ProgrammeRole, Requirement, Suspension

EPOCH = date(2028, 2, 10)  # Thursday; 29 February is day 19
LAST = 40
LEAP_DAY = date(2028, 2, 29)
FORMATS = ["school_session"]
PAPER = CheckType(pk=1, code="paper", name_ru="paper")
IDENTITY = CheckType(pk=2, code="identity", name_ru="identity")
CODE_OF_CONDUCT = CheckType(pk=3, code="code", name_ru="code")


def day(number: int) -> date:
    return EPOCH + timedelta(days=number)


def rules(code: str = "school_mentor", *, stricter_from: date | None = None) -> Rules:
    """A role (key 1) that demands two papers before approval and a text before the first session; one paper more from
    `stricter_from`, and another role (key 2) that demands identity only."""
    role, other = ProgrammeRole(pk=1, code=code), ProgrammeRole(pk=2, code="other")
    policy, second = PolicyVersion(role=role, number=1), PolicyVersion(role=other, number=1)
    stages = Requirement.Stage
    demanded = [
        Requirement(policy=policy, check_type=PAPER, stage=stages.APPROVAL),
        Requirement(policy=policy, check_type=IDENTITY, stage=stages.APPROVAL),
        Requirement(policy=policy, check_type=CODE_OF_CONDUCT, stage=stages.ONBOARDING),
    ]
    versions = [(day(0) - timedelta(days=99), demanded[1:] if stricter_from else demanded)]
    if stricter_from:
        versions.insert(0, (stricter_from, demanded))
    return Rules({1: versions, 2: [(day(0) - timedelta(days=99), [Requirement(policy=second, check_type=IDENTITY)])]})


span = st.tuples(st.integers(0, LAST), st.integers(0, LAST)).map(lambda pair: Interval(day(min(pair)), day(max(pair))))
spans = st.lists(span, max_size=3)
long_span = st.tuples(st.integers(0, 12), st.integers(20, LAST)).map(lambda pair: Interval(day(pair[0]), day(pair[1])))
long_spans = st.lists(long_span, min_size=1, max_size=3)
absences = st.one_of(st.just([]), st.just([]), st.lists(span, max_size=1))


@st.composite
def facts(draw) -> Facts:
    made = Facts(
        barred=draw(absences),
        suspended=draw(absences),
        paused=draw(absences),
        approvals=[Granted(item, FORMATS, draw(st.sampled_from([1, 1, 2]))) for item in draw(long_spans)],
        supervised=draw(long_spans),
        at_risk=draw(spans),
    )
    for check_type in (PAPER, IDENTITY, CODE_OF_CONDUCT):
        made.covered[check_type.pk] = draw(long_spans)
    return made


def covers(intervals, on: date) -> bool:
    return any(item.start <= on <= item.end for item in intervals)


def expected(made: Facts, on: date, stricter_from: date | None, *, guest: bool) -> bool:
    """The rule said plainly, day by day."""
    roles = {granted.role_id for granted in made.approvals if granted.interval.covers(on)}
    paper_asked = stricter_from is None or on >= stricter_from
    paper = not paper_asked or covers(made.covered[1], on) or (guest and covers(made.at_risk, on))
    identity, code = covers(made.covered[2], on), covers(made.covered[3], on)
    ready = (1 in roles and paper and identity and code) or (2 in roles and identity)
    away = covers(made.barred, on) or covers(made.suspended, on) or covers(made.paused, on)
    return ready and covers(made.supervised, on) and not away


@given(facts(), st.integers(0, LAST), st.none() | st.integers(1, LAST), st.booleans())
def test_the_answer_of_a_day_and_how_long_it_holds(made, number, stricter, guest):
    on, stricter_from = day(number), day(stricter) if stricter else None
    in_force = rules("supervised_speaker" if guest else "school_mentor", stricter_from=stricter_from)

    answer = judge(made, in_force, SCHOOL_SESSION, on)

    assert answer.ok is expected(made, on, stricter_from, guest=guest)
    assert answer.ok is not bool(answer.reasons)
    if answer.ok:
        through = [day(n) for n in range(number, (answer.until - EPOCH).days + 1)]
        assert all(expected(made, each, stricter_from, guest=guest) for each in through)
        assert not expected(made, answer.until + timedelta(days=1), stricter_from, guest=guest)


def ready(**changes) -> Facts:
    whole = [Interval(day(0), day(LAST))]
    made = Facts(approvals=[Granted(whole[0], FORMATS, 1)], supervised=whole)
    for check_type in (PAPER, IDENTITY, CODE_OF_CONDUCT):
        made.covered[check_type.pk] = whole
    for name, value in changes.items():
        setattr(made, name, value)
    return made


def answer_on(made: Facts, number: int, in_force: Rules | None = None):
    return judge(made, in_force or rules(), SCHOOL_SESSION, day(number))


def codes(answer) -> list[str]:
    return [reason.code for reason in answer.reasons]


@pytest.mark.parametrize("last", [LEAP_DAY, date(2028, 3, 1)])
def test_a_paper_counts_through_its_last_day_the_leap_day_too(last):
    made = ready()
    made.covered[PAPER.pk] = [Interval(day(0), last)]
    number = (last - EPOCH).days
    assert answer_on(made, number).ok and answer_on(made, number).until == last
    assert codes(answer_on(made, number + 1)) == ["expired:paper"]
    assert answer_on(made, number + 1).standing == "expired"


def test_a_pause_to_come_ends_what_is_promised_the_day_before():
    made = ready(paused=[Interval(day(10), day(12))])
    assert answer_on(made, 5).until == day(9)
    assert codes(answer_on(made, 10)) == ["paused"] == codes(answer_on(made, 12))
    assert answer_on(made, 13).until == day(LAST)


def test_whoever_left_is_told_so_and_nothing_else():
    gone = ready(left=[Interval(day(8), date.max)], approvals=[Granted(Interval(day(0), day(7)), FORMATS, 1)])
    assert answer_on(gone, 7).until == day(7)
    assert codes(answer_on(gone, 8)) == ["exited"] and answer_on(gone, 30).standing == "exited"
    gone.supervised = []
    assert codes(answer_on(gone, 8)) == ["exited"]


def test_a_later_approval_counts_again_and_its_end_is_an_end():
    back = ready(left=[Interval(day(8), date.max)])
    back.approvals = [Granted(Interval(day(0), day(7)), FORMATS, 1), Granted(Interval(day(20), day(30)), FORMATS, 1)]
    assert answer_on(back, 19).standing == "exited"
    assert answer_on(back, 20).until == day(30)
    assert answer_on(back, 31).standing == "expired" and codes(answer_on(back, 31)) == ["approval_expired"]


def test_a_risk_assessment_stands_in_for_a_guest_speakers_papers_only():
    made = ready(at_risk=[Interval(day(5), day(9))])
    made.covered[PAPER.pk] = []
    guest = rules("supervised_speaker")
    assert codes(answer_on(made, 4, guest)) == ["missing:paper"]
    assert answer_on(made, 5, guest).until == day(9)
    assert codes(answer_on(made, 5)) == ["missing:paper"]  # a school mentor
    made.covered[IDENTITY.pk] = made.covered[CODE_OF_CONDUCT.pk] = []
    assert codes(answer_on(made, 5, guest)) == ["missing:identity", "missing:code"]


def test_the_first_in_order_is_the_standing_and_the_list_is_neutral():
    made = ready(
        barred=[Interval(day(6), date.max)],
        suspended=[Interval(day(4), date.max)],
        paused=[Interval(day(2), day(20))],
        supervised=[],
    )
    standings = [answer_on(made, number).standing for number in (1, 2, 4, 6)]
    assert standings == ["not_onboarded", "paused", "suspended", "barred"]
    assert codes(answer_on(made, 6)) == ["suspended", "paused", "no_supervisor"]
    assert answer_on(made, 6).shown_standing == "suspended"
    assert sorted(standings, key=PRECEDENCE.index) == list(reversed(standings))


def test_renewal_is_due_inside_the_window(settings):
    settings.PROGRAMME = {**settings.PROGRAMME, "renewal_window_days": 20}
    made = ready()
    assert not answer_on(made, LAST - 21).renewal_due
    assert answer_on(made, LAST - 20).renewal_due


def test_a_day_begins_in_almaty(cast):
    """20:30 UTC on the 1st is the 2nd there."""
    moment = datetime(2027, 3, 1, 20, 30, tzinfo=UTC)
    on = {number: date(2027, 3, number) for number in (1, 2)}
    person = builders.make_mentor(
        "tz", number=300, staff=cast, district=cast.taraz, family="Ә", given="Б", since=date(2027, 1, 1)
    )
    assert clearance(person, on=on[1]).ok
    suspension = Suspension.objects.create(
        person=person, reason_code=inquiry(), opened_by=cast.dana, note="x", opened_at=moment
    )
    assert clearance(person, on=on[1]).ok and clearance(person, on=on[1]).until == on[1]
    assert clearance(person, on=on[2]).standing == "suspended"
    suspension.delete()
    Acceptance.objects.filter(person=person).update(at=moment)
    assert codes(clearance(person, on=on[1])) == ["missing:code_of_conduct"]
    assert clearance(person, on=on[2]).ok


def test_a_check_of_the_leap_day_counts_on_it(cast):
    person = builders.make_mentor(
        "leap", number=301, staff=cast, district=cast.taraz, family="Ә", given="Б", since=date(2028, 1, 1)
    )
    Check.objects.filter(person=person, check_type__code="criminal_record").update(expires_on=LEAP_DAY)
    assert clearance(person, on=LEAP_DAY).until == LEAP_DAY
    assert not clearance(person, on=date(2028, 3, 1)).ok
