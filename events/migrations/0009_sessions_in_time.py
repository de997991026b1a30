"""Lists walk along the order in time: of all sessions, and of one school's."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("events", "0008_second_choices_and_work")]

    operations = [
        migrations.AddIndex(
            "schoolsession", models.Index(fields=["starts_at", "id", "ends_at"], name="session_in_time")
        ),
        migrations.AddIndex(
            "schoolsession", models.Index(fields=["school", "starts_at", "ends_at"], name="session_of_school")
        ),
    ]
