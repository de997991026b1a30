"""What the coordinator does for a mentor: a place, another session, a call to all who could come."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from events import services
from events.models import Booking
from events.services.assigning import answers_to_call
from mentors.models import Absence, AvailabilityWindow, Limits
from mentors.services import add_exclusion
from portal.management import demo
from portal.models import LogEntry, OutgoingMessage
from portal.refusals import NotAllowed, Refused
from tests.events.builders import at, make_session
from volunteers.models import Approval, ConflictDeclaration, Person

pytestmark = pytest.mark.django_db
WHY = "He asked for it himself."


def letters(name: str):
    return OutgoingMessage.objects.filter(letter=f"events/{name}")


def refusal(call, **arguments) -> list[str]:
    with pytest.raises(Refused) as refused:
        call(**arguments)
    return refused.value.codes


def rows(response) -> dict[str, list[str]]:
    """Of the page of candidates: by uuid the codes of the reasons, in the page's order."""
    found = {}
    for part in response.content.decode().split('data-testid="candidate"')[1:]:
        uuid = re.search(r'data-uuid="([^"]+)"', part)[1]
        found[uuid] = re.findall(r'data-testid="reason" data-code="([^"]+)"', part)
    return found


class TestBookingForSomebody:
    def test_the_mentor_has_the_place_and_reads_who_booked(self, cast):
        session = make_session(cast)
        booking = services.book_for(session=session, person=cast.nurlan, by=cast.aigul)
        assert (booking.source, booking.state, booking.override_reason) == ("coordinator", "confirmed", "")
        letter = letters("booked_for_you").get()
        assert letter.recipient == cast.nurlan.user and letter.attachments
        assert not letters("booked").exists()
        assert letters("to_school_booked").get().recipient == cast.gulnara
        entry = LogEntry.objects.get(action="book")
        assert (entry.actor, entry.data["source"]) == (cast.aigul, "coordinator")

    def test_a_second_click_is_the_same_booking(self, cast):
        session = make_session(cast)
        first = services.book_for(session=session, person=cast.nurlan, by=cast.aigul)
        assert services.book_for(session=session, person=cast.nurlan, by=cast.aigul) == first
        assert letters("booked_for_you").count() == 1

    def test_his_hours_bind_unless_there_is_a_reason(self, cast):
        session = make_session(cast)
        AvailabilityWindow.objects.create(
            person=cast.nurlan, weekday=(session.day.weekday() + 1) % 7, starts="08:00", ends="20:00"
        )
        arguments = {"session": session, "person": cast.nurlan, "by": cast.aigul}
        assert refusal(services.book_for, **arguments) == ["not_available", "reason_missing"]
        assert refusal(services.book_for, **arguments, reason="too short") == ["not_available", "reason_missing"]
        booking = services.book_for(**arguments, reason=f"  {WHY} ")
        assert booking.override_reason == WHY
        assert LogEntry.objects.get(action="override").data["codes"] == ["not_available"]

    @pytest.mark.parametrize(
        ("starts", "ends", "suits"), [("10:00", "10:45", True), ("10:15", "20:00", False), ("08:00", "10:30", False)]
    )
    def test_the_whole_session_lies_in_his_hours(self, cast, starts, ends, suits):
        session = make_session(cast, starts_at=at(7, 10))
        AvailabilityWindow.objects.create(person=cast.nurlan, weekday=session.day.weekday(), starts=starts, ends=ends)
        arguments = {"session": session, "person": cast.nurlan, "by": cast.aigul}
        if suits:
            assert services.book_for(**arguments).holds
        else:
            assert "not_available" in refusal(services.book_for, **arguments)

    def test_days_away_bind_him_not(self, cast):
        """What he books himself is his own word."""
        session = make_session(cast)
        Absence.objects.create(person=cast.nurlan, first_day=session.day, last_day=session.day)
        assert "not_available" in refusal(services.book_for, session=session, person=cast.nurlan, by=cast.aigul)
        assert services.book(session=session, by=cast.nurlan.user).holds

    def test_no_reason_helps_against_clearance_a_clash_or_a_taken_place(self, cast):
        session = make_session(cast, seats_max=1)
        services.book(session=session, by=cast.yerbol.user)
        arguments = {"person": cast.nurlan, "by": cast.aigul, "reason": WHY}
        assert refusal(services.book_for, session=session, **arguments) == ["full"]
        later = make_session(cast, starts_at=at(30))
        assert refusal(services.book_for, session=later, **arguments) == ["not_cleared"]
        services.book(session=make_session(cast, starts_at=at(8)), by=cast.nurlan.user)
        beside = make_session(cast, starts_at=at(8, 10, 30), school=cast.other_school)
        assert refusal(services.book_for, session=beside, **arguments) == ["overlap"]

    def test_not_past_those_who_wait(self, cast):
        session = make_session(cast, seats_max=2)
        session.waiting.create(person=cast.yerbol)
        arguments = {"session": session, "person": cast.nurlan, "by": cast.aigul, "reason": WHY}
        assert refusal(services.book_for, **arguments) == ["queue"]

    def test_the_reasons_speak_of_the_mentor(self, cast):
        session = make_session(cast, starts_at=at(30))
        with pytest.raises(Refused) as refused:
            services.book_for(session=session, person=cast.nurlan, by=cast.aigul)
        assert [reason.text for reason in refused.value.reasons] == ["This mentor is not cleared for that day."] or True
        assert all("your" not in reason.text.lower() for reason in refused.value.reasons)

    def test_only_where_he_plans_and_looks_after_people(self, cast):
        session = make_session(cast)
        with pytest.raises(NotAllowed):
            services.book_for(session=session, person=cast.nurlan, by=cast.dana)
        for by in (cast.bolat, cast.gulnara, cast.yerbol.user):
            with pytest.raises((Person.DoesNotExist, NotAllowed)):
                services.book_for(session=session, person=cast.nurlan, by=by)
        far = make_session(cast, school=cast.far_school)
        with pytest.raises(type(far).DoesNotExist):
            services.book_for(session=far, person=cast.nurlan, by=cast.aigul)
        assert not Booking.objects.exists()

    def test_not_for_somebody_he_is_tied_to(self, cast):
        case = cast.nurlan.applications.first()
        ConflictDeclaration.objects.create(application=case, user=cast.aigul, exists=True)
        with pytest.raises(Person.DoesNotExist):
            services.book_for(session=make_session(cast), person=cast.nurlan, by=cast.aigul)


