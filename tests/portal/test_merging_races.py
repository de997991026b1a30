"""Two people save the same form in one moment: real threads and connections, both engines."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import translation

from events.models import SchoolSession, SessionTemplate
from events.services.session_templates import template_from
from mentors.models import Limits
from tests.editing import as_it_stands, form_that_edits
from tests.events.builders import make_session
from tests.events.test_races import committed  # noqa: F401 - a fixture
from tests.racing import together

pytestmark = pytest.mark.django_db(transaction=True)


def sending(client, address: str, **typed):
    """Opens the page, and gives what sends it: the status and the page that came."""
    form = form_that_edits(client.get(address).content.decode(), address)

    def send():
        response = client.post(form.url, as_it_stands(form, **typed))
        return response.status_code, response.content.decode()

    return send


def address_of(name: str, *args) -> str:
    with translation.override("en"):
        return reverse(name, args=args)


def test_different_fields_of_a_template(committed, sign_in):  # noqa: F811 - a fixture
    template = template_from(make_session(committed))
    template.title, template.created_by = "Phone and money", committed.aigul
    template.save()
    address = address_of("staff_template", template.uuid)
    for turn in range(5):
        typed = ({"title": f"Title {turn}"}, {"group_size": str(10 + turn)}, {"notes_for_mentor": f"Door {turn}"})
        acts = [sending(sign_in(committed.aigul), address, **change) for change in typed]
        assert [status for status, _page in together(*acts)] == [302] * 3
        stored = SessionTemplate.objects.get()
        assert (stored.title, stored.group_size, stored.notes_for_mentor) == (
            f"Title {turn}",
            10 + turn,
            f"Door {turn}",
        )


def test_one_field_of_a_template(committed, sign_in):  # noqa: F811 - a fixture
    template = template_from(make_session(committed))
    template.title, template.created_by = "Phone and money", committed.aigul
    template.save()
    address = address_of("staff_template", template.uuid)
    for turn in range(5):
        titles = [f"Title {turn} of {who}" for who in "abc"]
        answers = together(*[sending(sign_in(committed.aigul), address, title=title) for title in titles])
        assert sorted(status for status, _page in answers) == [302, 422, 422]
        stored = SessionTemplate.objects.get().title
        assert stored in titles
        for status, page in answers:
            assert status == 302 or f"Now it is: {stored}." in page


def test_a_session_is_moved_and_described(committed, sign_in):  # noqa: F811 - a fixture
    session = make_session(committed, calendar_reason="Agreed")
    address = address_of("staff_session_change", session.uuid)
    for turn in range(3):
        typed = ({"starts": f"1{turn + 1}:00", "ends": f"1{turn + 1}:45"}, {"notes_for_mentor": f"Door {turn}"})
        acts = [sending(sign_in(committed.aigul), address, **change) for change in typed]
        assert [status for status, _page in together(*acts)] == [302, 302]
        stored = SchoolSession.objects.get()
        assert (stored.version, stored.notes_for_mentor) == (turn + 2, f"Door {turn}")


def test_the_limits_of_a_mentor_on_two_devices(committed, sign_in):  # noqa: F811 - a fixture
    address, user = address_of("my_times"), committed.nurlan.user
    for turn in range(1, 4):
        typed = ({"limits-max_km": str(10 * turn)}, {"limits-per_month": str(turn)})
        acts = [sending(sign_in(user), address, **change) for change in typed]
        assert [status for status, _page in together(*acts)] == [302, 302]
        stored = Limits.objects.get()
        assert (stored.max_km, stored.per_month) == (10 * turn, turn)
