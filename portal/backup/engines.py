"""How either engine writes its database into one file, and takes it back whole or not at all."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from django.db import connection

from portal.backup import BackupError
from portal.backup.stores import PIECE, flush

TABLES = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!'",
    "postgresql": "SELECT tablename FROM pg_tables WHERE schemaname = 'public'",
}
COLUMNS = {
    "sqlite": "SELECT t.name, c.name FROM sqlite_master AS t, pragma_table_info(t.name) AS c WHERE t.type = 'table'",
    "postgresql": "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'",
}
# The schema as a new database has it. Everything of the portal lies in it.
EMPTIED = (
    "DROP SCHEMA public CASCADE",
    "CREATE SCHEMA public",
    "GRANT USAGE ON SCHEMA public TO PUBLIC",
    "ALTER SCHEMA public OWNER TO pg_database_owner",
)
REPLACE = "--replace takes away what is there: rows and files."
IN_USE = "Somebody else has the database open: stop web, worker and clock first. Nothing was changed."
Ask = Callable[[str], list[tuple]]


def rows(ask: Ask) -> dict[str, int]:
    """How many each table has."""
    tables = sorted(name for (name,) in ask(TABLES[connection.vendor]))
    return {table: ask(f'SELECT count(*) FROM "{table}"')[0][0] for table in tables}  # noqa: S608 - of the catalogue


@contextmanager
def dumped(path: Path) -> Iterator[Ask]:
    """Writes to `path` the database as it is at one moment, while others go on writing. Yields `ask(sql)`, which answers
    from that very moment. Raises `BackupError`."""
    write = _dump_sqlite if connection.vendor == "sqlite" else _dump_postgresql
    with write(path) as ask:
        if not ask(TABLES[connection.vendor]):
            raise BackupError("The database is empty: is DATABASE_URL, or VAR_DIR, that of the portal?")
        yield ask


@contextmanager
def _dump_sqlite(path: Path) -> Iterator[Ask]:
    try:
        with closing(open_sqlite(_place())) as source, closing(sqlite3.connect(path)) as copy:
            source.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")  # one file
            yield lambda sql: copy.execute(sql).fetchall()
    except sqlite3.Error as error:
        raise BackupError(f"The database could not be copied: {error}.") from error


@contextmanager
def _dump_postgresql(path: Path) -> Iterator[Ask]:
    major = _major("pg_dump")
    if major < connection.pg_version // 10000:
        raise BackupError(f"pg_dump {major} is older than the server: install postgresql-client of its version.")
    own = connection.copy()  # a transaction that nothing else is part of
    own.set_autocommit(False)
    with closing(own), own.cursor() as cursor:

        def ask(sql: str) -> list[tuple]:
            cursor.execute(sql)
            return cursor.fetchall()

        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        ((moment,),) = ask("SELECT pg_export_snapshot()")
        command, env = _client("pg_dump", "--format=custom", f"--snapshot={moment}", f"--file={path}")
        ended = subprocess.run(command, env=env, capture_output=True, text=True)  # noqa: S603 - no shell, our words
        if ended.returncode:
            raise BackupError(f"pg_dump failed ({ended.returncode}): {ended.stderr.strip() or 'killed'}")
        yield ask


def demand_empty() -> None:
    """Raises `BackupError` where there are tables."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(TABLES["postgresql"])
            there = cursor.fetchall()
    elif not _place().exists():
        return
    else:
        try:
            with closing(open_sqlite(_place())) as database:
                there = database.execute(TABLES["sqlite"]).fetchall()
        except sqlite3.Error as error:
            raise BackupError(f"{_place()}: {error}. {REPLACE}") from error
    if there:
        raise BackupError(f"The database is not empty. {REPLACE}")


def demand_alone() -> None:
    """Raises `BackupError` where another process has the database open, or a program is missing that `load` needs."""
    if connection.vendor == "postgresql":
        _demand_alone_postgresql()
        return
    connection.close()
    if not _place().exists():
        return
    try:
        with closing(open_sqlite(_place())) as there:
            # Takes in what waits beside the file; SQLite refuses it while another has the file open.
            there.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.OperationalError as error:
        raise BackupError(IN_USE if "locked" in str(error) else f"{_place()}: {error}.") from error
    except sqlite3.DatabaseError:
        pass  # it is broken, and nobody works with it


