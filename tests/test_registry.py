"""Where data about people lie: every column of every model stands in the table, and the table is true. Whoever adds a
column decides whether it goes into the archive of its owner and whether it is erased with him."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.conf import settings as django_settings
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.core.exceptions import FieldDoesNotExist
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from portal import personal
from portal.models import LogEntry
from tests.volunteers.everything import NOT_MADE, Everything
from tests.volunteers.test_retention import everything_stored
from volunteers.models import DataArchive, Interest, Person
from volunteers.services import retention
from volunteers.services.own_data import contents, deleting, ledger

TABLES, NOBODY = personal.tables(), personal.nobody()


def columns(model) -> set[str]:
    return {field.name for field in model._meta.local_concrete_fields}


@pytest.mark.parametrize("model", apps.get_models(include_auto_created=True), ids=lambda model: model._meta.label)
def test_every_column_is_decided(model):
    label = model._meta.label
    if label in NOBODY:
        assert label not in TABLES
        return
    table = TABLES[label]
    assert table.erased | table.stays == columns(model)
    assert not table.erased & table.stays


def test_the_table_names_nothing_that_is_not_there():
    there = {model._meta.label for model in apps.get_models(include_auto_created=True)}
    assert {*TABLES, *NOBODY} - there <= {"wagtailsearch.SQLiteFTSIndexEntry"}  # with PostgreSQL the search needs none


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.label)
def test_what_goes_into_the_archive_exists(table):
    """Ways through relations are asked of the database by the test below; the first step of each is a column here."""
    model = apps.get_model(table.label)
    for lookup in table.archive:
        try:
            model._meta.get_field(lookup.split("__")[0])
        except FieldDoesNotExist:
            pytest.fail(f"{table.label}.{lookup}")
    assert not table.stays or table.because


@pytest.fixture(scope="module")
def two(module_db):
    """Two mentors with a row in every table."""
    return Everything(module_db, "AQZ", 901), Everything(module_db, "BXW", 902)


@pytest.mark.django_db
class TestItIsTrue:
    @pytest.fixture(autouse=True)
    def their_files(self, two, settings):
        """Every test has the files as they were stored."""
        shutil.copytree(two[0].root, settings.PRIVATE_ROOT, dirs_exist_ok=True)

    def archive(self, sign_in, user) -> tuple[zipfile.ZipFile, str]:
        page = sign_in(user)
        page.post(reverse("my_data_archive"))
        made = page.get(reverse("my_data_file"))
        packed = zipfile.ZipFile(io.BytesIO(b"".join(made.streaming_content)))
        return packed, packed.read("data.json").decode() + packed.read("index.html").decode()

    def test_everybody_has_a_row_everywhere(self, two):
        without = [
            label
            for label, table in TABLES.items()
            if Everything.makes(table) and not two[0].own(table).exists() and label not in NOT_MADE
        ]
        assert without == []
        assert len(two[0].words) > 60

    def test_the_archive_holds_all_of_ones_own_and_nothing_of_another(self, two, sign_in):
        packed, text = self.archive(sign_in, two[0].user)
        wanted = {place: words for place, words in two[0].words.items() if place[1] in set(TABLES[place[0]].archive)}
        assert len(wanted) > 25
        assert {place for place, words in wanted.items() if any(word not in text for word in words)} == set()
        assert two[1].prefix not in text
        papers = [packed.read(name) for name in packed.namelist() if name.startswith("files/")]
        assert papers == [two[0].file, two[0].file]

    def test_the_archive_holds_nothing_that_is_not_for_its_owner(self, two, sign_in):
        packed, text = self.archive(sign_in, two[0].user)
        unasked = {
            place
            for place, words in two[0].words.items()
            if place[1] not in TABLES[place[0]].archive and any(word in text for word in words)
        }
        assert unasked == set()
        tables = json.loads(packed.read("data.json"))["tables"]
        assert not {"concern", "hold", "do_not_engage", "review", "reference_response", "risk_assessment"} & set(tables)

    def test_it_costs_the_same_for_one_and_for_many(self, two, cast):
        """One query for each table."""
        with CaptureQueriesContext(connection) as full:
            contents.contents(two[0].user)
        with CaptureQueriesContext(connection) as empty:
            contents.contents(cast.serik)
        assert len(full) == len(empty)

    def test_erased_is_erased(self, two, sign_in, django_capture_on_commit_callbacks):
        """No word of his in any column of any table, no file, nothing in the cache; the other one keeps all."""
        mine, other = two
        key = sign_in(mine.user).session.session_key
        UserSession.objects.create(user=mine.user, session_key=key, ip="127.0.0.1", user_agent=mine.word())
        Interest.objects.create(name=mine.word(), phone=mine.person.phone, district=mine.cast.taraz, language="kk")
        before = everything_stored()
        assert mine.prefix in before
        others_words = [word for words in other.words.values() for word in words if word in before]
        person, user = mine.person, mine.user
        assert retention.held_back(person) == []
        with django_capture_on_commit_callbacks(execute=True):
            self.archive(sign_in, user)
            request = deleting.ask(user=user)
            on = request.due_on + timedelta(days=1)
            assert deleting.erase_due(on) == [request.code]
        stored = everything_stored()
        places = {place: words for place, words in mine.words.items() if any(word in stored for word in words)}
        assert places == {}
        assert mine.prefix not in stored
        assert mine.prefix not in str(cache._cache)
        assert [word for word in others_words if word not in stored] == []
        self.columns_are_empty(mine)
        self.files_are_gone(other)
        assert not DataArchive.objects.exists()
        assert not Session.objects.filter(session_key=key).exists()
        assert set(ledger.read()) == {user.uuid}

    def columns_are_empty(self, mine):
        kept = {"–", "{}", "[]"}  # what the database or a page demands in the place of words
        for table in TABLES.values():
            if not table.of or table.label in {"portal.LogEntry", "volunteers.DataArchive"}:
                continue
            for row in mine.own(table):
                for column in table.erased:
                    value = getattr(row, column)
                    if column == "answers_sealed" and value:
                        value = row.answers
                    assert not value or value in kept or str(value).startswith("!"), (table.label, column, value)

    def files_are_gone(self, other):
        left = [path.name for path in django_settings.PRIVATE_ROOT.rglob("*") if path.is_file()]
        paper = other.rows["volunteers.CheckEvidence"]
        assert {name for name in left if name != "erasures.txt"} <= {paper.stored_name, other.person.photo_name}

    def test_the_log_keeps_codes_only(self, two, django_capture_on_commit_callbacks):
        mine = two[0]
        with django_capture_on_commit_callbacks(execute=True):
            request = deleting.ask(user=mine.user)
            deleting.erase_due(request.due_on + timedelta(days=1))
        entries = LogEntry.objects.filter(actor=mine.user)
        assert entries.exists() and set(entries.values_list("actor_name", flat=True)) == {mine.user.code}
        assert Person.objects.get(pk=mine.person.pk).full_name == ""
        assert timezone.now() >= mine.user.date_joined
