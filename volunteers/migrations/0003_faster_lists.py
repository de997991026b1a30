"""Indexes for lists of a whole oblast. People are looked for by any part of a name: PostgreSQL answers that from an index
of trigrams, SQLite reads all names."""

from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations, models

NAMES = ("family_name", "given_name", "patronymic")


def index_parts_of_names(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        columns = ", ".join(f"UPPER({name}::text) gin_trgm_ops" for name in NAMES)  # what `icontains` compares
        schema_editor.execute(f"CREATE INDEX person_by_part_of_name ON volunteers_person USING gin ({columns})")


def drop_index(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX person_by_part_of_name")


class Migration(migrations.Migration):
    dependencies = [("volunteers", "0002_vetting_in_full")]

    operations = [
        TrigramExtension(),  # does nothing on SQLite
        migrations.RunPython(index_parts_of_names, drop_index),
        migrations.AddIndex(
            model_name="application",
            index=models.Index(fields=["state_since", "id"], name="application_in_order"),
        ),
        migrations.AddIndex(
            model_name="application",
            index=models.Index(
                condition=models.Q(("submitted_at__isnull", False), ~models.Q(("state__in", ["draft", "unconfirmed"]))),
                fields=["person"],
                name="application_sent",
            ),
        ),
        migrations.AddIndex(
            model_name="check",
            index=models.Index(
                condition=models.Q(("state", "verified")),
                fields=["check_type", "person", "expires_on", "issued_on"],
                name="check_proof",
            ),
        ),
    ]
