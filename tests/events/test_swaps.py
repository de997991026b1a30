"""Handing a visit over: scenario 18 of the design, and what colleagues may and may not do and see."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from events import services
from events.models import Booking, SwapOffer
from events.services.forgetting import forget_visits
from events.services.swaps import colleagues_of
from events.states import BookingState, SwapState, WaitState
from mentors.models import Exclusion
from portal.management import demo
from portal.models import LogEntry
from portal.refusals import NotAllowed, Refused
from tests.events.builders import at, make_session
from tests.events.test_booking import letters, reasons
from tests.events.test_waiting import fresh, refusal, suspend
from volunteers.models import Approval, Membership, Organisation

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@pytest.fixture
def third(cast):
    return demo.make_mentor("third", number=830, staff=cast, district=cast.taraz, family="Әбенов", given="Олжас")


@pytest.fixture
def colleagues(cast):
    """Nurlan and Yerbol belong to the same council, which has confirmed both."""
    council = Organisation.objects.create(kind="veterans", district=cast.taraz, name_kk="Кеңес")
    for person in (cast.nurlan, cast.yerbol):
        Membership.objects.create(person=person, organisation=council, confirmed_at=timezone.now())
    return council


@pytest.fixture
def visit(cast) -> Booking:
    """Nurlan's visit in a week, on whatever day that is."""
    return services.book(session=make_session(cast, calendar_reason="Agreed"), by=cast.nurlan.user)


def hand_over(visit, to_person=None, **more) -> SwapOffer:
    return services.offer_swap(booking=visit, by=visit.person.user, to_person=to_person, **more)


def detail(session) -> str:
    return f"/en/sessions/{session.uuid}/"


class TestScenario18:
    def test_he_is_out_and_his_colleague_is_in_in_one_step(self, cast, colleagues, visit, sign_in):
        offer = hand_over(visit, cast.yerbol)
        assert letters("swap_offered").get().recipient == cast.yerbol.user
        client = sign_in(cast.yerbol.user)
        for _click in range(2):
            assert client.post(f"/en/handovers/{offer.uuid}/take/").status_code == 302
        assert (fresh(visit).state, fresh(offer).state) == (BookingState.SWAPPED_OUT, SwapState.DONE)
        taken = visit.session.bookings.holding().get()
        assert (taken.person, taken.source, taken.state) == (cast.yerbol, Booking.Source.SWAP, "confirmed")
        assert offer.taken_by == cast.yerbol
        cancelled, invited = letters("handed_over").get(), letters("booked").get(recipient=cast.yerbol.user)
        assert "METHOD:CANCEL" in cancelled.attachments[0]["content"]
        assert "METHOD:REQUEST" in invited.attachments[0]["content"]
        assert letters("to_school_other_mentor").get().recipient == cast.gulnara
        assert not letters("to_school_visit_off").exists()

    @pytest.mark.parametrize("how", ["suspended", "clash", "excluded"])
    def test_a_colleague_who_may_not_come_any_more_leaves_it_with_him(self, cast, colleagues, visit, sign_in, how):
        offer = hand_over(visit, cast.yerbol)
        if how == "suspended":
            suspend(cast, cast.yerbol)
        elif how == "clash":
            session = make_session(cast, starts_at=visit.starts_at, school=cast.other_school)
            services.book(session=session, by=cast.yerbol.user)
        else:
            Exclusion.objects.create(person=cast.yerbol, kind="school", school=cast.school, created_by=cast.dana)
        before = LogEntry.objects.count()
        response = sign_in(cast.yerbol.user).post(f"/en/handovers/{offer.uuid}/take/")
        assert response.status_code == 409
        assert reasons(response)
        assert (fresh(visit).state, fresh(offer).state) == (BookingState.CONFIRMED, SwapState.OPEN)
        assert visit.session.bookings.count() == 1
        assert LogEntry.objects.count() == before
        assert not letters("handed_over").exists()


