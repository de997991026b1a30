"""Hours entered before months were kept count in the month of their visit; the triggers come back to the altered table."""

from importlib import import_module

from django.db import migrations
from django.utils import timezone

no_overlap = import_module("events.migrations.0002_no_overlap_on_sqlite").no_overlap


def month_of_the_visit(apps, schema_editor):
    for entry in apps.get_model("events", "HoursEntry").objects.filter(month=None).select_related("booking"):
        entry.month = timezone.localdate(entry.booking.starts_at).replace(day=1)
        entry.save(update_fields=["month"])


class Migration(migrations.Migration):
    dependencies = [("events", "0003_school_sessions_in_full")]

    operations = [migrations.RunPython(month_of_the_visit, migrations.RunPython.noop), *no_overlap()]
