"""Whenever the demonstration is made, there is a session that is going on, or the next one that can."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from portal import reference
from portal.management.demo.sessions import lesson_at, make_current, teaching_days
from portal.models import Topic

pytestmark = pytest.mark.django_db


def moments():
    """Each hour of a fortnight, of days with lessons and without."""
    begins = timezone.make_aware(datetime(2026, 11, 2))
    return [begins + timedelta(hours=hour, minutes=hour % 60) for hour in range(14 * 24)]


def test_a_lesson_is_going_on_or_the_next_one_is_found(cast):
    reference.load_reference()
    going_on = 0
    for now in moments():
        begins = timezone.localtime(lesson_at(now))
        ends = begins + timedelta(minutes=45)
        assert begins.date() in teaching_days(timezone.localdate(now), 2)
        assert begins.hour >= 8 and (ends.hour, ends.minute) <= (18, 30)
        assert ends >= now
        going_on += begins <= now
    assert going_on > 80


def test_nurlan_is_there_and_arrivals_are_taken(cast):
    reference.load_reference()
    now = timezone.make_aware(datetime(2026, 11, 4, 11, 3))
    session = make_current(cast, Topic.objects.exclude(parent=None)[0], now)
    assert session.takes_arrivals(now)
    assert session.bookings.holding().get().person == cast.nurlan
