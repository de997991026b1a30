"""The first visits of somebody new are beside an experienced mentor (F7)."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from events import services
from events.models import Attendance, Booking, HoursEntry, SchoolSession
from events.services.guards import situation_of
from events.states import BookingState
from portal.models import OutgoingMessage, StaffTask
from portal.refusals import Refused
from tests.events.builders import at, make_session
from volunteers.models import Approval, ReasonCode, Suspension

pytestmark = pytest.mark.django_db


@pytest.fixture
def yerbol(cast):
    """Approved after a first application, without a visit; Nurlan's approval asks for no first visits."""
    Approval.objects.filter(person=cast.yerbol).update(probation_visits=3)
    return cast.yerbol


@pytest.fixture
def pair(cast, yerbol):
    """A confirmed session with Nurlan and Yerbol beside him."""
    session = make_session(cast, seats_max=3)
    lead = services.book(session=session, by=cast.nurlan.user)
    return session, lead, services.book(session=session, by=yerbol.user)


def count_visits(cast, person, count: int) -> None:
    for days in range(count):
        session = make_session(cast, starts_at=at(-9 + days))
        booking = Booking.objects.create(
            session=session, person=person, seat_no=1, state=BookingState.COMPLETED,
            starts_at=session.starts_at, ends_at=session.ends_at,
        )  # fmt: skip
        Attendance.objects.create(booking=booking, state="attended", confirmed_by=cast.gulnara)
        HoursEntry.objects.create(
            booking=booking, person=person, minutes=45, month=session.day.replace(day=1), confirmed_by=cast.gulnara
        )


def refusal(call, **arguments) -> list[str]:
    with pytest.raises(Refused) as refused:
        call(**arguments)
    return refused.value.codes


def page(name: str, *args) -> str:
    with translation.override("en"):
        return reverse(name, args=args)


class TestBooking:
    def test_alone_it_is_refused_and_beside_somebody_experienced_it_works(self, cast, yerbol):
        session = make_session(cast, seats_max=2)
        assert refusal(services.book, session=session, by=yerbol.user) == ["probation"]
        assert services.book(session=session, by=cast.nurlan.user).role == Booking.Role.LEAD
        booking = services.book(session=session, by=yerbol.user)
        assert (booking.role, booking.state) == (Booking.Role.SECOND, BookingState.CONFIRMED)

    def test_two_beginners_do_not_help_each_other(self, cast, yerbol):
        Approval.objects.filter(person=cast.nurlan).update(probation_visits=3)
        session = make_session(cast, seats_max=3)
        assert refusal(services.book, session=session, by=cast.nurlan.user) == ["probation"]

    @pytest.mark.parametrize(("visits", "codes"), [(0, ["probation"]), (2, ["probation"]), (3, [])])
    def test_after_three_counted_visits_he_is_experienced_himself(self, cast, yerbol, visits, codes):
        count_visits(cast, yerbol, visits)
        session = make_session(cast)
        if codes:
            assert refusal(services.book, session=session, by=yerbol.user) == codes
        else:
            assert services.book(session=session, by=yerbol.user).role == Booking.Role.LEAD

    def test_the_approval_of_the_day_counts(self, cast, yerbol):
        """A renewal carries no first visits: from its first day on he books alone."""
        approval = yerbol.approvals.get()
        Approval.objects.filter(pk=approval.pk).update(valid_to=timezone.localdate() + timedelta(days=5))
        Approval.objects.create(
            person=yerbol, role=approval.role, valid_to=approval.valid_to,
            valid_from=timezone.localdate() + timedelta(days=6),
        )  # fmt: skip
        assert refusal(services.book, session=make_session(cast, starts_at=at(5)), by=yerbol.user) == ["probation"]
        assert services.book(session=make_session(cast, starts_at=at(6)), by=yerbol.user)

    def test_the_last_place_for_somebody_experienced_has_its_own_reason(self, cast, yerbol):
        session = make_session(cast, needs_lead=True)
        assert refusal(services.book, session=session, by=yerbol.user) == ["needs_lead"]


class TestList:
    def test_he_sees_what_he_can_book_and_all_of_it_marked_first(self, cast, yerbol, sign_in):
        alone, beside = make_session(cast, starts_at=at(3)), make_session(cast, starts_at=at(4), seats_max=2)
        services.book(session=beside, by=cast.nurlan.user)
        client = sign_in(yerbol.user)
        fitting = client.get(page("session_list")).content.decode()
        assert (str(beside.uuid) in fitting, str(alone.uuid) in fitting) == (True, False)
        everything = client.get(page("session_list") + "?show=all").content.decode()
        assert everything.index(str(beside.uuid)) < everything.index(str(alone.uuid))
        assert everything.count('data-testid="accompanied"') == 1
        assert 'data-code="probation"' in everything and 'data-testid="beginner"' in everything

    def test_for_others_nothing_changes(self, cast, sign_in):
        alone = make_session(cast)
        html = sign_in(cast.nurlan.user).get(page("session_list")).content.decode()
        assert str(alone.uuid) in html and 'data-testid="beginner"' not in html

    def test_the_list_costs_the_same_for_one_and_for_many(self, cast, yerbol, sign_in):
        def cost():
            with CaptureQueriesContext(connection) as queries:
                assert client.get(page("session_list")).status_code == 200
            return len(queries)

        client = sign_in(yerbol.user)
        services.book(session=make_session(cast, starts_at=at(3), seats_max=2), by=cast.nurlan.user)
        cost()
        for_one = cost()
        for days in range(5, 20, 2):  # within his caps, whatever the day of the week
            services.book(session=make_session(cast, starts_at=at(days), seats_max=2), by=cast.nurlan.user)
        assert cost() == for_one

    def test_the_situation_costs_the_same_for_everybody(self, cast, yerbol):
        count_visits(cast, yerbol, 2)
        costs = []
        for person in (cast.nurlan, yerbol):
            with CaptureQueriesContext(connection) as queries:
                situation_of(person, timezone.now())
            costs.append(len(queries))
        assert costs[0] == costs[1]


