"""SQLite has no exclusion constraints: triggers refuse what `booking_no_overlap` refuses on PostgreSQL."""

from django.db import migrations

from events.database import SQLiteTrigger

CLASH = """
WHEN NEW.state IN ('pending', 'confirmed', 'reconfirm_needed')
BEGIN
    SELECT RAISE(ABORT, 'booking_no_overlap') WHERE EXISTS (
        SELECT 1 FROM events_booking AS held
        WHERE held.person_id = NEW.person_id
        AND held.uuid <> NEW.uuid
        AND held.state IN ('pending', 'confirmed', 'reconfirm_needed')
        AND held.starts_at < NEW.ends_at
        AND held.ends_at > NEW.starts_at
    );
END
"""


def no_overlap() -> list[SQLiteTrigger]:
    """The operations that make the triggers; a later migration that alters the table ends with them again."""
    changed = "BEFORE UPDATE OF person_id, state, starts_at, ends_at ON events_booking"
    return [
        SQLiteTrigger("booking_no_overlap_insert", f"BEFORE INSERT ON events_booking {CLASH}"),
        SQLiteTrigger("booking_no_overlap_update", f"{changed} {CLASH}"),
    ]


class Migration(migrations.Migration):
    dependencies = [("events", "0001_initial")]

    operations = no_overlap()
