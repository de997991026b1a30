"""What migrations need that Django has for PostgreSQL alone."""

from __future__ import annotations

from django.contrib.postgres import operations
from django.db import migrations


class AddIndexConcurrently(operations.AddIndexConcurrently):
    """While the index grows, PostgreSQL goes on writing into the table. Only in a migration with `atomic = False`. Elsewhere
    it is an ordinary index. Stopped half way, it is made anew by the next run: what was left of it (on PostgreSQL an index
    that no query uses) goes first."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        at_once = schema_editor.connection.vendor == "postgresql"
        if at_once:
            self._ensure_not_in_transaction(schema_editor)
        model = to_state.apps.get_model(app_label, self.model_name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            name = schema_editor.quote_name(self.index.name)
            schema_editor.execute(f"DROP INDEX {'CONCURRENTLY ' if at_once else ''}IF EXISTS {name}", params=None)
            schema_editor.add_index(model, self.index, **({"concurrently": True} if at_once else {}))

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor == "postgresql":
            super().database_backwards(app_label, schema_editor, from_state, to_state)
        else:
            migrations.AddIndex.database_backwards(self, app_label, schema_editor, from_state, to_state)
