"""The log is sealed, linked, and guarded by the database itself (docs/decisions/0015).

On SQLite a later migration that alters `portal_logentry` or `portal_loglink` makes the table anew without its triggers:
it must end with `guard()` again (tests/portal/test_audit_guard.py notices when it does not).
"""

import secrets

import django.db.models.deletion
from django.db import migrations, models

from portal.models import log

REFUSAL = "The log is append-only."
WORDS = "'actor_name', 'reason', 'name_was', 'reason_was'"
OPEN = "EXISTS (SELECT 1 FROM portal_logdoor WHERE purpose = '{}')"

POSTGRESQL = [
    f"""
    CREATE OR REPLACE FUNCTION portal_log_guard() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'UPDATE' THEN
            IF TG_TABLE_NAME = 'portal_logentry' AND {OPEN.format("forget")}
                AND to_jsonb(OLD) - ARRAY[{WORDS}] = to_jsonb(NEW) - ARRAY[{WORDS}] THEN RETURN NEW; END IF;
        ELSIF {OPEN.format("retain")} THEN RETURN OLD;
        END IF;
        RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'restrict_violation';
    END $$
    """,
    *(
        f"CREATE OR REPLACE TRIGGER {table}_{name} BEFORE {event} ON {table} FOR EACH {each} "
        "EXECUTE FUNCTION portal_log_guard()"
        for table in ("portal_logentry", "portal_loglink")
        for name, event, each in (("guard", "UPDATE OR DELETE", "ROW"), ("whole", "TRUNCATE", "STATEMENT"))
    ),
]
# REPLACE deletes without a word to the triggers of DELETE, so an INSERT of what is there already is refused too.
SQLITE = {
    "log_entry_forgets": ("UPDATE ON portal_logentry", f"NOT {OPEN.format('forget')}"),
    "log_entry_sealed": (f"UPDATE OF id, {', '.join(log.SEALED)}, seal ON portal_logentry", "1"),
    "log_entry_stays": ("DELETE ON portal_logentry", f"NOT {OPEN.format('retain')}"),
    "log_entry_once": (
        "INSERT ON portal_logentry",
        "EXISTS (SELECT 1 FROM portal_logentry WHERE id = NEW.id OR seal = NEW.seal)",
    ),
    "log_link_sealed": ("UPDATE ON portal_loglink", "1"),
    "log_link_stays": ("DELETE ON portal_loglink", f"NOT {OPEN.format('retain')}"),
    "log_link_once": (
        "INSERT ON portal_loglink",
        "EXISTS (SELECT 1 FROM portal_loglink WHERE position = NEW.position OR entry_id = NEW.entry_id)",
    ),
}


def _close(apps, schema_editor):
    schema_editor.execute("CREATE TABLE IF NOT EXISTS portal_logdoor (purpose varchar(10) NOT NULL)", params=None)
    if schema_editor.connection.vendor == "postgresql":
        for statement in POSTGRESQL:
            schema_editor.execute(statement, params=None)
        return
    for name, (event, condition) in SQLITE.items():
        schema_editor.execute(f"DROP TRIGGER IF EXISTS {name}", params=None)
        schema_editor.execute(
            f"CREATE TRIGGER {name} BEFORE {event} WHEN {condition} BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END",
            params=None,
        )


def _open(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP FUNCTION portal_log_guard() CASCADE", params=None)
    else:
        for name in SQLITE:
            schema_editor.execute(f"DROP TRIGGER {name}", params=None)
    schema_editor.execute("DROP TABLE portal_logdoor", params=None)


def guard():
    return migrations.RunPython(_close, _open)


def seal_what_is_there(apps, schema_editor):
    entries = apps.get_model("portal", "LogEntry").objects
    batch = []
    for entry in entries.order_by("pk").iterator(chunk_size=1000):
        values = [getattr(entry, name) for name in log.SEALED]
        nonce = secrets.token_hex(log.NONCE_LENGTH // 2)
        entry.seal = log.seal(nonce, values, log.mark(nonce, entry.actor_name), log.mark(nonce, entry.reason))
        batch.append(entry)
        if len(batch) == 1000:
            entries.bulk_update(batch, ["seal"])
            batch.clear()
    entries.bulk_update(batch, ["seal"])


class Migration(migrations.Migration):

    dependencies = [("portal", "0007_alerts")]

    operations = [
        migrations.AddField("logentry", "name_was", models.CharField(blank=True, default="", editable=False, max_length=64), preserve_default=False),
        migrations.AddField("logentry", "reason_was", models.CharField(blank=True, default="", editable=False, max_length=64), preserve_default=False),
        migrations.AddField("logentry", "seal", models.CharField(default="", editable=False, max_length=80), preserve_default=False),
        migrations.RunPython(seal_what_is_there, migrations.RunPython.noop),
        migrations.AlterField("logentry", "seal", models.CharField(editable=False, max_length=80, unique=True)),
        migrations.CreateModel(
            name="LogLink",
            fields=[
                ("position", models.BigIntegerField(primary_key=True, serialize=False)),
                ("previous", models.CharField(blank=True, max_length=64)),
                ("hash", models.CharField(max_length=64)),
                ("entry", models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name="link", to="portal.logentry")),
            ],
            options={"verbose_name": "link of the log", "verbose_name_plural": "links of the log", "ordering": ["position"]},
        ),
        migrations.AlterField(
            model_name='stafftask',
            name='kind',
            field=models.CharField(choices=[('duplicate_person', 'The same identification number came from another account'), ('booking_released', 'A mentor is no longer cleared: his visit was released'), ('partner_left', 'A mentor in his first visits has no experienced mentor beside him any more'), ('referee_declined', 'A referee cannot give a reference'), ('reference_concern', 'A reference names a reason not to work with children'), ('check_failed', 'A check failed: the safeguarding lead decides what follows'), ('withdrawn', 'The applicant withdrew'), ('new_application', 'A new application has come in'), ('info_answered', 'The applicant has answered'), ('lapsed', 'Closed because the applicant did not answer'), ('hold', 'A case is on hold and waits for the safeguarding lead'), ('to_confirm', 'Something proposed waits for a second person'), ('notice_over', 'The applicant answered a notice of refusal, or his days are over'), ('appeal', 'An appeal against a refusal'), ('deferral_over', 'A deferred applicant continues'), ('concern', 'A concern was raised'), ('disclosure', 'A self-declaration needs the safeguarding lead'), ('referee_bounced', 'A letter to a referee came back, or the link is out of date'), ('review_due', 'An entry of the do-not-engage list is to be looked at again'), ('interest', 'Somebody asks to be called back'), ('no_supervisor', 'A mentor has no supervisor'), ('left', 'A mentor has left the programme'), ('renewal', 'A renewal has come in'), ('without_owner', 'A case has no coordinator any more'), ('check_in', "A supervisor's check-in needs attention"), ('membership', 'An organisation does not know somebody who named it'), ('return', 'Somebody who may not apply again has tried to'), ('session_request', 'A school asks for a session'), ('request_answered', 'A school has answered'), ('not_confirmed_again', 'A mentor has not said again whether he comes'), ('at_risk', 'A session of the coming day lacks adults'), ('attendance_missing', 'A school has not said who came'), ('late_cancel', 'A mentor cancelled close to the visit'), ('clash', 'A changed session meets another visit of its mentor'), ('page_review', 'A text of the site is to be read again'), ('no_lessons', 'Published sessions fall on days without lessons'), ('log_broken', 'The log does not fit: something was changed or taken away')], max_length=32),
        ),
        guard(),
    ]