class TestConfirming:
    def test_without_somebody_experienced_the_visit_is_not_confirmed(self, cast, yerbol):
        session = make_session(cast, seats_max=2)
        booking = Booking.objects.create(
            session=session, person=yerbol, seat_no=1, state=BookingState.PENDING,
            starts_at=session.starts_at, ends_at=session.ends_at,
        )  # fmt: skip
        assert refusal(services.confirm_visit, booking=booking, by=cast.gulnara) == ["probation"]
        services.book(session=session, by=cast.nurlan.user)
        assert services.confirm_visit(booking=booking, by=cast.gulnara).state == BookingState.CONFIRMED


class TestTheExperiencedOneLeaves:
    def check(self, pair, yerbol):
        session, _lead, beside = pair
        beside.refresh_from_db()
        assert beside.state == BookingState.RECONFIRM_NEEDED
        task = StaffTask.objects.get(kind=StaffTask.Kind.PARTNER_LEFT)
        assert (task.role, task.about, task.district) == ("coordinator", beside.code, session.school.district)
        assert OutgoingMessage.objects.get(letter="events/partner_left").recipient == yerbol.user

    def test_by_his_own_wish(self, cast, yerbol, pair):
        services.cancel_booking(booking=pair[1], by=cast.nurlan.user)
        self.check(pair, yerbol)
        assert refusal(services.confirm_visit, booking=pair[2], by=cast.gulnara) == ["probation"]

    def test_because_he_is_no_longer_cleared(self, cast, yerbol, pair):
        Suspension.objects.create(
            person=cast.nurlan, opened_by=cast.aigul, reason_code=ReasonCode.objects.all()[0], note="n"
        )
        services.revoke_uncleared(cast.nurlan)
        self.check(pair, yerbol)

    def test_another_experienced_one_makes_it_possible_again(self, cast, yerbol, pair):
        """By the rule that confirmed it the first time; he was told to wait for this letter."""
        session, lead, beside = pair
        services.cancel_booking(booking=lead, by=cast.nurlan.user)
        for turn in (1, 2):
            lead = services.book(session=session, by=cast.nurlan.user)
            beside.refresh_from_db()
            assert beside.state == BookingState.CONFIRMED
            told = OutgoingMessage.objects.filter(letter="events/visit_confirmed", recipient=yerbol.user)
            assert told.count() == turn
            assert not StaffTask.objects.open().filter(kind=StaffTask.Kind.PARTNER_LEFT).exists()
            services.cancel_booking(booking=lead, by=cast.nurlan.user)
        assert StaffTask.objects.open().filter(kind=StaffTask.Kind.PARTNER_LEFT).count() == 1
        services.cancel_booking(booking=beside, by=yerbol.user)
        assert not StaffTask.objects.open().filter(kind=StaffTask.Kind.PARTNER_LEFT).exists()

    def test_where_the_adult_is_missing_the_school_confirms_both(self, cast, yerbol, pair, sign_in):
        session, lead, beside = pair
        services.cancel_booking(booking=lead, by=cast.nurlan.user)
        school = sign_in(cast.gulnara)

        def waits():
            found = re.search(r'waits-visits"><a[^>]*>[^<]*: (\d)', school.get(page("school_home")).content.decode())
            shown = school.get(page("school_home") + "?show=confirm").content.decode()
            return int(found[1]) if found else 0, str(session.uuid) in shown

        assert waits() == (0, False)  # nothing that the school could confirm
        SchoolSession.objects.filter(pk=session.pk).update(school_adult_name="")
        services.book(session=session, by=cast.nurlan.user)
        assert waits() == (2, True)
        services.name_adult(session=session, by=cast.gulnara, name="Есімова Баян")
        assert services.confirm_visit(booking=beside, by=cast.gulnara).state == BookingState.CONFIRMED
        assert waits() == (1, True)

    def test_with_a_second_one_left_nothing_happens(self, cast, yerbol):
        session = make_session(cast, seats_max=3)
        lead = services.book(session=session, by=cast.nurlan.user)
        beside = services.book(session=session, by=yerbol.user)
        Booking.objects.filter(pk=beside.pk).update(role=Booking.Role.LEAD)
        services.cancel_booking(booking=lead, by=cast.nurlan.user)
        assert not StaffTask.objects.filter(kind=StaffTask.Kind.PARTNER_LEFT).exists()

    def test_a_cancelled_session_asks_nobody_for_a_partner(self, cast, yerbol, pair):
        services.cancel_session(session=pair[0], by=cast.aigul, reason="Flood.")
        assert not StaffTask.objects.filter(kind=StaffTask.Kind.PARTNER_LEFT).exists()
        assert not OutgoingMessage.objects.filter(letter="events/partner_left").exists()
