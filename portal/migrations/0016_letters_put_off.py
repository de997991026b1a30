from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("portal", "0015_task_of_work"),
    ]

    operations = [
        migrations.AddField(
            model_name="outgoingmessage",
            name="failing_since",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
