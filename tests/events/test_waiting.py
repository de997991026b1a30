"""The waiting list as mentors meet it: scenarios 10 to 17 and 24 of the design, and what lies between them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from events import services
from events.models import Booking, WaitlistEntry
from events.states import WaitState
from mentors.models import Exclusion
from portal import regular
from portal.management import demo
from portal.models import LogEntry, User
from portal.refusals import NotAllowed, Refused
from tests.events.builders import at, make_session
from tests.events.test_booking import letters, reasons
from volunteers.models import Approval, ReasonCode
from volunteers.services import standing

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@pytest.fixture
def mentors(cast):
    """Nurlan holds the place of most sessions here; these four come after him."""
    more = [
        demo.make_mentor(
            f"waits{number}", number=820 + number, staff=cast, district=cast.taraz, family="Әбенов", given="Олжас"
        )
        for number in range(3)
    ]
    return [cast.yerbol, *more]


@pytest.fixture
def full(cast):
    """A session in a week, on whatever day that is, its one place held by Nurlan."""
    session = make_session(cast, calendar_reason="Agreed")
    services.book(session=session, by=cast.nurlan.user)
    return session


def holder(session) -> Booking:
    return session.bookings.holding().get()


def wait(session, *people, **more) -> list[WaitlistEntry]:
    return [services.join(session=session, by=person.user, **more) for person in people]


def states(session) -> list[str]:
    return list(session.waiting.order_by("pk").values_list("state", flat=True))


def refusal(call, **arguments) -> list[str]:
    with pytest.raises(Refused) as refused:
        call(**arguments)
    return refused.value.codes


def fresh(row):
    row.refresh_from_db()
    return row


def detail(session) -> str:
    return f"/en/sessions/{session.uuid}/"


def cancel_holder(session, **more):
    booking = holder(session)
    return services.cancel_booking(booking=booking, by=booking.person.user, reason="I fell ill", **more)


class TestScenarios:
    def test_10_the_first_who_waits_is_offered_the_place_and_it_shows_as_kept(self, cast, mentors, full, sign_in):
        first, second = wait(full, *mentors[:2])
        cancel_holder(full)
        assert states(full) == ["offered", "waiting"]
        assert letters("place_offered").get().recipient == first.person.user
        assert fresh(first).offer_expires_at > timezone.now() + 23 * HOUR
        page = sign_in(first.person.user).get(detail(full)).content.decode()
        assert 'data-testid="move-accept_place"' in page
        assert 'data-testid="until"' in page
        assert 'data-kept="1"' in page
        page = sign_in(second.person.user).get(detail(full)).content.decode()
        assert 'data-testid="position">2<' in page
        assert 'data-testid="move-accept_place"' not in page
        response = sign_in(mentors[2].user).post(f"{detail(full)}book/")
        assert response.status_code == 409
        assert reasons(response) == {"full", "queue"}

    def test_11_an_offer_that_runs_out_goes_to_the_next_once_and_he_stays_at_the_end(self, mentors, full):
        first, second, third = wait(full, *mentors[:3])
        cancel_holder(full)
        later = fresh(first).offer_expires_at
        services.lapse_offers(later)
        services.lapse_offers(later)
        assert states(full) == ["waiting", "offered", "waiting"]
        assert letters("place_offered").filter(recipient=second.person.user).count() == 1
        assert letters("offer_over").get().recipient == first.person.user
        line = list(full.waiting.in_line().with_position().order_by("position").values_list("person", flat=True))
        assert line == [second.person_id, third.person_id, first.person_id]

    def test_13_who_leaves_the_list_promotes_nobody(self, mentors, full, sign_in):
        first, _second = wait(full, *mentors[:2])
        assert sign_in(first.person.user).post(f"/en/waiting/{first.uuid}/leave/").status_code == 302
        assert states(full) == ["left", "waiting"]
        assert not letters("place_offered").exists()

    def test_15_a_holder_whom_the_coordinator_removes_makes_room_as_well(self, cast, mentors, full):
        (first,) = wait(full, mentors[0])
        services.cancel_booking(booking=holder(full), by=cast.aigul, reason="The class is away")
        assert fresh(first).state == WaitState.OFFERED

    def test_17_two_more_places_are_offered_to_the_first_two_of_four(self, cast, mentors, full):
        wait(full, *mentors)
        services.change_session(session=full, by=cast.aigul, values={"seats_max": 3})
        assert states(full) == ["offered", "offered", "waiting", "waiting"]
        assert letters("place_offered").count() == 2

    def test_24_the_session_is_cancelled_and_every_waiter_is_told_once(self, cast, mentors, full):
        wait(full, *mentors[:2])
        for _time in range(2):
            services.cancel_session(session=full, by=cast.gulnara, reason="Quarantine")
        services.lapse_offers(timezone.now())
        assert states(full) == ["removed", "removed"]
        assert letters("off_the_list").count() == 2
        assert letters("session_cancelled").count() == 1
        assert not letters("place_offered").exists()

    def test_28_clearance_is_lost_and_the_waiter_is_offered_the_place(self, cast, mentors, full):
        (first,) = wait(full, mentors[0])
        suspend(cast, cast.nurlan)
        assert fresh(first).state == WaitState.OFFERED


def suspend(cast, person):
    reason = ReasonCode.objects.filter(is_active=True).first()
    standing.suspend(person=person, by=cast.aigul, reason_code=reason, note="test")


class TestJoining:
    def test_by_the_button_of_a_full_session(self, mentors, full, sign_in):
        client = sign_in(mentors[0].user)
        page = client.get(detail(full)).content.decode()
        assert 'data-testid="move-join"' in page
        assert 'data-code="full"' in page
        assert client.post(f"{detail(full)}wait/").status_code == 302
        assert client.post(f"{detail(full)}wait/").status_code == 302  # a second click is the same turn
        assert states(full) == ["waiting"]
        page = client.get(detail(full)).content.decode()
        assert 'data-testid="position">1<' in page
        assert 'data-testid="move-join"' not in page
        mine = client.get("/en/my/bookings/").content.decode()
        assert 'data-testid="turn"' in mine
        assert 'data-testid="position">1<' in mine

    def test_where_a_place_is_free_he_is_sent_to_book_it(self, cast):
        session = make_session(cast)
        assert refusal(services.join, session=session, by=cast.nurlan.user) == ["place_free"]

    def test_whoever_may_not_come_may_not_wait(self, cast, mentors, full):
        Exclusion.objects.create(person=mentors[0], kind="school", school=cast.school, created_by=cast.dana)
        assert refusal(services.join, session=full, by=mentors[0].user) == ["excluded"]
        assert refusal(services.join, session=full, by=cast.nurlan.user) == ["booked"]
        elsewhere = make_session(cast, starts_at=full.starts_at, school=cast.other_school)
        services.book(session=elsewhere, by=mentors[1].user)
        assert refusal(services.join, session=full, by=mentors[1].user) == ["overlap"]
        with pytest.raises(NotAllowed):
            services.join(session=full, by=cast.aigul)
        assert states(full) == []

    def test_when_booking_is_over_nobody_joins(self, cast, mentors, full):
        moment = full.starts_at + timedelta(minutes=1)
        assert refusal(services.join, session=full, by=mentors[0].user, now=moment) == ["past"]

    def test_nobody_books_past_the_line_though_nobody_in_it_may_come(self, cast, mentors, full):
        """I11. Who joins it then, and may come, is asked at once."""
        (first,) = wait(full, mentors[0])
        Exclusion.objects.create(person=mentors[0], kind="school", school=cast.school, created_by=cast.dana)
        cancel_holder(full)
        assert fresh(first).state == WaitState.WAITING
        assert refusal(services.book, session=full, by=mentors[1].user) == ["queue"]
        (second,) = wait(full, mentors[1])
        assert second.state == WaitState.OFFERED

    def test_he_joins_again_after_he_left(self, mentors, full):
        (entry,) = wait(full, mentors[0])
        services.leave_line(entry=entry, by=mentors[0].user)
        services.leave_line(entry=entry, by=mentors[0].user)
        wait(full, mentors[0])
        assert states(full) == ["left", "waiting"]


class TestOffers:
    def test_he_takes_it_and_is_booked(self, cast, mentors, full, sign_in):
        first, _second = wait(full, *mentors[:2])
        cancel_holder(full)
        client = sign_in(first.person.user)
        for _click in range(2):
            assert client.post(f"/en/waiting/{first.uuid}/accept/").status_code == 302
        booking = holder(full)
        assert (booking.person, booking.source) == (first.person, Booking.Source.WAITLIST)
        assert states(full) == ["accepted", "waiting"]
        assert letters("booked").filter(recipient=first.person.user).count() == 1

    def test_the_button_of_booking_takes_it_too(self, mentors, full):
        (first,) = wait(full, mentors[0])
        cancel_holder(full)
        services.book(session=full, by=mentors[0].user)
        assert fresh(first).state == WaitState.ACCEPTED

    def test_after_its_end_it_is_refused_and_the_place_has_gone_on(self, mentors, full, sign_in):
        first, _second = wait(full, *mentors[:2])
        cancel_holder(full)
        moment = fresh(first).offer_expires_at
        assert refusal(services.accept_place, entry=first, by=first.person.user, now=moment) == ["offer_over"]
        assert states(full) == ["waiting", "offered"]  # no worker has run
        response = sign_in(first.person.user).post(f"/en/waiting/{first.uuid}/accept/")
        assert response.status_code == 409
        assert reasons(response) == {"offer_over"}

    def test_he_cannot_and_the_next_is_asked(self, mentors, full):
        first, _second = wait(full, *mentors[:2])
        cancel_holder(full)
        for _click in range(2):
            services.decline_place(entry=first, by=first.person.user)
        assert states(full) == ["declined", "offered"]
        assert letters("place_offered").count() == 2

    def test_who_may_not_come_now_is_passed_over_and_keeps_his_turn(self, cast, mentors, full):
        """I11, I33: he has booked another visit at that hour meanwhile."""
        _first, second = wait(full, *mentors[:2])
        elsewhere = make_session(cast, starts_at=full.starts_at, school=cast.other_school)
        clash = services.book(session=elsewhere, by=mentors[0].user)
        cancel_holder(full)
        assert states(full) == ["waiting", "offered"]
        services.cancel_booking(booking=clash, by=mentors[0].user)
        services.decline_place(entry=second, by=mentors[1].user)
        assert states(full) == ["offered", "declined"]

    def test_everything_is_asked_again_when_he_takes_it_and_the_place_goes_on(self, cast, mentors, full, sign_in):
        first, _second = wait(full, *mentors[:2])
        cancel_holder(full)
        elsewhere = make_session(cast, starts_at=full.starts_at, school=cast.other_school)
        services.book(session=elsewhere, by=mentors[0].user)
        response = sign_in(mentors[0].user).post(f"/en/waiting/{first.uuid}/accept/")
        assert response.status_code == 409
        assert reasons(response) == {"overlap"}
        assert states(full) == ["waiting", "offered"]
        assert not full.bookings.holding().exists()

    def test_a_suspension_passes_his_offer_on_at_once(self, cast, mentors, full):
        wait(full, *mentors[:2])
        cancel_holder(full)
        suspend(cast, mentors[0])
        assert states(full) == ["waiting", "offered"]

    def test_after_two_offers_without_an_answer_he_is_taken_off(self, mentors, full):
        User.objects.filter(pk=mentors[0].user_id).update(language="en")
        (first,) = wait(full, mentors[0])
        cancel_holder(full)
        services.lapse_offers(fresh(first).offer_expires_at)
        assert (fresh(first).state, first.lapses) == (WaitState.OFFERED, 1)  # nobody else waits: he is asked again
        assert not letters("offer_over").exists()
        services.lapse_offers(first.offer_expires_at)
        assert fresh(first).state == WaitState.REMOVED
        assert "more than once" in letters("off_the_list").get().text
        assert services.book(session=full, by=mentors[1].user).holds

    def test_fewer_places_take_the_newest_offers_back(self, cast, mentors, full):
        wait(full, *mentors[:2])
        services.change_session(session=full, by=cast.aigul, values={"seats_max": 3})
        assert states(full) == ["offered", "offered"]
        services.change_session(session=full, by=cast.aigul, values={"seats_max": 2})
        assert states(full) == ["offered", "waiting"]
        assert letters("offer_over").get().recipient == mentors[1].user

    def test_a_beginner_waits_behind_an_experienced_one_where_one_is_needed(self, cast, mentors):
        session = make_session(cast, needs_lead=True)
        services.book(session=session, by=cast.nurlan.user)
        wait(session, *mentors[:2])
        Approval.objects.filter(person=mentors[0]).update(probation_visits=3)
        cancel_holder(session)
        assert states(session) == ["waiting", "offered"]

    def test_a_session_that_has_begun_ends_the_waiting(self, mentors, full):
        wait(full, *mentors[:2])
        for _time in range(2):
            services.lapse_offers(full.starts_at)
        assert states(full) == ["removed", "removed"]
        assert letters("off_the_list").count() == 2

    def test_nobody_is_asked_in_the_last_hour(self, mentors, full):
        (first,) = wait(full, mentors[0])
        cancel_holder(full, now=full.starts_at - HOUR)
        assert fresh(first).state == WaitState.WAITING

    def test_an_offer_ends_when_all_are_asked_at_once_but_lasts_some_hours(self, mentors, full):
        (first,) = wait(full, mentors[0])
        moment = full.starts_at - 30 * HOUR
        cancel_holder(full, now=moment)
        assert fresh(first).offer_expires_at == moment + 6 * HOUR
        assert not first.shared

    def test_the_regular_job_finds_a_place_that_nobody_told_of(self, mentors, full):
        """A crash between two steps, or somebody who may come again."""
        (first,) = wait(full, mentors[0])
        Booking.objects.filter(session=full).update(state="cancelled_by_mentor")
        regular.run()
        assert fresh(first).state == WaitState.OFFERED

    def test_another_mentors_turn_is_not_mine(self, mentors, full, sign_in):
        (first,) = wait(full, mentors[0])
        cancel_holder(full)
        for step in ("accept", "decline", "leave"):
            assert sign_in(mentors[1].user).post(f"/en/waiting/{first.uuid}/{step}/").status_code == 404
        assert fresh(first).state == WaitState.OFFERED

    def test_the_coordinator_reads_who_waits_and_the_school_does_not(self, cast, mentors, full, sign_in):
        wait(full, mentors[0])
        url = f"/en/staff/sessions/{full.uuid}/"
        assert mentors[0].full_name in sign_in(cast.aigul).get(url).content.decode()
        page = sign_in(cast.gulnara).get(url).content.decode()
        assert 'data-in-line="1"' in page
        assert mentors[0].full_name not in page

    def test_the_log_holds_codes_only(self, mentors, full):
        (first,) = wait(full, mentors[0])
        cancel_holder(full)
        services.accept_place(entry=first, by=mentors[0].user)
        log = LogEntry.objects.filter(model="events.WaitlistEntry").order_by("pk")
        assert list(log.values_list("action", flat=True)) == ["join", "offer_place", "accept_place"]
        assert not any(mentors[0].family_name in str(entry.data) for entry in log)


class TestShared:
    """Close to the session everybody who waits is asked at once."""

    def test_the_first_who_takes_it_has_it_and_the_others_hear_of_it(self, mentors, full):
        first, second, third = wait(full, *mentors[:3])
        moment = full.starts_at - 20 * HOUR
        cancel_holder(full, now=moment)
        assert states(full) == ["offered"] * 3
        assert fresh(first).shared
        assert first.offer_expires_at == moment + 3 * HOUR
        services.accept_place(entry=second, by=second.person.user, now=moment)
        assert states(full) == ["waiting", "accepted", "waiting"]
        assert {letter.recipient for letter in letters("offer_over")} == {first.person.user, third.person.user}
        assert refusal(services.accept_place, entry=first, by=first.person.user, now=moment) == ["offer_over"]
        assert fresh(first).lapses == 0

    def test_a_late_comer_is_asked_with_them(self, mentors, full):
        wait(full, mentors[0])
        moment = full.starts_at - 20 * HOUR
        cancel_holder(full, now=moment)
        (late,) = wait(full, mentors[1], now=moment)
        assert (late.state, late.shared) == (WaitState.OFFERED, True)

    def test_one_who_cannot_leaves_the_offer_to_the_others(self, mentors, full):
        first, _second = wait(full, *mentors[:2])
        moment = full.starts_at - 20 * HOUR
        cancel_holder(full, now=moment)
        services.decline_place(entry=first, by=mentors[0].user, now=moment)
        assert states(full) == ["declined", "offered"]
        assert letters("place_offered").count() == 2


def test_one_turn_and_ten_cost_the_same(cast, mentors, sign_in):
    person, client = mentors[0], sign_in(mentors[0].user)
    client.get("/en/my/bookings/")
    costs = []
    for batch in (range(1, 2), range(2, 12)):
        for days in batch:
            session = make_session(cast, starts_at=at(days + 2))
            WaitlistEntry.objects.create(session=session, person=person)
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/en/my/bookings/").status_code == 200
        costs.append(len(queries))
    assert costs[0] == costs[1]
