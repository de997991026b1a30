from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("portal", "0016_letters_put_off"),
    ]

    operations = [
        migrations.AddField(
            model_name="stafftask",
            name="person",
            field=models.UUIDField(blank=True, null=True),
        ),
    ]
