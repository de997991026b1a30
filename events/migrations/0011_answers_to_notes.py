from importlib import import_module

from django.db import migrations, models

no_overlap = import_module("events.migrations.0002_no_overlap_on_sqlite").no_overlap


class Migration(migrations.Migration):

    dependencies = [
        ('events', '0010_session_changed'),
    ]

    operations = [
        migrations.AddField(
            model_name='booking',
            name='answer',
            field=models.CharField(blank=True, db_default='', default='', max_length=300, verbose_name='answer to the note'),
        ),
        *no_overlap(),  # SQLite made the table anew
    ]
