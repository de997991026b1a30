from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("portal", "0011_seal_second_factors"),
    ]

    operations = [
        migrations.CreateModel(
            name="JobRun",
            fields=[
                ("name", models.CharField(max_length=60, primary_key=True, serialize=False)),
                ("known_since", models.DateTimeField(auto_now_add=True)),
                ("started_at", models.DateTimeField(null=True)),
                ("held_until", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                ("succeeded_at", models.DateTimeField(null=True)),
                ("failure", models.CharField(blank=True, max_length=100)),
                ("count", models.PositiveIntegerField(default=0)),
                ("told_late_at", models.DateTimeField(null=True)),
            ],
        ),
    ]