class TestAsking:
    def test_the_visit_stays_his_until_somebody_takes_it(self, cast, colleagues, visit, sign_in):
        client = sign_in(cast.nurlan.user)
        assert 'data-testid="hand-over"' in client.get(detail(visit.session)).content.decode()
        page = client.get(f"/en/bookings/{visit.uuid}/hand-over/").content.decode()
        assert cast.yerbol.full_name in page
        url = f"/en/bookings/{visit.uuid}/hand-over/"
        for _click in range(2):
            assert client.post(url, {"to_person": str(cast.yerbol.uuid)}).status_code == 302
        offer = SwapOffer.objects.get()
        assert fresh(visit).state == BookingState.CONFIRMED
        assert offer.expires_at == visit.starts_at - 2 * HOUR
        page = client.get(detail(visit.session)).content.decode()
        assert 'data-testid="move-withdraw_swap"' in page
        assert 'data-testid="handover-state"' in client.get("/en/my/bookings/").content.decode()
        assert letters("swap_offered").count() == 1

    def test_only_those_whom_he_knows_are_named(self, cast, colleagues, third, visit, sign_in):
        assert list(colleagues_of(cast.nurlan)) == [cast.yerbol]
        client, url = sign_in(cast.nurlan.user), f"/en/bookings/{visit.uuid}/hand-over/"
        assert third.full_name not in client.get(url).content.decode()
        response = client.post(url, {"to_person": str(third.uuid)})
        assert response.status_code == 422
        assert refusal(hand_over, visit=visit, to_person=third) == ["not_a_colleague"]
        assert not SwapOffer.objects.exists()

    def test_a_shared_visit_makes_colleagues_and_a_waiting_membership_does_not(self, cast, colleagues, third):
        Membership.objects.create(person=third, organisation=colleagues)
        assert third not in colleagues_of(cast.nurlan)
        past = make_session(cast, starts_at=at(-5), seats_max=2)
        for seat, person in enumerate((cast.nurlan, third), start=1):
            Booking.objects.create(
                session=past, person=person, seat_no=seat, state=BookingState.COMPLETED, starts_at=past.starts_at,
                ends_at=past.ends_at,
            )  # fmt: skip
        assert third in colleagues_of(cast.nurlan)

    def test_one_offer_at_a_time(self, cast, colleagues, visit):
        offer = hand_over(visit, cast.yerbol)
        assert hand_over(visit, cast.yerbol) == offer
        assert refusal(hand_over, visit=visit) == ["swap_open"]
        services.withdraw_swap(offer=offer, by=cast.nurlan.user)
        services.withdraw_swap(offer=offer, by=cast.nurlan.user)
        assert hand_over(visit).to_person is None

    def test_in_the_last_hours_it_is_too_late(self, visit):
        moment = visit.starts_at - 2 * HOUR
        assert refusal(hand_over, visit=visit, now=moment) == ["too_late"]
        assert hand_over(visit, now=moment - timedelta(minutes=1)).state == SwapState.OPEN

    def test_an_ended_visit_is_not_handed_over_and_nobody_hands_over_anothers(self, cast, visit, sign_in):
        assert sign_in(cast.yerbol.user).get(f"/en/bookings/{visit.uuid}/hand-over/").status_code == 404
        with pytest.raises(NotAllowed):
            services.offer_swap(booking=visit, by=cast.aigul)
        services.cancel_booking(booking=visit, by=cast.nurlan.user)
        assert refusal(hand_over, visit=visit) == ["wrong_state"]

    def test_a_cancelled_visit_ends_its_handover(self, cast, colleagues, visit):
        offer = hand_over(visit, cast.yerbol)
        services.cancel_booking(booking=visit, by=cast.nurlan.user)
        assert fresh(offer).state == SwapState.WITHDRAWN
        assert refusal(services.take_swap, offer=offer, by=cast.yerbol.user) == ["swap_over"]


