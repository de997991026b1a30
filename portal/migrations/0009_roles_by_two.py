"""Some roles are given by two people, and an auditor holds no other.

On SQLite a later migration that alters `portal_rolegrant` makes the table anew without its triggers: it must end with
`auditor_alone()` again (tests/portal/test_grants.py notices when it does not).
"""

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.contrib.postgres.operations import BtreeGistExtension
from django.db import migrations, models
from django.db.models.functions import Coalesce

BY_TWO = ["administrator", "appeal_member", "auditor", "safeguarding_lead"]
ROLES = [
    ("coordinator", "coordinator"),
    ("safeguarding_lead", "safeguarding lead"),
    ("appeal_member", "appeal member"),
    ("interviewer", "interviewer"),
    ("trainer", "trainer"),
    ("school_contact", "school contact person"),
    ("auditor", "auditor"),
    ("editor", "editor"),
    ("specialist", "specialist who approves texts"),
    ("administrator", "administrator"),
]
EXCLUSION = """
    ALTER TABLE portal_rolegrant ADD CONSTRAINT role_grant_auditor_alone EXCLUDE USING gist
    (user_id WITH =, (CASE WHEN role = 'auditor' THEN 1 ELSE 0 END) WITH <>) WHERE (ends_at IS NULL)
"""
CONDITION = """
    NEW.ends_at IS NULL AND EXISTS (
        SELECT 1 FROM portal_rolegrant WHERE user_id = NEW.user_id AND ends_at IS NULL AND id IS NOT NEW.id
        AND (role = 'auditor') <> (NEW.role = 'auditor')
    )
"""
TRIGGERS = {"role_grant_auditor_new": "INSERT", "role_grant_auditor_changed": "UPDATE OF user_id, role, ends_at"}


def _hold(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(EXCLUSION, params=None)
        return
    for name, event in TRIGGERS.items():
        schema_editor.execute(f"DROP TRIGGER IF EXISTS {name}", params=None)
        schema_editor.execute(
            f"CREATE TRIGGER {name} BEFORE {event} ON portal_rolegrant WHEN {CONDITION} "
            "BEGIN SELECT RAISE(ABORT, 'An auditor holds no other role.'); END",
            params=None,
        )


def _loosen(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE portal_rolegrant DROP CONSTRAINT role_grant_auditor_alone", params=None)
        return
    for name in TRIGGERS:
        schema_editor.execute(f"DROP TRIGGER IF EXISTS {name}", params=None)


def auditor_alone():
    return migrations.RunPython(_hold, _loosen)


def keep_what_was_given_by_one(apps, schema_editor):
    """They stand as if they had been given on the server; who gave them is in the log."""
    apps.get_model("portal", "RoleGrant").objects.filter(role__in=BY_TWO).update(granted_by=None)


class Migration(migrations.Migration):

    dependencies = [("portal", "0008_sealed_log")]

    operations = [
        BtreeGistExtension(),
        migrations.RunPython(keep_what_was_given_by_one, migrations.RunPython.noop),
        migrations.AddField(
            "rolegrant",
            "confirmed_by",
            models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            "rolegrant",
            models.CheckConstraint(condition=~models.Q(role__in=BY_TWO) | models.Q(granted_by=None) | models.Q(confirmed_by__isnull=False), name="role_grant_by_two"),
        ),
        migrations.AddConstraint(
            "rolegrant",
            models.CheckConstraint(condition=~models.Q(confirmed_by=models.F("user")) & ~models.Q(confirmed_by=models.F("granted_by")), name="role_grant_confirmed_by_another"),
        ),
        migrations.CreateModel(
            name="RoleProposal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("role", models.CharField(choices=ROLES, max_length=32, verbose_name="role")),
                ("proposed_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                ("confirmed_by", models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("district", models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="portal.district")),
                ("proposed_by", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("user", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL)),
            ],
            options={"verbose_name": "proposal of a role", "verbose_name_plural": "proposals of roles", "ordering": ["proposed_at", "pk"]},
        ),
        migrations.AddConstraint(
            "roleproposal",
            models.UniqueConstraint(models.F("user"), models.F("role"), Coalesce("district", 0), condition=models.Q(closed_at=None), name="role_proposal_once"),
        ),
        migrations.AddConstraint(
            "roleproposal",
            models.CheckConstraint(condition=models.Q(role__in=BY_TWO), name="role_proposal_of_what_two_give"),
        ),
        migrations.AddConstraint(
            "roleproposal",
            models.CheckConstraint(condition=~models.Q(user=models.F("proposed_by")) & ~models.Q(user=models.F("confirmed_by")), name="role_proposal_not_for_oneself"),
        ),
        migrations.AddConstraint(
            "roleproposal",
            models.CheckConstraint(condition=~models.Q(proposed_by=models.F("confirmed_by")), name="role_proposal_two_people"),
        ),
        auditor_alone(),
    ]
