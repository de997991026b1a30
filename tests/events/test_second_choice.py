"""Backup choices (S35): a mentor holds his second choice, waits for the first and gives the second up in one step."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from events import services
from events.models import Booking, WaitlistEntry
from events.states import BookingState, WaitState
from mentors.models import Limits
from portal.management import demo
from portal.models import LogEntry
from portal.refusals import NotAllowed
from tests.events.builders import at, make_session
from tests.events.test_booking import letters, reasons
from tests.events.test_waiting import cancel_holder, detail, fresh, holder, refusal, wait

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@pytest.fixture
def first(cast):
    """The session that all want, in a week at ten; its one place is Nurlan's."""
    session = make_session(cast, school=cast.other_school)
    services.book(session=session, by=cast.nurlan.user)
    return session


@pytest.fixture
def second(cast):
    """At the same hour in Gulnara's school; Yerbol holds it."""
    session = make_session(cast)
    services.book(session=session, by=cast.yerbol.user)
    return session


@pytest.fixture
def turn(cast, first, second) -> WaitlistEntry:
    """Yerbol waits for the first and would give the second up."""
    return services.join(session=first, by=cast.yerbol.user, gives_back=holder(second))


def somebody(cast):
    return demo.make_mentor("second", number=860, staff=cast, district=cast.taraz, family="Әбенов", given="Олжас")


def accept(turn, **more) -> Booking:
    return services.accept_place(entry=turn, by=turn.person.user, **more)


class TestScenario:
    def test_s35_the_first_choice_comes_and_the_second_is_given_up_in_one_step(self, cast, first, second, turn):
        given = holder(second)
        assert refusal(services.book, session=first, by=cast.yerbol.user) == ["full", "queue", "overlap"]
        cancel_holder(first)
        assert fresh(turn).state == WaitState.OFFERED
        assert fresh(given).holds
        booking = accept(turn)
        assert (booking.session, booking.source) == (first, Booking.Source.WAITLIST)
        assert fresh(given).state == BookingState.CANCELLED_BY_MENTOR
        assert fresh(turn).state == WaitState.ACCEPTED
        assert letters("booking_cancelled").get(recipient=cast.yerbol.user).attachments
        assert letters("to_school_visit_off").filter(recipient=cast.gulnara, about=second.code).count() == 1
        assert not letters("to_coordinator_late_cancel").exists()
        assert accept(turn) == booking
        assert letters("booked").filter(recipient=cast.yerbol.user, about=booking.code).count() == 1

    def test_the_place_that_he_gives_up_goes_on_to_its_own_line(self, cast, first, second, turn):
        cancel_holder(first)
        next_one = services.join(session=second, by=cast.nurlan.user)
        accept(turn)
        assert fresh(next_one).state == WaitState.OFFERED

    def test_he_waits_first_and_books_his_second_choice_later(self, cast, first):
        (entry,) = wait(first, cast.yerbol)
        elsewhere = make_session(cast)
        given = services.book(session=elsewhere, by=cast.yerbol.user)
        services.choose_second(entry=entry, by=cast.yerbol.user, gives_back=given)
        cancel_holder(first)
        accept(fresh(entry))
        assert not fresh(given).holds

    def test_a_cap_gives_way_as_well(self, cast, first):
        Limits.objects.create(person=cast.yerbol, per_day=1)
        later = make_session(cast, starts_at=first.starts_at + 5 * HOUR)
        given = services.book(session=later, by=cast.yerbol.user)
        assert refusal(services.join, session=first, by=cast.yerbol.user) == ["cap"]
        entry = services.join(session=first, by=cast.yerbol.user, gives_back=given)
        cancel_holder(first)
        accept(entry)
        assert list(Booking.objects.holding().filter(person=cast.yerbol)) == [holder(first)]


