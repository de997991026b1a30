"""Servers that are away: the database is told honestly, a broker fails nothing, a full disk leaves nothing half."""

from __future__ import annotations

import logging
import re
import resource
import sqlite3
import time
from contextlib import contextmanager
from html import unescape

import pytest
from celery import current_app
from django.core.cache import caches
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DEFAULT_DB_ALIAS, close_old_connections, connection, connections
from django.db.migrations.recorder import MigrationRecorder
from django.db.utils import ConnectionHandler
from django.test import Client
from django.urls import reverse
from wagtail.images import get_image_model
from wagtail.models import Collection

from events import services
from portal import broker, health, outage, topbar
from portal import caches as house_caches
from portal.logs import OneLine, WithoutTokens
from portal.models import Helpline, OutgoingMessage
from portal.storages import PrivateFiles, WholeFiles
from tests.events.builders import make_session
from tests.papers import a_pdf, a_picture
from tests.volunteers.cases import check_of, in_assessment
from volunteers.models import CheckEvidence, Interest

pytestmark = pytest.mark.django_db
CLOSED_PORT = {"ENGINE": "django.db.backends.postgresql", "HOST": "127.0.0.1", "PORT": "1", "NAME": "x", "USER": "x"}
SECRET = "k" * 32


def other_database(**said):
    """Another connection in place of the test's; give back the first one when done."""
    mine, handler = connections[DEFAULT_DB_ALIAS], ConnectionHandler({DEFAULT_DB_ALIAS: said})
    connections[DEFAULT_DB_ALIAS] = handler[DEFAULT_DB_ALIAS]
    return mine


@pytest.fixture
def away():
    """`away()`: from then on nothing answers where the database was, until `away(False)` or the end of the test."""
    mine = connections[DEFAULT_DB_ALIAS]

    def make(gone: bool = True) -> None:
        connections[DEFAULT_DB_ALIAS] = mine
        if gone:
            other_database(**CLOSED_PORT)

    yield make
    connections[DEFAULT_DB_ALIAS] = mine


def browser(**more) -> Client:
    return Client(raise_request_exception=False, **more)


def signed_in(user) -> Client:
    client = browser()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@contextmanager
