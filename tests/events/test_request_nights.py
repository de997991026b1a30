"""What the night does with requests."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from events import services
from events.models import SessionRequest
from events.services import requests
from events.states import RequestState
from portal import nightly
from portal.models import OutgoingMessage, StaffTask
from tests.events.asking import days_ahead, make_request, window
from tests.events.builders import at, make_session
from tests.events.test_request_pages import hold

pytestmark = pytest.mark.django_db


@pytest.fixture
def today():
    return timezone.localdate()


def planned(cast, *sessions) -> SessionRequest:
    """A scheduled request with these sessions, each given by its day from today and its state."""
    asked = make_request(cast, "scheduled", [window(timezone.localdate() + timedelta(days=1))])
    for days, state in sessions:
        make_session(cast, starts_at=at(days), state=state, request=asked)
    return asked


def state_of(asked) -> str:
    return SessionRequest.objects.get(pk=asked.pk).state


def test_a_request_is_fulfilled_when_all_its_sessions_are_over(cast, today):
    asked = planned(cast, (-8, "closed"), (-1, "finished"), (-2, "cancelled"))
    hold(cast.nurlan, asked.sessions.earliest("starts_at"), "completed")
    assert requests.follow_sessions(today) == []  # attendance of one is awaited
    asked.sessions.filter(state="finished").update(state="closed")
    assert requests.follow_sessions(today) == [asked.code]
    assert requests.follow_sessions(today) == []
    assert state_of(asked) == RequestState.FULFILLED


def test_a_request_none_of_whose_sessions_was_held_is_to_be_planned_again(cast, today):
    asked = planned(cast, (3, "cancelled"), (-3, "draft"))
    assert requests.follow_sessions(today) == [asked.code]
    assert state_of(asked) == RequestState.ACCEPTED
    task = StaffTask.objects.get(kind=StaffTask.Kind.SESSION_REQUEST, done_at=None)
    assert (task.about, task.role) == (asked.code, "coordinator")
    empty = planned(cast, (-3, "closed"))  # nobody came
    assert requests.follow_sessions(today) == [empty.code]
    assert state_of(empty) == RequestState.ACCEPTED


def test_cancelling_the_last_session_lets_the_request_be_planned_again_at_once(cast, today):
    asked = planned(cast, (3, "published"), (4, "draft"), (-3, "draft"))
    services.cancel_session(session=asked.sessions.get(state="published"), by=cast.gulnara, reason="A concert")
    assert state_of(asked) == RequestState.SCHEDULED
    services.cancel_session(session=asked.sessions.latest("starts_at"), by=cast.aigul, reason="A concert")
    assert state_of(asked) == RequestState.ACCEPTED
    assert StaffTask.objects.open().get(kind=StaffTask.Kind.SESSION_REQUEST).about == asked.code
    assert requests.follow_sessions(today) == []


def test_cancelling_what_is_left_closes_a_request_that_was_held(cast, today):
    asked = planned(cast, (-8, "closed"), (3, "published"))
    hold(cast.nurlan, asked.sessions.earliest("starts_at"), "completed")
    services.cancel_session(session=asked.sessions.get(state="published"), by=cast.aigul, reason="A concert")
    assert state_of(asked) == RequestState.FULFILLED


def test_a_draft_session_ahead_keeps_the_request_waiting(cast, today):
    asked = planned(cast, (3, "draft"))
    assert requests.follow_sessions(today) == []
    assert requests.follow_sessions(today + timedelta(days=4)) == [asked.code]


@pytest.mark.parametrize("state", ["submitted", "needs_info", "accepted"])
def test_a_request_expires_when_all_its_days_have_passed(cast, today, state):
    asked = make_request(cast, state, [window(today - timedelta(days=2)), window(today)])
    assert requests.expire_requests(today) == []  # the last day is not over
    assert requests.expire_requests(today + timedelta(days=1)) == [asked.code]
    assert requests.expire_requests(today + timedelta(days=1)) == []
    assert state_of(asked) == RequestState.EXPIRED
    assert OutgoingMessage.objects.get(letter="events/to_school_request_expired").recipient == cast.gulnara


def test_expiry_settles_the_coordinators_task(cast, today):
    draft = make_request(cast, "draft", [window(days_ahead()[0])])
    requests.submit_request(request=draft, by=cast.gulnara)
    requests.expire_requests(days_ahead()[0] + timedelta(days=1))
    assert not StaffTask.objects.open().exists()


@pytest.mark.parametrize("state", ["draft", "scheduled", "fulfilled", "declined", "withdrawn", "expired"])
def test_nothing_else_expires(cast, today, state):
    make_request(cast, state, [window(today - timedelta(days=2))])
    assert requests.expire_requests(today) == []


def test_old_drafts_are_deleted(cast, today, settings):
    fresh, old, sent = make_request(cast, "draft"), make_request(cast, "draft"), make_request(cast)
    long_ago = timezone.now() - timedelta(days=settings.PROGRAMME["draft_days"] + 1)
    SessionRequest.objects.exclude(pk=fresh.pk).update(state_since=long_ago)
    assert requests.forget_drafts(today) == [old.code]
    assert set(SessionRequest.objects.all()) == {fresh, sent}


def test_a_trial_changes_nothing(cast, today):
    asked = make_request(cast, "submitted", [window(today - timedelta(days=2))])
    report = nightly.run(today, trial=True)
    assert [asked.code] in [list(line.codes) for line in report]
    assert not [line for line in report if line.failure]
    assert state_of(asked) == RequestState.SUBMITTED
    assert not OutgoingMessage.objects.exists()


def test_cancelled_late_and_expired_the_same_night(cast, today):
    """The days asked for are over as well: the school hears once, politely."""
    asked = planned(cast, (-1, "cancelled"))
    nightly.run(today + timedelta(days=3))
    assert state_of(asked) == RequestState.EXPIRED
    assert OutgoingMessage.objects.filter(about=asked.code).count() == 1
