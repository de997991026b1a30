"""A word about a visit that is given or corrected twice at one moment: real threads and connections, both engines."""

from __future__ import annotations

import threading
import time
from datetime import date

import pytest
from django.db import transaction
from django.utils import timezone

from events import services
from events.models import Booking, ClosedMonth, HoursEntry
from portal.models import LogEntry, OutgoingMessage
from tests.events.builders import make_session
from tests.events.test_assuring import held
from tests.events.test_races import committed  # noqa: F401 - a fixture
from tests.events.visits import attended, hold, on
from tests.racing import attempt, together

pytestmark = pytest.mark.django_db(transaction=True)

YEAR = timezone.localdate().year - 1
MARCH, NOW = date(YEAR, 3, 1), on(YEAR, 4, 10)


@pytest.fixture
def missed(committed):  # noqa: F811 - a fixture
    booking = hold(committed.nurlan, make_session(committed, starts_at=on(YEAR, 3, 12)))
    services.confirm_attendance(booking=booking, by=committed.gulnara, result="no_show")
    return Booking.objects.get(pk=booking.pk)


def correct(booking, by, state="attended"):
    return lambda: services.correct_attendance(booking=booking, state=state, reason="Mixed up", by=by, now=NOW).state


def test_one_correction_pressed_twice(committed, missed):  # noqa: F811 - a fixture
    assert together(*[correct(missed, committed.aigul)] * 3) == ["attended"] * 3
    assert missed.hours.get().minutes == 45
    assert OutgoingMessage.objects.filter(letter="events/attendance_corrected").count() == 1


def test_hours_entered_late_never_land_in_a_month_that_was_closed_meanwhile(committed, missed):  # noqa: F811
    close = attempt(services.close_month, month=MARCH, district=committed.taraz, by=committed.aigul, now=NOW)
    together(correct(missed, committed.aigul), close)
    assert ClosedMonth.objects.count() == 1
    told = LogEntry.objects.get(action="close_month").data["minutes"]
    assert HoursEntry.objects.filter(month=MARCH).minutes() == told  # what was handed over is what stands


def test_one_press_and_its_repetition(committed):  # noqa: F811 - a fixture
    booking = held(committed)
    together(*[lambda: services.assure(booking=booking, by=committed.nurlan.user).pk] * 3)
    assert LogEntry.objects.filter(action="assure").count() == 1


@pytest.mark.parametrize("service", ["attendance", "hours"])
def test_what_is_handed_over_has_every_correction_of_that_moment(committed, service):  # noqa: F811 - a fixture
    """The month is closed while a correction is written that has not ended: it waits for it, and counts it."""
    visit = attended(committed, starts_at=on(YEAR, 3, 12))
    written = threading.Event()

    def correcting():
        with transaction.atomic():
            if service == "attendance":
                correct(visit, committed.aigul, "no_show")()
            else:
                services.correct_hours(booking=visit, minutes=10, reason="Mixed up", by=committed.aigul, now=NOW)
            written.set()
            time.sleep(0.5)

    def closing():
        written.wait(20)
        services.close_month(month=MARCH, district=committed.taraz, by=committed.aigul, now=NOW)

    together(correcting, closing)
    told = LogEntry.objects.get(action="close_month").data["minutes"]
    assert HoursEntry.objects.filter(month=MARCH).minutes() == told
