"""Any order of booking, cancelling, waiting, handing over, moving, changing and losing clearance: after every step the
invariants of a session hold (I1 to I13; numbers as in docs/rules.md)."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from itertools import combinations

import pytest
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from events import services
from events.models import Booking, SchoolSession, SwapOffer, WaitlistEntry
from events.services.guards import situations_of, too_few_adults, why_not
from events.services.line import still_against
from events.services.planning import closed_by
from events.states import BookingState, SessionState, SwapState, WaitState
from mentors.models import Limits
from mentors.services import add_exclusion
from portal.management import demo
from portal.management.demo.sessions import teaching_days
from portal.refusals import Refused
from tests.events.builders import make_session
from volunteers import clearance
from volunteers.models import Approval, Person

pytestmark = pytest.mark.django_db
WHY = "Written by the machine."
PEOPLE, SESSIONS = range(5), range(5)
SPANS = ("day", "week", "month")
WAITING = WaitlistEntry.objects.filter(state=WaitState.WAITING)
OFFERED = WaitlistEntry.objects.filter(state=WaitState.OFFERED)
SWAPS = SwapOffer.objects.filter(state=SwapState.OPEN)
ASKED_AGAIN = Booking.objects.filter(state=BookingState.RECONFIRM_NEEDED)


@pytest.fixture
def world(cast):
    """Five mentors: one whose certificate ends soon, a beginner, one who wants one visit a week, two who are kept apart, two
    relatives, and one whom a school does not want. Five sessions, of which three are too close to each other."""
    more = [
        demo.make_mentor(
            f"machine{number}", number=700 + number, staff=cast, district=cast.taraz, family="М", given="М"
        )
        for number in range(3)
    ]
    people = [cast.nurlan, cast.yerbol, *more]
    Approval.objects.filter(person=people[1]).update(probation_visits=3)
    Limits.objects.create(person=people[2], per_week=1)
    add_exclusion(person=people[0], by=cast.dana, kind="apart", other=people[3], why=WHY)
    add_exclusion(person=people[3], by=cast.dana, kind="relatives", other=people[4], why=WHY)
    add_exclusion(person=people[4], by=cast.dana, kind="school", school=cast.other_school, why=WHY)
    days = teaching_days(timezone.localdate() + timedelta(days=6), 12)
    plan = [
        (days[0], 10, {"school": cast.school}),
        (days[0], 10, {"school": cast.other_school, "seats_max": 2}),
        (days[0], 11, {"school": cast.school, "seats_max": 2, "needs_lead": True}),
        (days[1], 10, {"school": cast.school, "seats_max": 3, "adults_min": 3}),
        (days[11], 10, {"school": cast.other_school}),
    ]
    sessions = [make_session(cast, starts_at=moment(day, hour), **more) for day, hour, more in plan]
    return cast, [Person.objects.select_related("user").get(pk=person.pk) for person in people], sessions, days


def moment(day, hour: int) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(hour)))


def machine_of(world) -> type[RuleBasedStateMachine]:
    """The machine over this world; every example begins with it anew."""
    cast, people, sessions, days = world

    class Machine(RuleBasedStateMachine):
        def __init__(self):
            super().__init__()
            self.block = transaction.atomic()
            self.block.__enter__()
            self.now = timezone.now()

        def teardown(self):
            transaction.set_rollback(True)
            self.block.__exit__(None, None, None)

        def attempt(self, service, **arguments):
            """What the service gives, or None where it refuses."""
            try:
                return service(**arguments)
            except Refused:
                return None

        @initialize(
            pairs=st.lists(st.tuples(st.sampled_from(PEOPLE), st.sampled_from(SESSIONS)), min_size=3, max_size=9)
        )
        def begin(self, pairs):
            for who, where in pairs:
                self.come(who, where)

        @rule(who=st.sampled_from(PEOPLE), where=st.sampled_from(SESSIONS))
        def come(self, who, where):
            """He books, or waits for a place."""
            line = sessions[where].waiting.in_line()
            passes = not line.exists() or line.filter(person=people[who], state=WaitState.OFFERED).exists()
            before = sessions[where].bookings.holding().filter(person=people[who]).first()
            booking = self.attempt(services.book, session=sessions[where], by=people[who].user, now=self.now)
            assert booking is None or booking == before or passes  # I11
            self.enough_adults(booking)
            if booking is None:
                self.attempt(services.join, session=sessions[where], by=people[who].user, now=self.now)

        @rule(who=st.sampled_from(PEOPLE), where=st.sampled_from(SESSIONS), reason=st.sampled_from(["", WHY]))
        def book_for(self, who, where, reason):
            arguments = {"session": sessions[where], "person": people[who], "by": cast.aigul, "reason": reason}
            self.enough_adults(self.attempt(services.book_for, **arguments, now=self.now))

        def enough_adults(self, booking):
            """I6: what is confirmed at once has adults enough, relatives counted once."""
            if booking is not None and booking.state == BookingState.CONFIRMED:
                booking = Booking.objects.with_session().get(pk=booking.pk)
                held = booking.session.bookings.holding().select_related("person")
                if booking.created_at >= self.now:
                    assert not too_few_adults(booking.session, [other.person for other in held])

        @rule(which=st.integers(0, 9), by_staff=st.booleans())
        def cancel(self, which, by_staff):
            if booking := pick(Booking.objects.holding(), which):
                by = cast.aigul if by_staff else booking.person.user
                self.attempt(services.cancel_booking, booking=booking, by=by, reason=WHY, now=self.now)

        @rule(which=st.integers(0, 9), where=st.sampled_from(SESSIONS))
        def move(self, which, where):
            if booking := pick(Booking.objects.holding(), which):
                arguments = {"booking": booking, "session": sessions[where], "by": cast.aigul, "reason": WHY}
                self.attempt(services.move_to, **arguments, now=self.now)

        @rule(
            who=st.sampled_from(PEOPLE),
            first=st.sampled_from(SESSIONS),
            second=st.sampled_from(SESSIONS),
            late=st.booleans(),
        )
        def wait_with_second_choice(self, who, first, second, late):
            """He books his second choice and waits for the first, or waits before he has it."""
            person, by = people[who], people[who].user
            entry = late and self.attempt(services.join, session=sessions[first], by=by, now=self.now)
            self.attempt(services.book, session=sessions[second], by=by, now=self.now)
            if given := Booking.objects.holding().filter(person=person, session=sessions[second]).first():
                if entry:
                    self.attempt(services.choose_second, entry=entry, by=by, gives_back=given, now=self.now)
                else:
                    arguments = {"session": sessions[first], "by": by, "gives_back": given}
                    self.attempt(services.join, **arguments, now=self.now)

        @precondition(lambda self: WAITING.exists())
        @rule(which=st.integers(0, 9))
        def leave(self, which):
            entry = pick(WAITING, which)
            offers = WaitlistEntry.objects.filter(state=WaitState.OFFERED).count()
            if entry and self.attempt(services.leave_line, entry=entry, by=entry.person.user, now=self.now):
                assert WaitlistEntry.objects.filter(state=WaitState.OFFERED).count() == offers  # I12

        @precondition(lambda self: OFFERED.exists())
        @rule(which=st.integers(0, 9), accepts=st.sampled_from([True, True, False]))
        def answer(self, which, accepts):
            entry = pick(OFFERED, which)
            given, arguments = entry.second_choice(self.now), {"entry": entry, "by": entry.person.user, "now": self.now}
            if not accepts:
                self.attempt(services.decline_place, **arguments)
            done = self.attempt(services.accept_place, **arguments, reason=WHY) if accepts else None
            self.enough_adults(done)
            if given is not None:
                given.refresh_from_db()
                assert given.holds == (done is None)

        @rule(which=st.integers(0, 9))
        def hand_over(self, which):
            if booking := pick(Booking.objects.holding(), which):
                self.attempt(services.offer_swap, booking=booking, by=booking.person.user, now=self.now)

        @precondition(lambda self: SWAPS.exists())
        @rule(which=st.integers(0, 9), who=st.sampled_from(PEOPLE))
        def take_over(self, which, who):
            taken = self.attempt(services.take_swap, offer=pick(SWAPS, which), by=people[who].user, now=self.now)
            self.enough_adults(taken)

        @rule(where=st.sampled_from(SESSIONS), day=st.sampled_from([0, 1, 11]), hour=st.integers(9, 12))
        def put_off(self, where, day, hour):
            starts = moment(days[day], hour)
            values = {"starts_at": starts, "ends_at": starts + timedelta(minutes=45)}
            self.change(where, values)

        @rule(where=st.sampled_from(SESSIONS), seats=st.integers(1, 4))
        def change_places(self, where, seats):
            held = sessions[where].bookings.holding().count()
            row = SchoolSession.objects.get(pk=sessions[where].pk)
            if seats + 1 < row.adults_min or (row.needs_lead and seats < row.seats_max):
                return
            done = self.change(where, {"seats_max": seats})
            assert done is None or held <= seats  # I13

        def change(self, where, values):
            session = SchoolSession.objects.get(pk=sessions[where].pk)
            return self.attempt(services.change_session, session=session, by=cast.aigul, values=values, now=self.now)

        @precondition(lambda self: ASKED_AGAIN.exists())
        @rule(which=st.integers(0, 9))
        def come_again(self, which):
            booking = pick(ASKED_AGAIN, which)
            self.attempt(services.confirm_again, booking=booking, by=booking.person.user, now=self.now)

        @rule(who=st.sampled_from(PEOPLE), left=st.sampled_from([7, 700, 700]))
        def papers(self, who, left):
            """A paper is found to end earlier, or a new one comes in."""
            people[who].checks.update(expires_on=timezone.localdate() + timedelta(days=left))
            clearance.changed(people[who])

        @rule(where=st.sampled_from(SESSIONS), really=st.integers(0, 7))
        def call_off(self, where, really):
            if really == 7:
                self.attempt(services.cancel_session, session=sessions[where], by=cast.aigul, reason=WHY, now=self.now)

        @rule(hours=st.sampled_from([1, 3, 25]))
        def time_passes(self, hours):
            """And what runs every few minutes runs: then no free place is without its offer (I11)."""
            if self.now < timezone.now() + timedelta(days=5):
                self.now += timedelta(hours=hours)
            services.lapse_offers(self.now)
            services.expire_swaps(self.now)
            for session in SchoolSession.objects.for_cards().filter(state=SessionState.PUBLISHED):
                waiting = session.waiting.filter(state=WaitState.WAITING).select_related("person")
                if not waiting or session.seats_max <= session.taken + session.kept or self.is_close(session):
                    continue
                situations = situations_of([entry.person for entry in waiting], self.now)
                for entry in waiting:
                    situation = situations[entry.person_id].for_turn(entry, self.now)
                    assert still_against(why_not(situation, session, self.now))

        def is_close(self, session) -> bool:
            hours = max(settings.PROGRAMME["shared_offer_from_hours"], settings.PROGRAMME["last_offer_hours"])
            return session.starts_at - self.now <= timedelta(hours=hours)

        @invariant()
        def nothing_is_held_twice(self):
            """I1 with the way between schools, I3."""
            held = list(Booking.objects.holding().select_related("session"))
            assert len({(row.session_id, row.person_id) for row in held}) == len(held)
            for one, other in combinations(held, 2):
                if one.person_id == other.person_id:
                    same = one.session.school_id == other.session.school_id
                    way = timedelta(minutes=0 if same else settings.PROGRAMME["booking_buffer_minutes"])
                    assert one.starts_at >= other.ends_at + way or other.starts_at >= one.ends_at + way
            assert all((row.starts_at, row.ends_at) == (row.session.starts_at, row.session.ends_at) for row in held)

        @invariant()
        def places_are_enough(self):
            """I2, I7, and no beginner is confirmed alone."""
            for session in SchoolSession.objects.with_places().exclude(state=SessionState.CANCELLED):
                assert session.taken + session.kept <= session.seats_max
                if session.needs_lead and session.taken == session.seats_max:
                    assert session.experienced
            confirmed = Booking.objects.filter(state=BookingState.CONFIRMED, person=people[1], role=Booking.Role.SECOND)
            for booking in confirmed:
                assert booking.session.bookings.holding().filter(role=Booking.Role.LEAD).exists()

        @invariant()
        def nobody_is_where_he_may_not_be(self):
            """I4, I5, I8, I9, I10."""
            situations = situations_of(people, self.now)
            for booking in Booking.objects.holding().select_related("session__school"):
                situation, session = situations[booking.person_id], booking.session
                assert situation.clearance_on(session.day).ok or session.starts_at <= self.now
                assert not situation.excluded_from(session)
                assert session.calendar_reason or not closed_by(session.school, session.grade, session.day)
                overridden = Booking.objects.holding().filter(person=booking.person_id).exclude(override_reason="")
                for span in SPANS:
                    above = situation.visits_in(span, session.day) - situation.at_most(span)
                    assert above <= 0 or above <= overridden.count()

        @invariant()
        def who_waits_does_not_come_as_well(self):
            coming = Booking.objects.holding().values_list("session", "person")
            waiting = WaitlistEntry.objects.in_line().values_list("session", "person")
            assert not set(coming) & set(waiting)
            over = WaitlistEntry.objects.in_line().filter(session__state=SessionState.CANCELLED)
            assert not over.exists()

    return Machine


def pick(rows, which: int):
    """One of the rows as they are now, or None."""
    found = list(rows.order_by("pk"))
    return found[which % len(found)] if found else None


def test_every_order_of_steps(world):
    run_state_machine_as_test(
        machine_of(world),
        settings=hypothesis_settings(max_examples=25, stateful_step_count=20, derandomize=True, deadline=None),
    )