def _demand_alone_postgresql() -> None:
    if min(_major("pg_restore"), _major("psql")) < connection.pg_version // 10000:
        raise BackupError("pg_restore or psql is older than the server: install postgresql-client of its version.")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid() AND usesysid IS NOT NULL"
        )
        if cursor.fetchone()[0]:
            raise BackupError(IN_USE)


def load(dump: Path, counts: dict[str, int], *, replace: bool) -> None:
    """Puts the dump in the place of the database, in one step: what fails before leaves the old one. Raises `BackupError`."""
    if connection.vendor == "sqlite":
        _load_sqlite(dump, counts)
        return
    _load_postgresql(dump, replace)
    with connection.cursor() as cursor:

        def ask(sql: str) -> list[tuple]:
            cursor.execute(sql)
            return cursor.fetchall()

        if rows(ask) != counts:
            raise BackupError("The rows were restored, but not all of them: restore another backup with --replace.")


def _load_sqlite(dump: Path, counts: dict[str, int]) -> None:
    place = _place()
    beside = place.with_name(f"{place.name}.restoring")
    try:
        shutil.copyfile(dump, beside)
        beside.chmod(0o600)
        with closing(open_sqlite(beside)) as copy:
            ((word,),) = copy.execute("PRAGMA integrity_check(1)")
            if word != "ok" or rows(lambda sql: copy.execute(sql).fetchall()) != counts:
                raise BackupError("The database of the backup is damaged. Nothing was changed; take another backup.")
        flush(place.parent)
        for left in ("-wal", "-shm"):  # of a broken database; a sound one has none by now
            place.with_name(place.name + left).unlink(missing_ok=True)
        os.replace(beside, place)
        flush(place.parent)
    except (OSError, sqlite3.Error) as error:
        raise BackupError(f"The database could not be restored: {error}. Nothing was changed.") from error
    finally:
        beside.unlink(missing_ok=True)


def _load_postgresql(dump: Path, replace: bool) -> None:
    """In one transaction, which is committed only when the whole dump was read."""
    connection.close()
    reading = ["pg_restore", "--no-owner", "--no-comments", "--file=-", str(dump)]
    command, env = _client("psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1")
    with (
        tempfile.TemporaryFile() as of_restore,
        tempfile.TemporaryFile() as of_psql,
        subprocess.Popen(reading, stdout=subprocess.PIPE, stderr=of_restore) as script,  # noqa: S603
        subprocess.Popen(  # noqa: S603
            command, env=env, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=of_psql
        ) as psql,
    ):
        try:
            for line in ("SET client_min_messages = warning", "BEGIN", *(EMPTIED if replace else ())):
                psql.stdin.write(f"{line};\n".encode())
            shutil.copyfileobj(script.stdout, psql.stdin, PIECE)
            if script.wait() == 0:
                psql.stdin.write(b"COMMIT;\n")
        except BrokenPipeError:
            script.kill()  # psql has ended, and says why
        with suppress(BrokenPipeError):
            psql.stdin.close()
        if psql.wait() or script.wait():
            words = _said(of_psql) or _said(of_restore) or "killed"
            raise BackupError(f"The database could not be restored: {words}. Nothing was changed.")


def _said(file) -> str:
    """The first line: those after it may tell of values."""
    file.seek(0)
    return file.readline().decode(errors="replace").strip()


def _client(program: str, *options: str) -> tuple[list[str], dict[str, str]]:
    """The command and its environment. The password is in the environment, where other people do not see it."""
    words, env = connection.client.settings_to_cmd_args_env(connection.settings_dict, [*options, "--no-password"])
    return [program, *words[1:]], os.environ | (env or {})


def _major(program: str) -> int:
    try:
        said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout  # noqa: S603
    except OSError as error:
        raise BackupError(f"{program} is not there: install postgresql-client.") from error
    return int(said.split()[2].split(".")[0])


def _place() -> Path:
    return Path(connection.settings_dict["NAME"])


def open_sqlite(path: Path) -> sqlite3.Connection:
    """Never makes a database that is not there."""
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=rw", uri=True, timeout=2)
