"""How many statements one booking costs, and that it costs the same with others in the session."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from events import services
from portal.models import OutgoingMessage, User
from tests.events.builders import make_session

pytestmark = pytest.mark.django_db
AT_MOST = 12  # issue 4
AFTER_COMMIT = 1  # the keys of the letters, for the worker


def cost(session, person) -> int:
    """Statements of the service alone: the test stands in a transaction already, so its own is a savepoint."""
    by = User.objects.get(pk=person.user_id)  # nothing of him is loaded yet
    with CaptureQueriesContext(connection) as queries:
        services.book(session=session, by=by)
    return sum("SAVEPOINT" not in query["sql"] for query in queries) + AFTER_COMMIT


def test_a_booking_costs_at_most_twelve_statements(cast):
    session = make_session(cast, seats_max=3)
    first, second = cost(session, cast.nurlan), cost(session, cast.yerbol)
    assert first <= AT_MOST
    assert second == first
    assert OutgoingMessage.objects.filter(letter__in=["events/booked", "events/to_school_booked"]).count() == 4
    assert set(session.bookings.values_list("state", flat=True)) == {"confirmed"}