class TestAnswers:
    def test_the_colleague_cannot_and_he_hears_of_it(self, cast, colleagues, visit, sign_in):
        offer = hand_over(visit, cast.yerbol)
        for _click in range(2):
            assert sign_in(cast.yerbol.user).post(f"/en/handovers/{offer.uuid}/decline/").status_code == 302
        assert letters("swap_declined").get().recipient == cast.nurlan.user
        assert fresh(visit).holds
        assert refusal(hand_over, visit=visit, to_person=cast.yerbol) == ["declined_before"]

    def test_nobody_answers_in_anothers_place(self, cast, colleagues, third, visit, sign_in):
        offer = hand_over(visit, cast.yerbol)
        for step in ("take", "decline"):
            assert sign_in(third.user).post(f"/en/handovers/{offer.uuid}/{step}/").status_code == 404
            assert sign_in(cast.aigul).post(f"/en/handovers/{offer.uuid}/{step}/").status_code == 403
        assert sign_in(cast.nurlan.user).post(f"/en/handovers/{offer.uuid}/take/").status_code == 403
        for user in (third.user, cast.aigul, cast.yerbol.user):
            assert sign_in(user).post(f"/en/handovers/{offer.uuid}/withdraw/").status_code == 404
        assert fresh(offer).state == SwapState.OPEN

    def test_nobody_took_it_and_he_is_told_once(self, cast, colleagues, visit):
        offer = hand_over(visit, cast.yerbol)
        moment = visit.starts_at - 2 * HOUR
        assert refusal(services.take_swap, offer=offer, by=cast.yerbol.user, now=moment) == ["swap_over"]
        for _run in range(2):
            services.expire_swaps(moment)
        assert fresh(offer).state == SwapState.EXPIRED
        assert letters("swap_expired").get().recipient == cast.nurlan.user
        assert fresh(visit).holds

    def test_an_earlier_hour_ends_it_earlier(self, cast, colleagues, visit):
        offer = hand_over(visit, cast.yerbol)
        services.change_session(
            session=visit.session,
            by=cast.aigul,
            values={"starts_at": visit.starts_at - HOUR, "ends_at": visit.ends_at - HOUR},
        )
        moment = visit.starts_at - 3 * HOUR
        assert refusal(services.take_swap, offer=offer, by=cast.yerbol.user, now=moment) == ["swap_over"]
        assert services.expire_swaps(moment) == [offer.code]


class TestPool:
    def test_whoever_may_come_takes_it_and_reads_no_name(self, cast, third, visit, sign_in):
        offer = hand_over(visit)
        client = sign_in(third.user)
        page = client.get("/en/my/handovers/").content.decode()
        assert 'data-testid="move-hand_over"' in page
        assert cast.nurlan.family_name not in page
        assert client.post(f"/en/handovers/{offer.uuid}/take/").status_code == 302
        assert visit.session.bookings.holding().get().person == third
        assert 'data-testid="swap"' not in client.get("/en/my/handovers/").content.decode()

    def test_why_not_stands_beside_it_and_what_he_is_kept_from_is_not_shown(self, cast, third, visit, sign_in):
        hand_over(visit)
        clash = make_session(cast, starts_at=visit.starts_at, school=cast.other_school)
        services.book(session=clash, by=third.user)
        page = sign_in(third.user).get("/en/my/handovers/").content.decode()
        assert 'data-code="overlap"' in page
        assert 'data-testid="move-hand_over"' not in page
        Exclusion.objects.create(person=third, kind="school", school=cast.school, created_by=cast.dana)
        assert 'data-testid="swap"' not in sign_in(third.user).get("/en/my/handovers/").content.decode()

    def test_the_page_of_the_session_offers_it_too(self, third, visit, sign_in):
        hand_over(visit)
        assert 'data-testid="move-hand_over"' in sign_in(third.user).get(detail(visit.session)).content.decode()

    def test_who_waits_in_line_comes_first(self, cast, third, visit):
        """I11: what is left to anybody goes to the line; whom he asks by name is his own choice."""
        entry = services.join(session=visit.session, by=third.user)
        offer = hand_over(visit)
        assert refusal(services.take_swap, offer=offer, by=cast.yerbol.user) == ["queue"]
        assert services.take_swap(offer=offer, by=third.user).holds
        assert fresh(entry).state == WaitState.REMOVED
        assert not letters("off_the_list").exists()

    def test_a_named_colleague_passes_the_line(self, cast, colleagues, third, visit):
        entry = services.join(session=visit.session, by=third.user)
        services.take_swap(offer=hand_over(visit, cast.yerbol), by=cast.yerbol.user)
        assert fresh(entry).state == WaitState.WAITING

    def test_one_and_ten_cost_the_same(self, cast, third, sign_in):
        client = sign_in(third.user)
        client.get("/en/my/handovers/")
        costs = []
        for days in (range(1, 2), range(2, 10)):
            for day in days:
                session = make_session(cast, starts_at=at(day), seats_max=2)
                for seat, (person, role) in enumerate(((cast.nurlan, "lead"), (cast.yerbol, "second")), start=1):
                    booking = Booking.objects.create(
                        session=session, person=person, seat_no=seat, role=role, state="confirmed",
                        starts_at=session.starts_at, ends_at=session.ends_at,
                    )  # fmt: skip
                    SwapOffer.objects.create(booking=booking, expires_at=session.starts_at - 2 * HOUR)
            with CaptureQueriesContext(connection) as queries:
                assert client.get("/en/my/handovers/").status_code == 200
            costs.append(len(queries))
        assert costs[0] == costs[1]


