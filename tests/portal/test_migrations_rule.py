"""While a release is brought out, the code of the one before runs on the new schema (CONTRIBUTING.md, "Migrations"). Each migration
since the rule is read without a server; what would break that code, or hold a large table, is named."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import closing

import pytest
from django.db import OperationalError, connection, migrations, models
from django.db.backends.postgresql.base import DatabaseWrapper
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ModelState, ProjectState

from portal.database import AddIndexConcurrently

BEFORE_THE_RULE = {"portal": "0011", "volunteers": "0004", "mentors": "0004", "events": "0009", "content": "0004"}
# Those that grow with every day; an index made in the ordinary way would hold up all who write into them.
LARGE = {
    "portal.logentry", "portal.loglink", "portal.outgoingmessage", "volunteers.check", "volunteers.checkevidence",
    "events.schoolsession", "events.booking",
}  # fmt: skip
ACCEPTED = {
    "0013_letters_that_arrive": "two partial indexes, made before the first installation had letters",
}
RENAMES = (
    migrations.RenameField,
    migrations.RenameModel,
    migrations.AlterModelTable,
    migrations.AlterModelTableComment,
)
REMOVES = (migrations.RemoveField, migrations.DeleteModel)
TEXT = {"CharField", "SlugField", "EmailField", "URLField", "TextField"}
# Column types as PostgreSQL has them; it is never connected to.
POSTGRESQL = DatabaseWrapper({"NAME": "none", "OPTIONS": {}, "TIME_ZONE": None}, alias="types")


def faults(migration: migrations.Migration, state: ProjectState) -> list[str]:
    """Why the code of before could not run on what this makes of `state`, which is moved on. A migration that only takes away what
    no release reads any more says so: `contracts = "since release …"`."""
    found: list[str] = []
    made: set[str] = set()
    contracts = getattr(migration, "contracts", "")
    for operation in flat(migration.operations):
        if isinstance(operation, migrations.CreateModel):
            made.add(f"{migration.app_label}.{operation.name_lower}")
        elif isinstance(operation, REMOVES):
            if not contracts:
                found.append(f"{operation.describe()}: the code before still asks for it")
        else:
            found += [f"{operation.describe()}: {why}" for why in judge(operation, migration, state, made)]
        operation.state_forwards(migration.app_label, state)
    if contracts and not all(isinstance(one, REMOVES) for one in flat(migration.operations)):
        found.append("contracts: takes away and does something else, too")
    return found


def flat(operations: list[Operation]) -> Iterator[Operation]:
    for operation in operations:
        if isinstance(operation, migrations.SeparateDatabaseAndState):
            yield from flat(operation.database_operations)
        else:
            yield operation


def judge(operation: Operation, migration, state: ProjectState, made: set[str]) -> Iterator[str]:
    if isinstance(operation, RENAMES):
        yield "the code before asks by the old name"
    if isinstance(operation, migrations.RunSQL):
        yield "nobody can judge SQL for both databases: an operation, or RunPython"
    name = f"{migration.app_label}.{getattr(operation, 'model_name_lower', '')}"
    if name in made:
        return  # a new table: nobody else knows it yet
    if isinstance(operation, migrations.AddField):
        yield from added(operation.field, name)
    if isinstance(operation, migrations.AlterField):
        yield from altered(state.models[tuple(name.split("."))], operation)
    if isinstance(operation, migrations.AddConstraint):
        yield "the code before may write what it forbids"
    if isinstance(operation, AddIndexConcurrently):
        if migration.atomic:
            yield "needs atomic = False"
    elif isinstance(operation, migrations.AddIndex) and name in LARGE:
        yield "holds up a large table: AddIndexConcurrently of portal.database"


def added(field: models.Field, name: str) -> Iterator[str]:
    if field.many_to_many:
        return
    if not field.null and not field.has_db_default():
        yield "NOT NULL without db_default: the code before does not fill it"
    if name in LARGE and (field.db_index or field.unique):
        yield "makes an index of a large table: the column first, then AddIndexConcurrently"


def altered(model: ModelState, operation: migrations.AlterField) -> Iterator[str]:
    before, after = model.fields[operation.name], operation.field
    if before.many_to_many or before.is_relation != after.is_relation:
        return
    if before.null and not after.null:
        yield "becomes NOT NULL: the code before may write none"
    if before.has_db_default() and not after.has_db_default():
        yield "loses its db_default, on which the code before relies"
    if after.unique and not before.unique:
        yield "becomes unique: the code before may write it twice"
    if not before.is_relation and not widens(before, after):
        yield "another type: a new column, filled by both, is the way"


def widens(before: models.Field, after: models.Field) -> bool:
    if before.db_type(POSTGRESQL) == after.db_type(POSTGRESQL):
        return True
    return {before.get_internal_type(), after.get_internal_type()} <= TEXT and room(before) <= room(after)


def room(field: models.Field) -> float:
    """Characters; a TextField's `max_length` is of its form alone."""
    return math.inf if field.get_internal_type() == "TextField" else field.max_length or math.inf


