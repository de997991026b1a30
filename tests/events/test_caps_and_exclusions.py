"""How much a mentor may do (I9), whom and what he is kept from (I8), and relatives who count once (I6)."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from events import services
from events.models import Booking
from events.services.guards import situation_of, too_few_adults, why_not
from events.states import BookingState
from mentors.models import Exclusion, Limits
from mentors.services import add_exclusion, end_exclusion
from portal.models import LogEntry, OutgoingMessage
from portal.refusals import Refused
from tests.events.builders import at, make_session

pytestmark = pytest.mark.django_db
WHY = "They fell out with each other."


def refusal(call, **arguments) -> list[str]:
    with pytest.raises(Refused) as refused:
        call(**arguments)
    return refused.value.codes


def in_one_week(count: int) -> list[int]:
    """Days after today, all in the second week from now, Monday first."""
    monday = 14 - timezone.localdate().weekday()
    return list(range(monday, monday + count))


def keep_apart(cast, **more) -> Exclusion:
    return add_exclusion(person=cast.nurlan, by=cast.dana, why=WHY, **more)


@pytest.fixture
def lasting(cast):
    """Nurlan's papers are in order for long."""
    cast.nurlan.checks.update(expires_on=timezone.localdate() + timedelta(days=700))


class TestCaps:
    def test_scenario_7_a_third_visit_in_a_week_of_two(self, cast, lasting, settings):
        Limits.objects.create(person=cast.nurlan, per_week=2)
        first, second, third, sunday = (
            make_session(cast, starts_at=at(day)) for day in [*in_one_week(3), in_one_week(7)[-1]]
        )
        for session in (first, second):
            services.book(session=session, by=cast.nurlan.user)
        for session in (third, sunday):
            assert refusal(services.book, session=session, by=cast.nurlan.user) == ["cap"]
        following = make_session(cast, starts_at=at(in_one_week(8)[-1]))
        assert services.book(session=following, by=cast.nurlan.user).holds
        text = "The mentor himself asked for one more."
        assert "reason_missing" in refusal(services.book_for, session=third, person=cast.nurlan, by=cast.aigul)
        booking = services.book_for(session=third, person=cast.nurlan, by=cast.aigul, reason=text)
        assert booking.override_reason == text
        entry = LogEntry.objects.get(action="override")
        assert (entry.actor, entry.reason, entry.data["codes"]) == (cast.aigul, text, ["cap"])

    @pytest.mark.parametrize(("own", "booked"), [(None, 2), (1, 1), (2, 2)])
    def test_of_his_own_limit_and_the_programmes_the_lower_one(self, cast, settings, own, booked):
        settings.PROGRAMME = {**settings.PROGRAMME, "visits_at_most": {"day": 2, "week": 6, "month": 16}}
        Limits.objects.create(person=cast.nurlan, per_day=own)
        sessions = [make_session(cast, starts_at=at(7, hour)) for hour in (9, 10, 11)]
        for session in sessions[:booked]:
            services.book(session=session, by=cast.nurlan.user)
        assert refusal(services.book, session=sessions[booked], by=cast.nurlan.user) == ["cap"]

    def test_a_limit_above_the_programmes_changes_nothing(self, cast, settings):
        settings.PROGRAMME = {**settings.PROGRAMME, "visits_at_most": {"day": 1, "week": 6, "month": 16}}
        Limits.objects.create(person=cast.nurlan, per_day=5)
        services.book(session=make_session(cast, starts_at=at(7, 9)), by=cast.nurlan.user)
        assert refusal(services.book, session=make_session(cast, starts_at=at(7, 11)), by=cast.nurlan.user) == ["cap"]

    def test_what_was_held_counts_and_what_was_cancelled_does_not(self, cast):
        Limits.objects.create(person=cast.nurlan, per_day=1)
        cancelled = services.book(session=make_session(cast, starts_at=at(7, 9)), by=cast.nurlan.user)
        services.cancel_booking(booking=cancelled, by=cast.nurlan.user)
        session = make_session(cast, starts_at=at(7, 11))
        held = Booking.objects.create(
            session=make_session(cast, starts_at=at(7, 8)), person=cast.nurlan, seat_no=1, state=BookingState.COMPLETED,
            starts_at=at(7, 8), ends_at=at(7, 8, 45),
        )  # fmt: skip
        assert refusal(services.book, session=session, by=cast.nurlan.user) == ["cap"]
        held.delete()
        assert services.book(session=session, by=cast.nurlan.user).holds

    def test_the_month_is_almatys(self, cast, lasting):
        """A visit in the first night hours of a month in Almaty is still in the month before in UTC."""
        Limits.objects.create(person=cast.nurlan, per_month=1)
        today = timezone.localdate()
        first = (today.replace(day=1) + timedelta(days=62)).replace(day=1)
        night = make_session(cast, starts_at=at((first - today).days, 0, 30))
        services.book(session=night, by=cast.nurlan.user)
        day_before = make_session(cast, starts_at=at((first - today).days - 1, 20))
        assert services.book(session=day_before, by=cast.nurlan.user).holds
        later = make_session(cast, starts_at=at((first - today).days + 3))
        assert refusal(services.book, session=later, by=cast.nurlan.user) == ["cap"]


