"""New data keys for old ones, while the portal runs."""

from __future__ import annotations

import base64
import shutil
from io import StringIO

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.apps import apps
from django.conf import settings as django_settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import models

from portal import crypto, files, keys, rotation
from portal import second_factor as second_factors
from portal.models import LogEntry
from tests.portal.entering import app_code, second_factor
from tests.volunteers.cases import check_of, days_ago, in_assessment
from volunteers.models import CheckEvidence, Concern, Person
from volunteers.services import checks

OLD = "2026-01-01.key"
PAPER = b"certificate " * 10_000


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    """The suite's key, under an old name, in a folder of its own: other tests keep theirs."""
    settings.DATA_KEYS_DIR = tmp_path / "data"
    settings.DATA_KEYS_DIR.mkdir()
    (suite,) = (django_settings.KEYS_DIR / "data").glob("*.key")
    shutil.copy(suite, settings.DATA_KEYS_DIR / OLD)
    return settings.DATA_KEYS_DIR


@pytest.fixture
def new_key(folder):
    return keys.add_data_key(folder)


@pytest.fixture
def paper(cast) -> CheckEvidence:
    check = check_of(in_assessment(cast), "criminal_record")
    upload = (PAPER, "application/pdf")
    checks.provide(check=check, by=cast.serik, number="1", issuer="", issued_on=days_ago(1), upload=upload)
    return check.evidence.get()


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("rotate_keys", *arguments, stdout=out)
    return out.getvalue()


def used() -> dict[str, int]:
    names = {key_id: key.name for key_id, key in crypto.ring().items()}
    return {names[key_id]: count for key_id, count in rotation.in_use().items()}


class TestTheRing:
    def test_a_new_key_seals_from_now_on_without_a_restart(self, folder):
        before = crypto.seal(b"x", "a")
        new = keys.add_data_key(folder)
        after = crypto.seal(b"x", "a")
        assert before[1:9] != after[1:9] and crypto.ring()[after[1:9]].name == new.name
        assert crypto.unseal(before, "a") == crypto.unseal(after, "a") == b"x"

    def test_a_key_that_went_opens_nothing_more(self, folder, new_key, caplog):
        before = crypto.seal(b"x", "volunteers.person.iin")
        new_key.unlink()
        with pytest.raises(crypto.Unreadable):
            crypto.unseal(before, "volunteers.person.iin")
        assert "volunteers.person.iin" in caplog.text

    def test_a_new_key_is_whole_and_private_and_lies_over_no_other(self, folder, new_key):
        assert len(keys.base64.b64decode(new_key.read_text())) == 32
        assert new_key.stat().st_mode & 0o777 == 0o600
        assert sorted(path.name for path in folder.iterdir()) == [OLD, new_key.name]
        with pytest.raises(FileExistsError):
            keys._write(new_key, "another")

    def test_a_clock_that_goes_wrong_makes_no_key_that_would_not_seal(self, folder):
        shutil.copy(folder / OLD, folder / "2999-01-01.key")
        with pytest.raises(ValueError, match="2999"):
            keys.add_data_key(folder)

    @pytest.mark.parametrize("folder_is_there", [True, False])
    def test_without_a_key_nothing_is_sealed(self, folder, folder_is_there):
        (folder / OLD).unlink()
        if not folder_is_there:
            folder.rmdir()
        with pytest.raises(ImproperlyConfigured):
            crypto.seal(b"x", "a")

    @pytest.mark.parametrize("value", [None, b"", b"\x01", b"\x01" + bytes(8), b"\x02" + bytes(60)])
    def test_what_is_no_sealed_value_is_unreadable(self, value):
        with pytest.raises(crypto.Unreadable):
            crypto.unseal(value, "a")


def test_no_binary_column_is_forgotten():
    """Whoever adds a column of bytes says what seals it, or why nothing does."""
    ours = {"portal", "volunteers", "mentors", "events", "content"}
    stored = {
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        if model._meta.app_label in ours
        for field in model._meta.local_concrete_fields
        if isinstance(field, models.BinaryField)
    }
    found = [f"{model._meta.label}.{sealed.column}" for model, sealed in rotation.columns()]
    assert stored == set(found) and len(found) == len(set(found))
    assert {
        "volunteers.Person.iin_sealed",
        "volunteers.CheckEvidence.sealed_key",
        "mentors.Exclusion.why_sealed",
    } <= stored


def test_everything_is_sealed_anew_and_opens(cast, paper, new_key):
    person, concern = cast.nurlan, Concern(person=cast.nurlan, source="staff", level="low", raised_by=cast.aigul)
    concern.text = "to the lead"
    concern.save()
    stored = files.store(b"face", "image/jpeg")
    Person.objects.filter(pk=person.pk).update(photo_name=stored.name, photo_key=stored.sealed_key)
    iin, body = person.iin, (django_settings.PRIVATE_ROOT / files.place(paper.stored_name)).read_bytes()
    log = LogEntry.objects.count()
    waiting = sum(rotation.in_use().values()) - used().get(new_key.name, 0)
    assert waiting > 3

    assert f"Sealed anew: {waiting}" in run()

    assert set(used()) == {new_key.name}
    person.refresh_from_db()
    paper.refresh_from_db()
    concern.refresh_from_db()
    assert (person.iin, concern.text) == (iin, "to the lead")
    assert b"".join(files.read(paper.stored_name, paper.sealed_key)) == PAPER
    assert b"".join(files.read(person.photo_name, person.photo_key)) == b"face"
    assert (
        django_settings.PRIVATE_ROOT / files.place(paper.stored_name)
    ).read_bytes() == body  # only the seal around its key is new
    assert LogEntry.objects.count() == log
    assert "Sealed anew: 0" in run()


