"""A word to everybody: shown in its hours, in the reader's language, and gone at its end also from what is kept."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.core.cache import caches
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from content.services import let_editors_in
from portal import access, topbar
from portal.models import LogEntry, SiteAlert, User
from portal.services import grant_role
from tests.cms import make_roots

pytestmark = pytest.mark.django_db
WORDS = {"kk": "Бүгін 112", "ru": "Сегодня 112", "en": "Today 112"}


def say(*, starts: float = -1, ends: float = 1, level: str = "warning", mark: str = "", now: datetime | None = None):
    """An alert from `starts` until `ends`, in hours from now."""
    now = now or timezone.now()
    words = {f"text_{code}": text + mark for code, text in WORDS.items()}
    hours = {"starts_at": now + timedelta(hours=starts), "ends_at": now + timedelta(hours=ends)}
    return SiteAlert.objects.create(level=level, **hours, **words)


@pytest.fixture(autouse=True)
def nothing_kept():
    caches["default"].clear()


@pytest.mark.parametrize("language", WORDS)
def test_it_is_read_in_the_language_of_the_page(language):
    say()
    page = Client().get(f"/{language}/account/login/").content.decode()
    assert [text for text in WORDS.values() if text in page] == [WORDS[language]]


def test_only_in_its_hours_and_the_gravest_first():
    now = timezone.now()
    for level, starts, ends in [("info", -1, 1), ("danger", -2, 3), ("warning", -3, -1), ("warning", 1, 2)]:
        say(level=level, starts=starts, ends=ends, now=now)
    with translation.override("ru"):
        at = {
            hours: topbar.in_force(topbar.top_bar()["alerts"], now + timedelta(hours=hours)) for hours in (0, 1, 2, 3)
        }
    assert {hours: [alert["level"] for alert in alerts] for hours, alerts in at.items()} == {
        0: ["danger", "info"],
        1: ["danger", "warning"],
        2: ["danger"],
        3: [],
    }


def test_the_next_change_is_the_nearest_beginning_or_end():
    now = timezone.now()
    assert topbar.seconds_to_change(now) is None
    say(starts=-1, ends=3, now=now)
    say(starts=2, ends=5, now=now)
    caches["default"].clear()
    assert topbar.seconds_to_change(now) == 2 * 3600
    assert topbar.seconds_to_change(now + timedelta(hours=2)) == 3600


def test_pages_cost_no_query_for_it_once_it_is_known():
    say()
    client, url = Client(), "/ru/account/login/"
    client.get(url)
    with CaptureQueriesContext(connection) as asked:
        client.get(url)
    assert not [query["sql"] for query in asked if "alert" in query["sql"] or "helpline" in query["sql"]]


def test_one_that_ends_before_it_begins_is_refused():
    with pytest.raises(ValidationError):
        SiteAlert(
            starts_at=timezone.now(), ends_at=timezone.now() - timedelta(hours=1),
            **{f"text_{code}": text for code, text in WORDS.items()},
        ).full_clean()  # fmt: skip
    with pytest.raises(IntegrityError), transaction.atomic():
        say(starts=1, ends=-1)


@pytest.fixture
def kept_pages(settings):
    pages = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "pages-alerts", "TIMEOUT": 86400}
    settings.CACHES = settings.CACHES | {"pages": pages}
    caches["pages"].clear()


def test_a_kept_page_does_not_outlive_it(kept_pages, monkeypatch):
    url = "/ru/offline/"
    say(ends=0.5)
    assert WORDS["ru"] in Client().get(url).content.decode()
    (key,) = [key for key in caches["pages"]._expire_info if "version" not in key]
    left = caches["pages"]._expire_info[key] - timezone.now().timestamp()
    assert 1700 < left <= 1800


def test_a_kept_page_makes_room_for_one_that_is_set(kept_pages, django_capture_on_commit_callbacks):
    url = "/ru/offline/"
    assert WORDS["ru"] not in Client().get(url).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        say()
    assert WORDS["ru"] in Client().get(url).content.decode()


def test_an_editor_sets_it_in_the_cms_and_the_log_knows(client):
    make_roots()
    let_editors_in()
    editor = User.objects.create(email="editor@demo.example", is_active=True)
    grant_role(user=editor, role=access.Role.EDITOR, by=None)
    client.force_login(editor)
    views = SiteAlert.snippet_viewset
    words = {f"text_{code}": text for code, text in WORDS.items()}
    day = {"starts_at": "2026-11-23 10:00", "ends_at": "2026-11-23 18:00"}
    answer = client.post(reverse(views.get_url_name("add")), {"level": "danger", **day, **words})
    assert answer.status_code == 302
    alert = SiteAlert.objects.get()
    assert timezone.localtime(alert.ends_at).hour == 18
    client.post(reverse(views.get_url_name("edit"), args=[alert.pk]), {"level": "info", **day, **words})
    entries = LogEntry.objects.filter(model="portal.SiteAlert", object_id=str(alert.pk)).order_by("pk")
    assert [(entry.action, entry.state_to, entry.actor) for entry in entries] == [
        ("alert", "danger", editor),
        ("alert", "info", editor),
    ]
    assert client.get(reverse(views.get_url_name("delete"), args=[alert.pk])).status_code == 302  # it is ended instead
