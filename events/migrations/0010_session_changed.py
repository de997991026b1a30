from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('events', '0009_sessions_in_time'),
    ]

    operations = [
        migrations.AddField(
            model_name='schoolsession',
            name='changed_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