def test_stopped_half_way_all_opens_and_it_goes_on(cast, paper, new_key):
    """A kill between two rows; within a row there is one statement."""
    waiting = used()[OLD]
    steps = rotation.reseal()
    next(steps)
    next(steps)
    steps.close()
    assert used() == {OLD: waiting - 2, new_key.name: 2}
    assert all(person.iin for person in Person.objects.exclude(iin_sealed=None))
    assert f"Sealed anew: {waiting - 2}" in run()


@pytest.mark.parametrize("now", ["900101300017", ""], ids=["written", "emptied"])
def test_what_somebody_does_meanwhile_stands(cast, new_key, now):
    first, second = Person.objects.exclude(iin_sealed=None).order_by("pk")[:2]
    for outcome in rotation.reseal():
        if (outcome.column, outcome.row) == ("volunteers.Person.iin_sealed", first.pk):
            second.iin = now  # its batch has been read already
            second.save(update_fields=["iin_sealed"])
        if (outcome.column, outcome.row) == ("volunteers.Person.iin_sealed", second.pk):
            assert not outcome.changed and outcome.readable
    second.refresh_from_db()
    assert second.iin == now


def test_small_batches_reach_every_row(cast, new_key, monkeypatch):
    monkeypatch.setattr(rotation, "BATCH", 2)
    run()
    assert set(used()) == {new_key.name}


def test_what_does_not_open_is_named_and_left_and_the_rest_goes_on(cast, new_key):
    lost = Person.objects.exclude(iin_sealed=None).order_by("pk")[0]
    Person.objects.filter(pk=lost.pk).update(iin_sealed=b"\x01" + b"8 bytes!" + bytes(40))
    with pytest.raises(CommandError, match=f"iin_sealed of row {lost.pk}"):
        run()
    lost.refresh_from_db()
    assert bytes(lost.iin_sealed)[1:9] == b"8 bytes!"
    assert set(rotation.in_use()) == {b"8 bytes!", list(crypto.ring())[-1]}


def test_remaining_only_counts(cast, new_key):
    before = used()
    report = run("--remaining")
    assert f"Remaining: {before[OLD]}" in report and used() == before


def test_it_can_be_slowed_down(cast, new_key):
    assert "Remaining: 0" in run("--per-second", "1000")


def test_new_makes_a_key_and_says_what_to_do(cast, folder):
    report = run("--new")
    (new,) = set(folder.glob("*.key")) - {folder / OLD}
    assert str(new) in report and "both places" in report
    assert set(used()) == {OLD}  # nothing is sealed anew yet


class TestForgetting:
    def test_a_key_in_use_stays(self, cast, folder, new_key):
        with pytest.raises(CommandError, match="still need"):
            run("--forget", OLD)
        assert (folder / OLD).exists()

    def test_the_key_that_seals_stays(self, cast, folder):
        with pytest.raises(CommandError, match="seals"):
            run("--forget", OLD)

    def test_an_unknown_one_is_an_error(self, cast, folder):
        with pytest.raises(CommandError, match="no key"):
            run("--forget", "../secret_key")

    def test_one_that_nothing_needs_is_set_aside_and_can_come_back(self, cast, folder, new_key):
        assert f"--forget {OLD}" in run()
        assert "Backups" in run("--forget", OLD)
        assert [key.name for key in crypto.ring().values()] == [new_key.name]
        assert all(person.iin for person in Person.objects.exclude(iin_sealed=None))
        (folder / f"{OLD}.retired").rename(folder / OLD)
        assert len(crypto.ring()) == 2

    def test_values_of_a_missing_key_are_counted(self, cast, folder, new_key):
        (folder / OLD).rename(folder / "elsewhere")
        assert "A KEY IS MISSING" in run("--remaining")


class TestSecondFactors:
    def test_no_secret_lies_in_clear_and_old_ones_are_sealed_anew(self, cast, new_key, folder):
        new_key.rename(folder / "later")
        secret = second_factor(cast.dana)
        codes = RecoveryCodes.activate(cast.dana).get_unused_codes()
        (folder / "later").rename(new_key)
        stored = str(list(Authenticator.objects.values_list("data", flat=True)))
        assert secret not in stored
        assert used()[OLD] >= 2

        run()

        assert set(used()) == {new_key.name}
        app, recovery = Authenticator.objects.order_by("type").reverse()
        assert TOTP(app).validate_code(app_code(secret))
        assert RecoveryCodes(recovery).get_unused_codes() == codes

    def test_one_that_does_not_open_is_named(self, cast, new_key):
        second_factor(cast.dana)
        row = Authenticator.objects.get()
        row.data["secret"] = base64.b64encode(b"\x01" + b"8 bytes!" + bytes(40)).decode()
        row.save()
        with pytest.raises(CommandError, match=f"mfa.Authenticator.data of row {row.pk}"):
            run()
        assert b"8 bytes!" in rotation.in_use()

    def test_a_recovery_code_that_is_used_meanwhile_stays_used(self, cast, folder):
        codes = RecoveryCodes.activate(cast.dana)
        (old,) = second_factors.rows()
        keys.add_data_key(folder)
        assert codes.validate_code(codes.get_unused_codes()[0])
        assert second_factors.reseal(old)
        (row,) = second_factors.rows()
        assert len(RecoveryCodes(row).get_unused_codes()) == 9