class TestRules:
    def test_which_visits_may_be_named(self, cast, first, second):
        mine, his = holder(second), holder(first)
        late = second.starts_at - 47 * HOUR
        for given, moment in ((his, None), (mine, late)):
            arguments = {"session": first, "by": cast.yerbol.user, "gives_back": given, "now": moment}
            assert refusal(services.join, **arguments) == ["not_to_give"]
        services.cancel_booking(booking=mine, by=cast.yerbol.user)
        assert refusal(services.join, session=first, by=cast.yerbol.user, gives_back=mine) == ["not_to_give"]

    def test_what_it_does_not_answer_still_stands_against_him(self, cast, first, second):
        beside = make_session(cast, starts_at=first.starts_at + HOUR)
        services.book(
            session=beside, by=cast.yerbol.user
        )  # after the second in the same school, too far from the first
        arguments = {"session": first, "by": cast.yerbol.user, "gives_back": holder(second)}
        assert refusal(services.join, **arguments) == ["overlap"]

    def test_only_his_own_turn_and_only_while_he_stands_in_it(self, cast, first, second, turn):
        with pytest.raises(NotAllowed):
            services.choose_second(entry=turn, by=cast.aigul, gives_back=None)
        services.leave_line(entry=turn, by=cast.yerbol.user)
        arguments = {"entry": turn, "by": cast.yerbol.user, "gives_back": None}
        assert refusal(services.choose_second, **arguments) == ["line_over"]

    def test_without_the_word_he_is_passed_over_and_with_it_asked_at_once(self, cast, first, second, turn):
        given = holder(second)
        services.choose_second(entry=turn, by=cast.yerbol.user, gives_back=None)
        cancel_holder(first)
        assert fresh(turn).state == WaitState.WAITING
        services.choose_second(entry=turn, by=cast.yerbol.user, gives_back=given)
        assert fresh(turn).state == WaitState.OFFERED

    def test_the_second_ends_otherwise_and_the_turn_is_judged_plainly(self, cast, first, second, turn):
        services.cancel_booking(booking=holder(second), by=cast.yerbol.user)
        again = services.book(session=second, by=cast.yerbol.user)  # another booking, which he did not name
        cancel_holder(first)
        assert fresh(turn).state == WaitState.WAITING
        services.cancel_booking(booking=again, by=cast.yerbol.user)
        services.lapse_offers(timezone.now())
        assert fresh(turn).state == WaitState.OFFERED
        assert accept(turn).session == first

    def test_close_to_the_second_he_says_why_and_the_coordinator_hears(self, cast, first, second, turn):
        given, late = holder(second), second.starts_at - 40 * HOUR
        cancel_holder(first, now=late - 20 * HOUR)
        assert refusal(accept, turn=turn, now=late) == ["reason_missing"]
        assert fresh(turn).state == WaitState.OFFERED
        assert fresh(given).holds
        accept(turn, reason="The first was my wish", now=late)
        assert fresh(given).reason == "The first was my wish"
        assert letters("to_coordinator_late_cancel").get(about=given.code).recipient == cast.aigul

    def test_one_that_has_begun_is_not_given_back(self, cast, first):
        early = make_session(cast, starts_at=at(6), school=cast.other_school)
        given = services.book(session=early, by=cast.yerbol.user)
        entry = services.join(session=first, by=cast.yerbol.user, gives_back=given)
        cancel_holder(first, now=early.starts_at - 3 * HOUR)
        accept(entry, now=early.starts_at + timedelta(minutes=1))
        assert fresh(given).holds

    def test_refused_at_the_last_moment_he_keeps_his_second_choice(self, cast, first, second, turn):
        given = holder(second)
        cancel_holder(first)
        beside = make_session(cast, starts_at=first.starts_at + HOUR)
        services.book(session=beside, by=cast.yerbol.user)
        assert refusal(accept, turn=turn) == ["overlap"]
        assert fresh(given).holds
        assert fresh(turn).state == WaitState.WAITING

    def test_the_button_of_booking_does_not_take_it_past_his_word(self, cast, first):
        later = make_session(cast, starts_at=first.starts_at + 5 * HOUR)
        given = services.book(session=later, by=cast.yerbol.user)
        entry = services.join(session=first, by=cast.yerbol.user, gives_back=given)
        cancel_holder(first)
        assert refusal(services.book, session=first, by=cast.yerbol.user) == ["offered"]
        services.choose_second(entry=entry, by=cast.yerbol.user, gives_back=None)
        assert services.book(session=first, by=cast.yerbol.user).holds
        assert fresh(given).holds

    def test_two_turns_on_one_visit_give_it_once(self, cast, first, second, turn):
        third = make_session(cast, school=cast.school)
        services.book(session=third, by=somebody(cast).user)
        other_turn = services.join(session=third, by=cast.yerbol.user, gives_back=holder(second))
        cancel_holder(first)
        cancel_holder(third)
        assert {fresh(turn).state, fresh(other_turn).state} == {WaitState.OFFERED}
        accept(turn)
        assert refusal(accept, turn=other_turn) == ["overlap"]
        assert Booking.objects.holding().filter(person=cast.yerbol).count() == 1

    def test_the_log_holds_codes_only(self, cast, first, second, turn):
        given = holder(second)
        joined = LogEntry.objects.get(model="events.WaitlistEntry", action="join")
        assert joined.data["gives_back"] == given.code
        cancel_holder(first)
        accept(turn)
        ended = LogEntry.objects.get(model="events.Booking", action="cancel_booking", object_code=given.code)
        assert ended.data["for_turn"] == turn.code