class TestFirstVisits:
    """After a handover the rules for first visits still hold."""

    @pytest.fixture
    def beside(self, cast, third) -> Booking:
        """Nurlan, experienced, and beside him a beginner."""
        Approval.objects.filter(person=third).update(probation_visits=3)
        session = make_session(cast, seats_max=2)
        lead = services.book(session=session, by=cast.nurlan.user)
        services.book(session=session, by=third.user)
        return lead

    def test_an_experienced_one_may_come_in_his_place(self, cast, colleagues, beside):
        taken = services.take_swap(offer=hand_over(beside, cast.yerbol), by=cast.yerbol.user)
        assert taken.role == Booking.Role.LEAD
        assert not letters("partner_left").exists()

    def test_somebody_less_experienced_may_not(self, cast, colleagues, beside, sign_in):
        Approval.objects.filter(person=cast.yerbol).update(probation_visits=1)
        offer = hand_over(beside, cast.yerbol)
        assert set(refusal(services.take_swap, offer=offer, by=cast.yerbol.user)) == {"needs_lead", "probation"}
        page = sign_in(cast.yerbol.user).get("/en/my/handovers/").content.decode()
        assert 'data-code="needs_lead"' in page
        assert fresh(beside).holds

    def test_a_beginner_may_take_over_from_a_beginner(self, cast, third, beside):
        Approval.objects.filter(person=cast.yerbol).update(probation_visits=3)
        offer = hand_over(beside.session.bookings.get(person=third))
        assert services.take_swap(offer=offer, by=cast.yerbol.user).role == Booking.Role.SECOND


def test_refused_is_refused_for_all_at_once(cast, colleagues, visit):
    """All reasons come together, as for a booking."""
    offer = hand_over(visit, cast.yerbol)
    suspend(cast, cast.yerbol)
    Exclusion.objects.create(person=cast.yerbol, kind="school", school=cast.school, created_by=cast.dana)
    with pytest.raises(Refused) as refused:
        services.take_swap(offer=offer, by=cast.yerbol.user)
    assert "excluded" in refused.value.codes
    assert len(refused.value.codes) > 1


def test_who_is_forgotten_stands_in_no_letter_about_a_handover(cast, colleagues, visit):
    services.take_swap(offer=hand_over(visit, cast.yerbol), by=cast.yerbol.user)
    for person, letter in ((cast.nurlan, "swap_offered"), (cast.yerbol, "to_school_other_mentor")):
        assert person.family_name in letters(letter).get().text
        forget_visits(person)
        assert letters(letter).get().text == ""
