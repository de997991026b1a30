"""Notes, assurances and second choices; work outside sessions. The triggers come back to the altered table."""

from importlib import import_module

import django.db.models.deletion
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models

no_overlap = import_module("events.migrations.0002_no_overlap_on_sqlite").no_overlap


class Migration(migrations.Migration):

    dependencies = [
        ('events', '0007_public_figures'),
        ('volunteers', '0003_faster_lists'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='booking',
            name='assured_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='booking',
            name='note',
            field=models.CharField(blank=True, max_length=300, verbose_name='note for the school'),
        ),
        migrations.AddField(
            model_name='waitlistentry',
            name='gives_back',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='events.booking', verbose_name='visit to give back'),
        ),
        migrations.CreateModel(
            name='WorkEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('day', models.DateField(verbose_name='day')),
                ('minutes', models.PositiveSmallIntegerField(verbose_name='minutes')),
                ('kind', models.CharField(choices=[('preparing', 'preparing a session'), ('training', 'a meeting or training of mentors'), ('event', 'help at an event of the programme'), ('other', 'other work for the programme')], max_length=9, verbose_name='kind')),
                ('note', models.CharField(max_length=300, verbose_name='what was done')),
                ('state', models.CharField(choices=[('submitted', 'Waits for the coordinator'), ('confirmed', 'Counted'), ('declined', 'Not counted'), ('withdrawn', 'Taken back')], default='submitted', max_length=9)),
                ('state_since', models.DateTimeField(default=django.utils.timezone.now)),
                ('month', models.DateField(blank=True, null=True)),
                ('reason', models.CharField(blank=True, max_length=300, verbose_name='reason')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('decided_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='work', to='volunteers.person')),
            ],
            options={
                'verbose_name': 'work outside sessions',
                'verbose_name_plural': 'work outside sessions',
                'ordering': ['-day', '-pk'],
                'indexes': [models.Index(fields=['month', 'person'], name='work_by_month')],
                'constraints': [models.CheckConstraint(condition=models.Q(('minutes__gte', 1), ('minutes__lte', 720)), name='work_minutes_of_a_day'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'confirmed'), _negated=True), models.Q(('decided_by__isnull', False), ('month__isnull', False)), _connector='OR'), name='work_confirmed_by_somebody')],
            },
        ),
        *no_overlap(),
    ]