class TestPages:
    def test_he_joins_with_his_second_choice_and_reads_it_with_his_turn(self, cast, first, second, sign_in):
        client, given = sign_in(cast.yerbol.user), holder(second)
        page = client.get(detail(first)).content.decode()
        assert f'value="{given.uuid}"' in page
        assert 'data-testid="move-join"' in page
        assert client.post(f"{detail(first)}wait/").status_code == 409  # the visit still stands in the way
        response = client.post(f"{detail(first)}wait/", {"gives_back": str(given.uuid)})
        assert response.status_code == 302
        assert first.waiting.get().gives_back == given
        for address in (detail(first), "/en/my/bookings/"):
            assert 'data-testid="gives-back"' in client.get(address).content.decode()
        assert 'data-testid="gives-back"' in sign_in(cast.aigul).get(f"/en/staff{detail(first)[3:]}").content.decode()

    def test_another_mentors_visit_is_no_choice(self, cast, first, second, sign_in):
        client = sign_in(cast.yerbol.user)
        response = client.post(f"{detail(first)}wait/", {"gives_back": str(holder(first).uuid)})
        assert response.status_code == 422
        assert not first.waiting.exists()

    def test_he_takes_his_word_back(self, cast, turn, sign_in):
        client = sign_in(cast.yerbol.user)
        assert client.post(f"/en/waiting/{turn.uuid}/second/", {"gives_back": ""}).status_code == 302
        assert fresh(turn).gives_back is None
        page = client.get(detail(turn.session)).content.decode()
        assert reasons(client.get(detail(turn.session))) == {"overlap"}
        assert 'data-testid="move-second_choice"' in page

    def test_close_to_it_a_page_asks_why(self, cast, first, second, turn, sign_in):
        given, soon = holder(second), at(1)
        Booking.objects.filter(pk=given.pk).update(starts_at=soon, ends_at=soon + HOUR)
        type(second).objects.filter(pk=second.pk).update(starts_at=soon, ends_at=soon + HOUR)
        cancel_holder(first)
        client, address = sign_in(cast.yerbol.user), f"/en/waiting/{turn.uuid}/accept/"
        response = client.post(address)
        assert (response.status_code, 'name="reason"' in response.content.decode()) == (200, True)
        assert client.post(address, {"reason": ""}).status_code == 422
        assert client.post(address, {"reason": "I wished for the first"}).status_code == 302
        assert not fresh(given).holds
