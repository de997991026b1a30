"""Private files that no row names: the row was rolled back, or a kill came between the two. Their key is gone with the row,
so nobody can read them; here they go, too."""

from __future__ import annotations

import logging
import re
from datetime import date, timedelta
from functools import partial

from django.core.files.storage import storages
from django.db import connection, transaction
from django.utils import timezone

from portal import files
from portal.backup import engines, stores

YOUNG = timedelta(days=1)  # its row may be on its way
FEW = 20  # so many at once are no wonder
OURS = re.compile(r"([0-9a-f]{2})/(\1[0-9a-f]{30})")  # as `files.place` makes it
logger = logging.getLogger(__name__)


class WrongDatabase(Exception):
    """The files and the rows are hardly of one portal."""


def sweep(_on: date) -> list[str]:
    """Every night: deletes what is older than a day and named by no row; gives back its codes. Raises `WrongDatabase`, and deletes
    nothing, where no file is named by a row, or many are named by none: another portal's bucket, or an older database."""
    # The files before the rows: whatever comes between the two has its row.
    there = [name for name in stores.names(storages["private"]) if OURS.fullmatch(name)]
    named = stores.references(_ask, set(_ask(engines.COLUMNS[connection.vendor])))
    left = [name for name in there if f"{stores.PRIVATE}/{name}" not in named and _is_old(name)]
    if left and (len(left) == len(there) or len(left) > max(FEW, len(there) // 10)):
        logger.error("%s of %s private files are named by no row: none is deleted", len(left), len(there))
        raise WrongDatabase
    for name in left:
        transaction.on_commit(partial(files.erase, OURS.fullmatch(name).group(2)), robust=True)
    return [f"F-{OURS.fullmatch(name).group(2)[:8].upper()}" for name in left]


def _ask(sql: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


def _is_old(name: str) -> bool:
    try:
        return storages["private"].get_modified_time(name) < timezone.now() - YOUNG
    except FileNotFoundError:  # somebody deleted it meanwhile
        return False
