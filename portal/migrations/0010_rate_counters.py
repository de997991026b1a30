from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("portal", "0009_roles_by_two")]

    operations = [
        migrations.CreateModel(
            name="RateCounter",
            fields=[
                ("key", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("count", models.BigIntegerField()),
                ("ends_at", models.BigIntegerField(db_index=True)),
            ],
        ),
    ]