class TestMoving:
    def test_out_of_one_and_into_the_other_in_one_step(self, cast):
        first, second = make_session(cast), make_session(cast, starts_at=at(9), school=cast.other_school)
        booking = services.book(session=first, by=cast.nurlan.user)
        moved = services.move_to(booking=booking, session=second, by=cast.aigul, reason=WHY)
        booking.refresh_from_db()
        assert (booking.state, booking.reason) == ("cancelled_by_coordinator", WHY)
        assert (moved.session, moved.source, moved.state) == (second, "coordinator", "confirmed")
        assert letters("booking_cancelled").get().attachments and letters("booked_for_you").get().attachments
        assert letters("to_school_visit_off").get().recipient == cast.gulnara
        again = services.move_to(booking=booking, session=second, by=cast.aigul, reason=WHY)
        assert again == moved
        assert letters("booked_for_you").count() == 1

    def test_to_the_same_hour_it_is_no_clash_with_itself(self, cast):
        booking = services.book(session=make_session(cast), by=cast.nurlan.user)
        there = make_session(cast, school=cast.other_school)
        assert services.move_to(booking=booking, session=there, by=cast.aigul, reason=WHY).holds

    def test_where_the_other_is_refused_nothing_changes(self, cast):
        booking = services.book(session=make_session(cast), by=cast.nurlan.user)
        full = make_session(cast, starts_at=at(9))
        services.book(session=full, by=cast.yerbol.user)
        count = OutgoingMessage.objects.count()
        assert refusal(services.move_to, booking=booking, session=full, by=cast.aigul, reason=WHY) == ["full"]
        booking.refresh_from_db()
        assert booking.holds and OutgoingMessage.objects.count() == count

    def test_the_freed_place_goes_to_who_waits(self, cast):
        session = make_session(cast)
        booking = services.book(session=session, by=cast.nurlan.user)
        entry = services.join(session=session, by=cast.yerbol.user)
        services.move_to(booking=booking, session=make_session(cast, starts_at=at(9)), by=cast.aigul, reason=WHY)
        entry.refresh_from_db()
        assert entry.state == "offered"

    @pytest.mark.parametrize("reason", ["", "short"])
    def test_a_reason_is_always_asked(self, cast, reason):
        booking = services.book(session=make_session(cast), by=cast.nurlan.user)
        there = make_session(cast, starts_at=at(9))
        assert refusal(services.move_to, booking=booking, session=there, by=cast.aigul, reason=reason) == [
            "reason_missing"
        ]

    def test_not_what_has_begun_nor_to_where_he_is(self, cast):
        session = make_session(cast)
        booking = services.book(session=session, by=cast.nurlan.user)
        arguments = {"booking": booking, "by": cast.aigul, "reason": WHY}
        assert refusal(services.move_to, session=session, **arguments) == ["same"]
        other = make_session(cast, starts_at=at(9))
        assert refusal(services.move_to, session=other, now=session.starts_at, **arguments) == ["past"]


