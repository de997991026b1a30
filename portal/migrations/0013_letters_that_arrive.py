import django.db.models.deletion
import wagtail.models.preview
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("portal", "0012_job_runs"),
        ("wagtailcore", "0098_apitoken"),
    ]

    operations = [
        migrations.CreateModel(
            name="LetterText",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("letter", models.CharField(max_length=64, verbose_name="letter")),
                (
                    "language",
                    models.CharField(
                        choices=[("kk", "Kazakh"), ("ru", "Russian"), ("en", "English")],
                        max_length=2,
                        verbose_name="language",
                    ),
                ),
                ("subject", models.CharField(blank=True, max_length=300, verbose_name="subject")),
                ("text", models.TextField(blank=True, max_length=10000, verbose_name="text")),
            ],
            options={
                "verbose_name": "text of a letter",
                "verbose_name_plural": "texts of letters",
                "ordering": ["letter", "language"],
            },
            bases=(wagtail.models.preview.PreviewableMixin, models.Model),
        ),
        migrations.AddField(
            model_name="outgoingmessage",
            name="unsubscribe",
            field=models.CharField(blank=True, db_default="", default="", max_length=300),
        ),
        migrations.AddField(
            model_name="user",
            name="letters_by",
            field=models.CharField(db_default="email", default="email", max_length=5, verbose_name="how letters come"),
        ),
        migrations.AlterField(
            model_name="outgoingmessage",
            name="channel",
            field=models.CharField(
                choices=[("email", "e-mail"), ("sms", "text message"), ("chat", "messenger")], max_length=5
            ),
        ),
        migrations.AlterField(
            model_name="outgoingmessage",
            name="state",
            field=models.CharField(
                choices=[
                    ("scheduled", "waiting"),
                    ("locked", "being sent"),
                    ("sent", "sent"),
                    ("failed", "failed"),
                    ("bounced", "came back"),
                    ("cancelled", "cancelled"),
                    ("skipped_late", "not sent: too late"),
                ],
                default="scheduled",
                max_length=12,
            ),
        ),
        migrations.AddIndex(
            model_name="outgoingmessage",
            index=models.Index(condition=models.Q(("state", "locked")), fields=["locked_until"], name="message_held"),
        ),
        migrations.AddIndex(
            model_name="outgoingmessage",
            index=models.Index(
                condition=models.Q(("state__in", ["failed", "bounced"])), fields=["due_at"], name="message_undelivered"
            ),
        ),
        migrations.AddField(
            model_name="lettertext",
            name="latest_revision",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="wagtailcore.revision",
                verbose_name="latest revision",
            ),
        ),
        migrations.AddConstraint(
            model_name="lettertext",
            constraint=models.UniqueConstraint(
                fields=("letter", "language"),
                name="letter_text_once",
                violation_error_message="This letter has a text in this language already.",
            ),
        ),
    ]