def no_room(left: int = 0):
    """No file of this process may grow beyond so many bytes: the system's own refusal, as of a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (left, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


# --- the database is away ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address", ["/kk/", "/en/help/", "/ru/account/login/", "/cms/", "/en/staff/status/", "/en/my/"]
)
def test_every_page_is_a_503_that_says_when_to_come_back(cast, away, address):
    clients = [browser(), signed_in(cast.root)]
    away()
    for client in clients:
        answer = client.get(address)
        if answer.status_code == 302:  # nobody is known: to the sign-in, which asks nobody
            answer = client.get(answer.url)
        assert (answer.status_code, answer["Retry-After"]) == (503, "30")
        assert "no-store" in answer["Cache-Control"]
        assert answer["Content-Security-Policy"]
        page = answer.content.decode()
        assert all(words in page for words in ("жауап бере алмай тұр", "не может ответить", "cannot answer"))


def test_the_page_has_the_numbers_that_were_known_last(away):
    Helpline.objects.create(
        number="150", name_kk="а", name_ru="а", name_en="a", about_kk="а", about_ru="а", about_en="a",
        in_crisis_bar=True, checked_on="2026-11-01", checked_by="x",
    )  # fmt: skip
    topbar.top_bar()
    away()
    assert browser().get("/kk/").content.decode().count('href="tel:150"') == 3


def test_who_is_alive_and_who_is_ready(away):
    away()
    answer = Client().get("/health/ready")
    assert (answer.status_code, answer.json()) == (503, {"status": "not ready"})
    assert Client().get("/health/live").status_code == 200


def test_a_page_that_is_kept_is_served_whole_to_everybody(cast, away, settings):
    pages = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "outage"}
    settings.CACHES = settings.CACHES | {"pages": pages}
    caches["pages"].clear()
    before = browser().get("/kk/offline/")
    assert before.status_code == 200
    clients = [browser(), signed_in(cast.nurlan.user)]
    away()
    for client in clients:
        answer = client.get("/kk/offline/")
        assert (answer.status_code, answer.content) == (200, before.content)


def test_what_was_typed_is_kept_and_goes_when_it_is_sent_again(cast, away):
    client = browser(enforce_csrf_checks=True)
    client.cookies["csrf"] = SECRET
    typed = {"name": "Әлия Маркерова", "phone": "+77013334455", "district": cast.taraz.pk, "role": ""}
    away()
    answer = client.post(reverse("interest"), typed | {"csrfmiddlewaretoken": SECRET})
    assert answer.status_code == 503
    page = answer.content.decode()
    assert "Жіберілгені сақталған жоқ" in page
    again = {name: unescape(value) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', page)}
    assert {name: str(value) for name, value in typed.items()}.items() <= again.items()
    away(False)
    assert not Interest.objects.filter(phone=typed["phone"]).exists()
    assert client.post(unescape(re.search(r'action="([^"]+)"', page)[1]), again).status_code == 302
    assert Interest.objects.filter(phone=typed["phone"]).count() == 1


def send_again(client: Client, address: str, typed: dict, away):
    """The answer to the button of the page that a form was answered with while the database was away."""
    away()
    page = client.post(address, typed).content.decode()
    away(False)
    again = {name: unescape(value) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', page)}
    return client.post(unescape(re.search(r'action="([^"]+)"', page)[1]), again)


@pytest.mark.parametrize("with_clock", [True, False])
def test_who_is_signed_in_sends_it_again_too(cast, away, settings, with_clock):
    """With the clock of sessions the database is asked before it is known whose page it is."""
    settings.SECOND_FACTOR_REQUIRED = with_clock
    client = browser(enforce_csrf_checks=True)
    client.force_login(cast.serik, backend="allauth.account.auth_backends.AuthenticationBackend")
    address = reverse("account_settings")
    typed = {field.html_name: field.value() or "" for field in client.get(address).context["form"]}
    typed["csrfmiddlewaretoken"] = client.cookies["csrf"].value
    assert send_again(client, address, typed, away).status_code == 302


def test_what_another_site_made_him_send_is_not_sent_again(cast, away, settings):
    settings.SECOND_FACTOR_REQUIRED = True
    client = browser(enforce_csrf_checks=True)
    client.force_login(cast.serik, backend="allauth.account.auth_backends.AuthenticationBackend")
    client.cookies["csrf"] = SECRET
    assert send_again(client, reverse("account_settings"), {"given_name": "x"}, away).status_code == 403


def test_a_password_is_not_kept_on_the_page(away):
    away()
    answer = browser().post(reverse("account_login"), {"login": "a@demo.example", "password": "Құпия-2026-сөз"})
    assert answer.status_code == 503
    assert "Құпия" not in answer.content.decode()
    assert "a@demo.example" not in answer.content.decode()


def test_the_log_has_one_line_without_words_for_it(away, caplog):
    away()
    with caplog.at_level(logging.WARNING):
        browser().get("/kk/")
    keep, form = WithoutTokens(), OneLine()
    lines = [form.format(record) for record in caplog.records if keep.filter(record)]
    assert len(lines) == 1
    assert "OperationalError" in lines[0]
    assert "127.0.0.1" not in lines[0]


# --- the file of SQLite is locked, full, or wrong ------------------------------------------------------------------


@pytest.fixture
def locked(tmp_path):
    """In place of the database a file that somebody else writes into, with the one table that a stranger's form needs first."""
    path = tmp_path / "locked.sqlite3"
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute('CREATE TABLE portal_ratecounter ("key" TEXT PRIMARY KEY, "count" INTEGER, ends_at INTEGER)')
    writer.execute("BEGIN IMMEDIATE")
    mine = other_database(ENGINE="django.db.backends.sqlite3", NAME=str(path), OPTIONS={"timeout": 0.2})
    yield writer
    connections[DEFAULT_DB_ALIAS].close()
    connections[DEFAULT_DB_ALIAS] = mine
    writer.close()