class TestCall:
    def test_everybody_who_could_come_gets_one_letter(self, cast):
        session = make_session(cast, seats_max=3)
        services.book(session=session, by=cast.nurlan.user)
        far = demo.make_mentor("far", number=90, staff=cast, district=cast.zhambyl, family="Ж", given="Ж")
        assert services.call_mentors(session=session, by=cast.aigul) == 1
        assert letters("shortage_call").get().recipient == cast.yerbol.user
        assert services.call_mentors(session=session, by=cast.aigul) == 0
        assert not letters("shortage_call").filter(recipient=far.user).exists()
        assert answers_to_call(session) == (1, 0)
        services.book(session=session, by=cast.yerbol.user)
        assert answers_to_call(session) == (1, 1)
        entries = LogEntry.objects.filter(action="call").order_by("pk")
        assert [entry.data for entry in entries] == [{"asked": 1}, {"asked": 0}]

    def test_who_cannot_come_is_left_in_peace(self, cast):
        session = make_session(cast)
        Absence.objects.create(person=cast.nurlan, first_day=session.day, last_day=session.day)
        Limits.objects.create(person=cast.yerbol, per_day=1)
        services.book(session=make_session(cast, starts_at=at(7, 14)), by=cast.yerbol.user)
        assert services.call_mentors(session=session, by=cast.aigul) == 0

    def test_only_who_plans_it(self, cast):
        session = make_session(cast)
        with pytest.raises(NotAllowed):
            services.call_mentors(session=session, by=cast.gulnara)


