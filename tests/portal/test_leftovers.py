"""Private files without a row go in the night; what a row names never does, nor anything where rows and files do not belong together."""

from __future__ import annotations

import os
import time

import pytest
from django.core.files.storage import storages
from django.db import transaction
from django.utils import timezone

from portal import files, leftovers, nightly
from portal.models import Import
from portal.services import imports

DAY = 24 * 3600


@pytest.fixture
def kept(db, cast) -> list[str]:
    """The files of lists that somebody sent; beside them lies that of one that was rolled back."""
    for number in range(3):
        imports.send(kind="organisations", content=b"%d" % number, by=cast.root)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        imports.send(kind="organisations", content=b"x", by=cast.root)
        raise ZeroDivisionError
    return [kept.stored_name for each in Import.objects.all() for kept in each.files.all()]


def lie_here(settings, *, days: float) -> None:
    moment = time.time() - days * DAY
    for path in settings.PRIVATE_ROOT.rglob("*"):
        if path.is_file():
            os.utime(path, (moment, moment))


def there(settings) -> set[str]:
    return {path.name for path in settings.PRIVATE_ROOT.rglob("*") if path.is_file()}


def swept(django_capture_on_commit_callbacks) -> list[str]:
    with django_capture_on_commit_callbacks(execute=True):
        return leftovers.sweep(timezone.localdate())


def test_what_no_row_names_goes_after_a_day(kept, settings, django_capture_on_commit_callbacks):
    before = there(settings)
    (lost,) = before - set(kept)
    lie_here(settings, days=0.9)
    assert swept(django_capture_on_commit_callbacks) == [] and there(settings) == before
    lie_here(settings, days=1.1)
    assert nightly.attempt(leftovers.sweep, timezone.localdate()) == [f"F-{lost[:8].upper()}"]
    assert there(settings) == before  # it was a trial
    assert swept(django_capture_on_commit_callbacks) == [f"F-{lost[:8].upper()}"]
    assert there(settings) == set(kept)


def test_what_is_not_the_portals_stays(kept, settings, django_capture_on_commit_callbacks):
    for name in ("README", f"ab/{'cd' * 16}", "ab/note.txt"):
        (settings.PRIVATE_ROOT / name).parent.mkdir(parents=True, exist_ok=True)
        (settings.PRIVATE_ROOT / name).write_text("x")
    lie_here(settings, days=9)
    swept(django_capture_on_commit_callbacks)
    assert there(settings) == {*kept, "README", "cd" * 16, "note.txt"}


@pytest.mark.parametrize(("named", "lost"), [(0, 1), (3, leftovers.FEW + 1)])
def test_of_another_portals_files_none_goes(
    named, lost, db, cast, settings, django_capture_on_commit_callbacks, caplog
):
    for _each in range(named):
        imports.send(kind="organisations", content=b"x", by=cast.root)
    for _each in range(lost):
        files.store(b"x", "application/pdf")
    lie_here(settings, days=9)
    with pytest.raises(leftovers.WrongDatabase):
        swept(django_capture_on_commit_callbacks)
    assert len(there(settings)) == named + lost
    assert f"{lost} of {named + lost} private files" in caplog.text


def test_a_file_that_is_deleted_meanwhile_is_no_error(kept, settings, monkeypatch):
    def gone(_name):
        raise FileNotFoundError

    monkeypatch.setattr(storages["private"], "get_modified_time", gone)
    assert leftovers.sweep(timezone.localdate()) == []