def test_a_locked_file_is_the_same_page_after_its_time(locked):
    began = time.monotonic()
    assert browser().post(reverse("interest"), {"name": "Ә"}).status_code == 503
    assert time.monotonic() - began < 5


def test_a_full_disk_of_the_database_is_the_same_page(locked):
    locked.execute("ROLLBACK")
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute("PRAGMA page_count")
        cursor.execute(f"PRAGMA max_page_count = {cursor.fetchone()[0]}")
        cursor.execute("CREATE TEMP TABLE x AS SELECT 1")
        for number in range(400):  # until the last page is full
            try:
                cursor.execute("INSERT INTO portal_ratecounter VALUES (%s, 1, 1)", [str(number) * 20])
            except Exception as error:
                assert outage.of_database(error)
                break
    assert browser().post(reverse("interest"), {"name": "Ә"}).status_code == 503


def test_a_wrong_statement_is_an_error_of_ours(locked):
    locked.execute("ROLLBACK")
    locked.execute("DROP TABLE portal_ratecounter")
    assert browser().post(reverse("interest"), {"name": "Ә"}).status_code == 500


# --- PostgreSQL is started again ---------------------------------------------------------------------------------


@pytest.mark.skipif(connection.vendor != "postgresql", reason="asks a PostgreSQL")
def test_a_connection_that_was_ended_costs_one_request_at_most_and_none_of_the_next():
    mine = other_database(**connections[DEFAULT_DB_ALIAS].settings_dict)
    second = connections[DEFAULT_DB_ALIAS]

    def end_it() -> None:
        with second.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            (pid,) = cursor.fetchone()
        with mine.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [pid])

    try:
        end_it()
        assert Client().get("/health/ready").status_code == 503  # lost in the middle of a request
        close_old_connections()  # as each request begins
        assert Client().get("/health/ready").status_code == 200
        end_it()
        close_old_connections()
        assert Client().get("/health/ready").status_code == 200
    finally:
        second.close()
        connections[DEFAULT_DB_ALIAS] = mine


def test_a_database_without_the_newest_tables_is_not_ready(monkeypatch):
    monkeypatch.setattr(health, "_migrated", False)
    recorder = MigrationRecorder(connection)
    newest = recorder.migration_qs.filter(app="portal").latest("name")
    newest.delete()
    assert Client().get("/health/ready").status_code == 503
    recorder.record_applied("portal", newest.name)
    assert Client().get("/health/ready").status_code == 200


# --- the broker, and Redis as a cache ------------------------------------------------------------------------------


@pytest.fixture
def asked_for_real():
    """Tasks go to the broker, as outside the suite."""
    current_app.conf.task_always_eager = False
    forget()
    yield
    current_app.conf.task_always_eager = True
    forget()


@pytest.fixture
def refused(settings, asked_for_real):
    """A broker at a closed port."""
    settings.REDIS_URL = settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
    settings.CELERY_BROKER_TRANSPORT_OPTIONS = {}
    forget()


def forget() -> None:
    broker._connection.cache_clear()
    broker.away.forget()
    house_caches.away.forget()
    house_caches.full.forget()


def test_a_booking_stands_and_takes_no_longer_when_the_broker_is_away(
    cast, refused, django_capture_on_commit_callbacks, caplog
):
    session, began = make_session(cast), time.monotonic()
    with django_capture_on_commit_callbacks(execute=True):
        booking = services.book(session=session, by=cast.nurlan.user)
    assert time.monotonic() - began < 2
    assert booking.holds
    assert OutgoingMessage.objects.filter(about=booking.code, state="scheduled").exists()
    assert caplog.text.count("broker does not answer") == 1
    assert not broker.answers()


def test_a_broker_that_does_not_answer_is_waited_for_once(refused, settings):
    import socket  # noqa: PLC0415 - only here

    from portal.tasks import deliver_messages  # noqa: PLC0415 - only here

    with socket.create_server(("127.0.0.1", 0)) as deaf:
        settings.CELERY_BROKER_URL = f"redis://127.0.0.1:{deaf.getsockname()[1]}/0"
        forget()
        began = time.monotonic()
        assert [broker.ask(deliver_messages, []) for _time in range(20)] == [False] * 20
        assert time.monotonic() - began < 2