class TestASchoolThatIsClosedToHim:
    def test_scenario_6_its_sessions_are_not_offered_and_a_crafted_post_is_refused(self, cast, sign_in):
        here, elsewhere = make_session(cast), make_session(cast, starts_at=at(9), school=cast.other_school)
        keep_apart(cast, kind="school", school=cast.school)
        client = sign_in(cast.nurlan.user)
        for query in ("", "?show=all"):
            page = client.get(f"/en/sessions/{query}").content.decode()
            assert (str(here.uuid) in page, str(elsewhere.uuid) in page) == (False, True)
        response = client.post(f"/en/sessions/{here.uuid}/book/")
        assert response.status_code == 409
        assert codes(response) == {"excluded"}
        detail = client.get(f"/en/sessions/{here.uuid}/")
        assert codes(detail) == {"excluded"}
        assert not Booking.objects.exists()

    def test_for_others_the_school_is_open(self, cast):
        keep_apart(cast, kind="school", school=cast.school)
        assert services.book(session=make_session(cast), by=cast.yerbol.user).holds

    def test_no_coordinator_goes_past_it(self, cast):
        keep_apart(cast, kind="school", school=cast.school)
        arguments = {"session": make_session(cast), "person": cast.nurlan, "by": cast.aigul, "reason": "x" * 20}
        assert refusal(services.book_for, **arguments) == ["excluded"]

    def test_when_it_ends_he_books_again(self, cast):
        exclusion = keep_apart(cast, kind="school", school=cast.school)
        end_exclusion(exclusion=exclusion, by=cast.aigul)
        assert services.book(session=make_session(cast), by=cast.nurlan.user).holds

    def test_visits_booked_across_it_are_released_at_once(self, cast):
        here = services.book(session=make_session(cast), by=cast.nurlan.user)
        elsewhere = services.book(
            session=make_session(cast, starts_at=at(9), school=cast.other_school), by=cast.nurlan.user
        )
        keep_apart(cast, kind="school", school=cast.school)
        here.refresh_from_db(), elsewhere.refresh_from_db()
        assert (here.state, elsewhere.holds) == (BookingState.RELEASED, True)
        letter = OutgoingMessage.objects.get(letter="events/kept_away")
        assert letter.recipient == cast.nurlan.user and letter.attachments
        assert WHY not in letter.text
        assert OutgoingMessage.objects.filter(letter="events/to_school_visit_off", recipient=cast.gulnara).exists()


class TestTwoWhoAreKeptApart:
    @pytest.mark.parametrize("first", ["nurlan", "yerbol"])
    def test_whoever_comes_first_the_other_does_not(self, cast, first, sign_in):
        keep_apart(cast, kind="apart", other=cast.yerbol)
        second = "yerbol" if first == "nurlan" else "nurlan"
        session = make_session(cast, seats_max=3)
        services.book(session=session, by=getattr(cast, first).user)
        assert refusal(services.book, session=session, by=getattr(cast, second).user) == ["excluded"]
        page = sign_in(getattr(cast, second).user).get("/en/sessions/?show=all").content.decode()
        assert str(session.uuid) not in page
        services.cancel_booking(booking=session.bookings.get(), by=getattr(cast, first).user)
        assert services.book(session=session, by=getattr(cast, second).user).holds

    def test_the_one_it_is_recorded_of_goes(self, cast):
        session = make_session(cast, seats_max=3)
        his = services.book(session=session, by=cast.nurlan.user)
        others = services.book(session=session, by=cast.yerbol.user)
        keep_apart(cast, kind="apart", other=cast.yerbol)
        his.refresh_from_db(), others.refresh_from_db()
        assert (his.state, others.holds) == (BookingState.RELEASED, True)

    def test_the_situation_of_many_costs_as_much_as_of_one(self, cast, django_assert_num_queries):
        from events.services.guards import situations_of  # noqa: PLC0415 - one test

        keep_apart(cast, kind="apart", other=cast.yerbol)
        for people in ([cast.nurlan], [cast.nurlan, cast.yerbol]):
            with django_assert_num_queries(3):
                assert len(situations_of(people, timezone.now())) == len(people)


class TestRelatives:
    def test_they_may_come_together_and_count_as_one_adult(self, cast):
        keep_apart(cast, kind="relatives", other=cast.yerbol)
        session = make_session(cast, seats_max=3, adults_min=3)
        assert services.book(session=session, by=cast.nurlan.user).state == BookingState.PENDING
        beside = services.book(session=session, by=cast.yerbol.user)
        assert beside.state == BookingState.PENDING
        assert refusal(services.confirm_visit, booking=beside, by=cast.gulnara) == ["too_few_adults"]

    def test_a_third_who_is_nobodys_relative_makes_it_three(self, cast):
        keep_apart(cast, kind="relatives", other=cast.yerbol)
        session = make_session(cast, adults_min=3)
        assert [reason.code for reason in too_few_adults(session, [cast.nurlan, cast.yerbol])] == ["too_few_adults"]
        Exclusion.objects.all().delete()
        assert too_few_adults(session, [cast.nurlan, cast.yerbol]) == []

    def test_booked_ones_stay(self, cast):
        session = make_session(cast, seats_max=3)
        bookings = [services.book(session=session, by=person.user) for person in (cast.nurlan, cast.yerbol)]
        keep_apart(cast, kind="relatives", other=cast.yerbol)
        for booking in bookings:
            booking.refresh_from_db()
            assert booking.holds


def test_a_place_that_is_kept_is_not_free(cast):
    """I2: bookings and offers together never exceed the places."""
    session = make_session(cast, seats_max=1)
    session.waiting.create(person=cast.yerbol, state="offered", offer_expires_at=at(1))
    session = type(session).objects.for_cards().get(pk=session.pk)
    now = timezone.now()
    his = {reason.code for reason in why_not(situation_of(cast.nurlan, now), session, now)}
    assert his == {"full", "queue"}
    assert why_not(situation_of(cast.yerbol, now), session, now) == []
    shown = type(session).objects.with_places()
    assert [row.pk for row in shown.open(now)] == []


def codes(response) -> set[str]:
    return set(re.findall(r'data-testid="reason" data-code="([^"]+)"', response.content.decode()))
