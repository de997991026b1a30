"""Scenarios and invariants of the design (docs/rules.md) that no other module of tests tells whole."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.db.models import F
from django.utils import timezone, translation
from django.utils.translation import gettext
from icalendar import Calendar

from events import services
from events.models import Booking, SwapOffer
from events.services.reminders import plan_reminders
from mentors.models import Limits
from portal import mail
from portal.models import OutgoingMessage
from portal.refusals import Refused
from tests.events.builders import at, make_session
from tests.events.test_booking import reasons
from tests.events.test_races import committed  # noqa: F401 - a fixture
from tests.racing import together

pytestmark = pytest.mark.django_db
WRITES = re.compile(r"\.(create|bulk_create|get_or_create|update_or_create|bulk_update|update|save|delete)\(")
NO_ROWS_OF_OURS = {"events/staff/arrivals.py"}  # saves a picture
NOTES_A_LOOK = {"events/views/calendar.py"}  # when the feed was last fetched


@pytest.mark.parametrize("language", ["kk", "ru"])
def test_scenario_8_the_opening_is_told_in_the_readers_language_and_a_post_is_refused(cast, sign_in, language):
    session = make_session(cast, opens_at=at(1, 9))
    response = sign_in(cast.nurlan.user).post(f"/{language}/sessions/{session.uuid}/book/")
    assert (response.status_code, reasons(response)) == (409, {"not_open_yet"})
    with translation.override(language):
        words = gettext("Booking opens on %(moment)s.").split("%(moment)s")
    assert all(word.strip() in response.content.decode() for word in words)
    assert "Booking opens on" not in response.content.decode()
    assert not Booking.objects.exists()


def feed_of(cast, client, sign_in) -> str:
    """The address of Nurlan's feed."""
    mentor = sign_in(cast.nurlan.user)
    mentor.post("/en/my/bookings/calendar/")
    return "/calendar/" + mentor.get("/en/my/bookings/").content.decode().split("/calendar/")[1].split("<")[0]


def test_scenario_34_the_feed_follows_a_moved_session(cast, client, sign_in):
    """The same UID, a higher SEQUENCE, the new DTSTART in UTC; the old ETag gives the new file."""
    booking = services.book(session=make_session(cast, calendar_reason="Agreed"), by=cast.nurlan.user)
    address = feed_of(cast, client, sign_in)
    first = client.get(address)
    begins = booking.starts_at + timedelta(hours=2)
    values = {"starts_at": begins, "ends_at": begins + timedelta(minutes=45)}
    services.change_session(session=booking.session, by=cast.aigul, values=values)
    second = client.get(address, headers={"if-none-match": first["ETag"]})
    assert second.status_code == 200
    (before,), (after,) = (Calendar.from_ical(answer.content).walk("VEVENT") for answer in (first, second))
    assert (after["UID"], after["STATUS"]) == (before["UID"], "CONFIRMED")
    assert after["SEQUENCE"] > before["SEQUENCE"]
    assert (
        after["DTSTART"].to_ical()
        == begins.astimezone(timezone.get_fixed_timezone(0)).strftime("%Y%m%dT%H%M%SZ").encode()
    )
    assert client.get(address, headers={"if-none-match": second["ETag"]}).status_code == 304


def test_i19_a_cancelled_visit_is_in_the_feed_a_month_after_its_end(cast, client, sign_in):
    booking = services.book(session=make_session(cast), by=cast.nurlan.user)
    address = feed_of(cast, client, sign_in)
    services.cancel_booking(booking=booking, by=cast.nurlan.user)
    month = booking.ends_at - timezone.now() + timedelta(days=30)
    Booking.objects.update(starts_at=F("starts_at") - month, ends_at=F("ends_at") - month)
    (event,) = Calendar.from_ical(client.get(address).content).walk("VEVENT")
    assert event["STATUS"] == "CANCELLED"


def test_i9_a_cap_holds_for_who_takes_a_visit_over(cast):
    """The programme's other ways to a place: a handover, and a place from the waiting list."""
    Limits.objects.create(person=cast.yerbol, per_day=1)
    visit = services.book(session=make_session(cast), by=cast.nurlan.user)
    offer = services.offer_swap(booking=visit, by=cast.nurlan.user)
    services.book(session=make_session(cast, starts_at=at(7, 14)), by=cast.yerbol.user)
    with pytest.raises(Refused) as refusal:
        services.take_swap(offer=offer, by=cast.yerbol.user)
    assert refusal.value.codes == ["cap"]
    assert SwapOffer.objects.get().state == "open"
    visit.refresh_from_db()
    assert visit.holds
    services.cancel_booking(booking=visit, by=cast.nurlan.user)
    with pytest.raises(Refused) as refusal:
        services.book(session=visit.session, by=cast.yerbol.user)
    assert refusal.value.codes == ["cap"]


def test_i14_rows_of_sessions_are_written_by_services_alone():
    """Every way to a place, page or job, is one of `events.services`: nothing above them writes a row."""
    base = Path(django_settings.BASE_DIR)
    found = {
        str(path.relative_to(base))
        for app in ("events", "mentors")
        for layer in ("views", "staff", "forms", "filters", "tasks", "apps", "notifications", "views.py", "staff.py")
        for path in [base / app / layer, *(base / app / layer).rglob("*.py")]
        if path.is_file() and WRITES.search(path.read_text(encoding="utf-8"))
    }
    assert found <= NO_ROWS_OF_OURS | NOTES_A_LOOK


def test_i16_a_move_cancels_the_old_reminders_and_new_ones_follow(cast):
    session = make_session(cast, starts_at=at(20), calendar_reason="Agreed")
    booking = services.book(session=session, by=cast.nurlan.user)
    Booking.objects.update(created_at=at(-10))
    plan_reminders(session.starts_at - timedelta(days=6))
    mine = OutgoingMessage.objects.filter(about=booking.code, letter__startswith="events/reminder")
    assert set(mine.values_list("state", flat=True)) == {"scheduled"}
    values = {"starts_at": session.starts_at + timedelta(hours=2), "ends_at": session.ends_at + timedelta(hours=2)}
    services.change_session(session=session, by=cast.aigul, values=values)
    assert set(mine.values_list("state", flat=True)) == {"cancelled"}
    Booking.objects.update(state_since=at(-1))
    plan_reminders(session.starts_at - timedelta(days=5))
    due = mine.filter(letter="events/reminder_soon", state="scheduled").get().due_at
    assert due == session.starts_at + timedelta(hours=2) - timedelta(hours=2)


@pytest.mark.django_db(transaction=True)
def test_scenario_33_three_workers_at_once_write_and_send_each_reminder_once(committed, mailoutbox):  # noqa: F811
    session = make_session(committed, seats_max=2, starts_at=at(20))
    for person in (committed.nurlan, committed.yerbol):
        services.book(session=session, by=person.user)
    Booking.objects.update(created_at=at(-10))
    OutgoingMessage.objects.all().delete()
    now = session.starts_at - timedelta(hours=20)
    together(*[lambda: plan_reminders(now)] * 3)
    mailoutbox.clear()
    together(*[lambda: mail.sweep(now=now)] * 3)
    rows = OutgoingMessage.objects.filter(letter="events/reminder")
    assert list(rows.values_list("state", flat=True)) == ["sent", "sent"]
    reminded = [message.to[0] for message in mailoutbox]
    assert sorted(reminded) == sorted(
        OutgoingMessage.objects.filter(state="sent", channel="email").values_list("address", flat=True)
    )
    assert OutgoingMessage.objects.count() == 7  # three to each mentor, one to the school
