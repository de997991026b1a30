"""Two people at one request at the same moment: real connections, both engines."""

from __future__ import annotations

import pytest

from events.models import SessionRequest
from events.services import requests
from portal.access import Role
from portal.management import demo
from portal.models import OutgoingMessage
from portal.refusals import Refused
from tests.events.asking import days_ahead, make_request, new_request, typed, window
from tests.people import make_cast
from tests.racing import together

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def committed(transactional_db):
    """The cast in a database that really commits."""
    return make_cast()


def trying(act):
    def run() -> str:
        try:
            act()
        except (Refused, SessionRequest.DoesNotExist) as refusal:
            return type(refusal).__name__
        return "done"

    return run


def test_two_coordinators_accept_at_once_and_one_owns_it(committed):
    other = demo.make_user("second", Role.COORDINATOR, district=committed.taraz)
    for _turn in range(3):
        asked = make_request(committed)
        both = [committed.aigul, other]
        acts = (trying(lambda by=by, asked=asked: requests.accept_request(request=asked, by=by)) for by in both)
        assert sorted(together(*acts)) == ["Refused", "done"]
        asked.refresh_from_db()
        assert asked.owner in both
    assert OutgoingMessage.objects.filter(letter="events/to_school_request_accepted").count() == 3


def test_a_school_sends_five_drafts_at_once_where_two_have_room(committed, settings):
    most = settings.PROGRAMME["requests_at_most"]
    for _number in range(most - 2):
        make_request(committed)
    drafts = [make_request(committed, "draft") for _number in range(5)]
    by = committed.gulnara
    acts = (trying(lambda asked=asked: requests.submit_request(request=asked, by=by)) for asked in drafts)
    assert sorted(together(*acts)) == ["Refused"] * 3 + ["done"] * 2
    assert SessionRequest.objects.unplanned().count() == most


def test_a_double_click_on_the_form_is_one_request(committed, sign_in):
    clients = [sign_in(committed.gulnara) for _tab in range(4)]
    token = clients[0].get("/en/school/requests/new/").context["form"]["token"].value()
    sent = typed(rows=[(days_ahead()[0].isoformat(), "09:00", "11:00")], token=str(token), then="send")
    acts = (lambda client=client: client.post("/en/school/requests/new/", sent).status_code for client in clients)
    assert together(*acts) == [302] * 4
    assert SessionRequest.objects.get().state == "submitted"
    assert OutgoingMessage.objects.filter(letter="events/to_coordinator_request").count() == 1


def test_it_is_withdrawn_while_it_is_accepted(committed):
    for _turn in range(3):
        asked = make_request(committed)
        answers = together(
            trying(lambda asked=asked: requests.accept_request(request=asked, by=committed.aigul)),
            trying(lambda asked=asked: requests.withdraw_request(request=asked, by=committed.gulnara)),
        )
        asked.refresh_from_db()
        assert asked.state == "withdrawn"
        assert answers[1] == "done"


def test_a_new_draft_and_its_deletion(committed):
    """The one who deletes waits for the one who writes; neither ends in an error of the server."""
    draft = make_request(committed, "draft")
    changed = new_request(committed, uuid=draft.uuid, group_size=20)
    answers = together(
        trying(lambda: requests.keep_request(request=changed, windows=[window()], by=committed.gulnara)),
        trying(lambda: requests.discard_request(request=draft, by=committed.gulnara)),
    )
    assert answers == ["done", "done"]