def test_the_code_of_the_release_before_runs_on_every_new_schema():
    loader = MigrationLoader(None)
    new = sorted(
        key for key in loader.disk_migrations if key[0] in BEFORE_THE_RULE and key[1][:4] > BEFORE_THE_RULE[key[0]]
    )
    broken = {}
    for key in new:
        found = faults(loader.disk_migrations[key], loader.project_state(key, at_end=False))
        if found and key[1] not in ACCEPTED:
            broken[key] = found
    assert not broken
    assert set(ACCEPTED) <= {name for _app, name in new}


def migration(*operations: Operation, app: str = "events", **more) -> migrations.Migration:
    made = type("Migration", (migrations.Migration,), {"operations": list(operations), **more})
    return made("9999_sample", app)


@pytest.fixture(scope="module")
def present() -> ProjectState:
    return MigrationLoader(None).project_state()


BOOKING_INDEX = models.Index(fields=["state"], name="sample")
NARROW = models.CharField(max_length=1)


@pytest.mark.parametrize(
    "operation",
    [
        migrations.AddField("booking", "note", models.CharField(max_length=9, default="")),
        migrations.AddField("booking", "note", models.CharField(max_length=9, null=True, db_index=True)),
        migrations.AlterField("booking", "state", NARROW),
        migrations.AlterField("booking", "state", models.IntegerField()),
        migrations.RemoveField("booking", "state"),
        migrations.DeleteModel("Booking"),
        migrations.RenameField("booking", "state", "stage"),
        migrations.RenameModel("Booking", "Place"),
        migrations.AddIndex("booking", BOOKING_INDEX),
        AddIndexConcurrently("booking", BOOKING_INDEX),
        migrations.AddConstraint("booking", models.CheckConstraint(condition=models.Q(pk=1), name="one")),
        migrations.RunSQL("DROP TABLE events_booking"),
        migrations.SeparateDatabaseAndState([migrations.RemoveField("booking", "state")]),
    ],
)
def test_what_breaks_it_is_named(present, operation):
    assert len(faults(migration(operation), present.clone())) == 1


@pytest.mark.parametrize(
    ("operations", "more"),
    [
        ([migrations.AddField("booking", "note", models.CharField(max_length=9, default="", db_default=""))], {}),
        ([migrations.AddField("booking", "note", models.CharField(max_length=9, null=True))], {}),
        ([migrations.AlterField("booking", "state", models.CharField(max_length=99))], {}),
        ([migrations.AlterField("booking", "state", models.TextField())], {}),
        ([AddIndexConcurrently("booking", BOOKING_INDEX)], {"atomic": False}),
        ([migrations.RemoveField("booking", "state")], {"contracts": "nothing reads it since release 9"}),
        (
            [
                migrations.CreateModel("Sample", [("id", models.BigAutoField(primary_key=True))]),
                migrations.AddField("sample", "name", models.CharField(max_length=9, unique=True)),
                migrations.AddConstraint("sample", models.UniqueConstraint(fields=["name"], name="sample_once")),
            ],
            {},
        ),
    ],
)
def test_what_it_bears_is_let_through(present, operations, more):
    assert faults(migration(*operations, **more), present.clone()) == []


def test_who_takes_away_does_nothing_else(present):
    both = [migrations.RemoveField("booking", "state"), migrations.RunPython(migrations.RunPython.noop)]
    assert faults(migration(*both, contracts="since release 9"), present.clone()) == [
        "contracts: takes away and does something else, too"
    ]


@pytest.mark.django_db(transaction=True)
def test_an_index_is_made_beside_those_who_write_on_both_databases(present):
    operation, before, after = AddIndexConcurrently("booking", BOOKING_INDEX), present.clone(), present.clone()
    operation.state_forwards("events", after)

    def there() -> bool:
        with connection.cursor() as cursor:
            return "sample" in connection.introspection.get_constraints(cursor, "events_booking")

    with connection.schema_editor(atomic=False) as editor:
        operation.database_forwards("events", editor, before, after)
        assert there()
        operation.database_forwards("events", editor, before, after)  # killed before it was written down
        assert there()
        operation.database_backwards("events", editor, after, before)
    assert not there()


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="elsewhere an index is there or not")
def test_an_index_that_was_left_half_made_is_made_anew(present):
    operation, after = AddIndexConcurrently("booking", BOOKING_INDEX), present.clone()
    operation.state_forwards("events", after)

    def sound() -> list[tuple]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('sample')")
            return cursor.fetchall()

    with closing(connection.copy()) as busy, connection.schema_editor(atomic=False) as editor:
        with busy.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("LOCK events_booking IN ROW EXCLUSIVE MODE")  # for which it waits
        editor.execute("SET statement_timeout = 300")
        with pytest.raises(OperationalError):
            operation.database_forwards("events", editor, present, after)
        editor.execute("RESET statement_timeout")
        assert sound() == [(False,)]
        busy.close()
        operation.database_forwards("events", editor, present, after)
        assert sound() == [(True,)]
        operation.database_backwards("events", editor, after, present)