def test_a_full_disk_loses_a_hint_and_nothing_else(settings, asked_for_real, tmp_path):
    from portal.tasks import deliver_messages  # noqa: PLC0415 - only here

    folders = {name: str(tmp_path) for name in ("data_folder_in", "data_folder_out", "control_folder")}
    settings.REDIS_URL, settings.CELERY_BROKER_URL = "", "filesystem://localhost"
    settings.CELERY_BROKER_TRANSPORT_OPTIONS = folders
    forget()
    assert broker.ask(deliver_messages, [])
    with no_room():
        assert not broker.ask(deliver_messages, [])
        assert not broker.answers()
    forget()
    assert broker.answers()


def test_a_cache_that_is_away_is_an_empty_one(settings):
    forget()
    options = {
        "OPTIONS": {"socket_connect_timeout": 1},
        "LOCATION": "redis://127.0.0.1:1/0",
        "BACKEND": "portal.caches.Redis",
    }
    settings.CACHES = {"default": options, "pages": options}
    caches["default"].set("a", 1)
    assert caches["default"].get("a", 7) == 7
    assert caches["default"].get_or_set("a", lambda: 3) == 3
    assert caches["default"].get_many(["a"]) == {}
    assert browser().get("/kk/offline/").status_code == 200
    forget()


def test_a_page_is_read_though_it_cannot_be_kept(settings, tmp_path):
    forget()
    pages = {"BACKEND": "portal.caches.Files", "LOCATION": str(tmp_path)}
    settings.CACHES = settings.CACHES | {"pages": pages}
    caches["pages"].set("version", "one")
    with no_room():
        caches["pages"].set("version", "two")
    assert caches["pages"].get("version") is None  # what could not be renewed is forgotten
    assert [path.name for path in tmp_path.iterdir()] == []
    forget()


# --- a full disk ---------------------------------------------------------------------------------------------------


class NoRoom:
    """A disk that is full in the middle of a file."""

    def _save(self, name, content):
        with no_room(40):
            return super()._save(name, content)


class FullOfPapers(NoRoom, PrivateFiles):
    pass


class FullOfPictures(NoRoom, WholeFiles):
    pass


@pytest.fixture
def full(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    storages = {"private": "FullOfPapers", "default": "FullOfPictures"}
    backends = {name: {"BACKEND": f"{__name__}.{storage}"} for name, storage in storages.items()}
    settings.STORAGES = settings.STORAGES | backends


def test_a_paper_that_does_not_fit_is_refused_in_words_and_leaves_nothing(cast, sign_in, full, settings):
    check = check_of(in_assessment(cast), "criminal_record")
    address = reverse("my_check", args=[check.uuid])
    typed = {"number": "77", "issuer": "ЦОН", "issued_on": "2026-11-01"}
    upload = SimpleUploadedFile("a.pdf", a_pdf())
    answer = sign_in(cast.serik).post(address, typed | {"upload": upload})
    assert answer.status_code == 507
    page = answer.content.decode()
    assert 'data-code="not_stored"' in page
    assert all(f'value="{value}"' in page for value in typed.values())
    check.refresh_from_db()
    assert (check.number, check.issuer) == ("", "")
    assert not CheckEvidence.objects.filter(evidence_of=check).exists()
    assert [path for path in settings.PRIVATE_ROOT.rglob("*") if path.is_file()] == []


def test_a_picture_of_the_cms_that_does_not_fit_is_a_page_too_and_leaves_nothing(cast, sign_in, full, tmp_path):
    typed = {"title": "Сурет", "collection": Collection.get_first_root_node().pk}
    picture = SimpleUploadedFile("a.png", a_picture("PNG", (60, 40)))
    type(cast.serik).objects.filter(pk=cast.serik.pk).update(is_superuser=True)  # the groups of the CMS are not here
    answer = sign_in(cast.serik).post(reverse("wagtailimages:add"), typed | {"file": picture})
    assert answer.status_code == 507
    assert 'data-code="not_stored"' in answer.content.decode()
    assert not get_image_model().objects.exists()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