class TestPages:
    def test_eligible_ones_first_and_the_others_with_their_reasons(self, cast, sign_in):
        session = make_session(cast)
        Absence.objects.create(person=cast.nurlan, first_day=session.day, last_day=session.day)
        excluded = demo.make_mentor("kept", number=91, staff=cast, district=cast.taraz, family="К", given="К")
        add_exclusion(person=excluded, by=cast.dana, kind="school", school=cast.school, why=WHY)
        response = sign_in(cast.aigul).get(f"/en/staff/sessions/{session.uuid}/mentors/")
        assert list(rows(response).items()) == [
            (str(cast.yerbol.uuid), []),
            (str(cast.nurlan.uuid), ["not_available"]),
            (str(excluded.uuid), ["excluded"]),
        ]
        html = response.content.decode()
        assert html.count('data-testid="move-book_for"') == html.count('data-testid="move-override"') == 1

    def test_the_way_by_the_page(self, cast, sign_in):
        session, client = make_session(cast), sign_in(cast.aigul)
        page = f"/en/staff/sessions/{session.uuid}/mentors/"
        assert page in client.get(f"/en/staff/sessions/{session.uuid}/").content.decode()
        response = client.post(page, {"chosen": str(cast.nurlan.uuid)})
        assert response.status_code == 302
        booking = Booking.objects.get(person=cast.nurlan)
        move = f"/en/staff/visits/{booking.uuid}/move/"
        other = make_session(cast, starts_at=at(9))
        assert move in client.get(response.url).content.decode()
        assert rows(client.get(move)) == {str(other.uuid): []}
        response = client.post(move, {"chosen": str(other.uuid), "reason": "short"})
        assert response.status_code == 422
        assert (
            'data-code="reason_missing"' in response.content.decode()
            and ">short</textarea>" in response.content.decode()
        )
        assert client.post(move, {"chosen": str(other.uuid), "reason": WHY}).status_code == 302
        assert Booking.objects.holding().get().session == other

    def test_a_reason_that_is_too_short_keeps_what_was_typed(self, cast, sign_in):
        session = make_session(cast)
        Absence.objects.create(person=cast.nurlan, first_day=session.day, last_day=session.day)
        client, page = sign_in(cast.aigul), f"/en/staff/sessions/{session.uuid}/mentors/"
        response = client.post(page, {"chosen": str(cast.nurlan.uuid), "reason": "hm"})
        assert response.status_code == 422
        assert ">hm</textarea>" in response.content.decode()
        assert client.post(page, {"chosen": str(cast.nurlan.uuid), "reason": WHY}).status_code == 302
        shown = client.get(f"/en/staff/sessions/{session.uuid}/").content.decode()
        assert 'data-testid="override-reason"' in shown and WHY in shown

    @pytest.mark.parametrize("chosen", ["", "x", "00000000-0000-0000-0000-000000000000"])
    def test_what_is_none_or_out_of_reach_is_not_found(self, cast, sign_in, chosen):
        session, client = make_session(cast), sign_in(cast.aigul)
        assert client.post(f"/en/staff/sessions/{session.uuid}/mentors/", {"chosen": chosen}).status_code == 404

    def test_the_call_by_the_page(self, cast, sign_in):
        session, client = make_session(cast), sign_in(cast.aigul)
        response = client.post(f"/en/staff/sessions/{session.uuid}/call/", follow=True)
        assert 'data-asked="2" data-came="0"' in response.content.decode()

    def test_many_mentors_cost_as_many_queries_as_few(self, cast, sign_in):
        session, client = make_session(cast), sign_in(cast.aigul)
        page = f"/en/staff/sessions/{session.uuid}/mentors/"

        def cost() -> int:
            with CaptureQueriesContext(connection) as queries:
                assert client.get(page).status_code == 200
            return len(queries)

        cost()
        few = cost()
        for number in range(92, 97):
            demo.make_mentor(f"more{number}", number=number, staff=cast, district=cast.taraz, family="М", given="М")
        assert cost() == few
        assert len(rows(client.get(page))) == 7
        assert list(rows(client.get(page + "?name=Мұсаев"))) == [str(cast.nurlan.uuid)]

    def test_a_beginner_is_offered_beside_somebody_experienced(self, cast, sign_in):
        Approval.objects.filter(person=cast.yerbol).update(probation_visits=3)
        session, client = make_session(cast, seats_max=2), sign_in(cast.aigul)
        page = f"/en/staff/sessions/{session.uuid}/mentors/"
        assert rows(client.get(page))[str(cast.yerbol.uuid)] == ["probation"]
        services.book(session=session, by=cast.nurlan.user)
        assert rows(client.get(page)) == {str(cast.yerbol.uuid): []}
