import re
from datetime import timedelta

from allauth.account.signals import password_changed, password_reset, password_set
from anymail.signals import tracking
from django.apps import AppConfig
from django.conf import settings
from django.contrib.auth.signals import user_logged_out
from django.db.backends.signals import connection_created
from django.db.models.signals import pre_save
from django.utils.translation import gettext_lazy as _


def _like(pattern: str, text: str, escape: str = "\\") -> bool:
    if pattern is None or text is None:
        return False
    expression = re.escape(pattern).replace(re.escape(escape) + "%", "\0p").replace(re.escape(escape) + "_", "\0u")
    expression = expression.replace(re.escape(escape) * 2, re.escape(escape)).replace("%", ".*").replace("_", ".")
    expression = expression.replace("\0p", "%").replace("\0u", "_")
    return re.fullmatch(expression, str(text), re.IGNORECASE | re.DOTALL) is not None


def teach_sqlite_cyrillic(sender, connection, **kwargs):
    """SQLite's own LIKE folds the case of Latin letters only: «ахметова» would not find «Ахметова»."""
    if connection.vendor == "sqlite":
        connection.connection.create_function("like", 2, _like, deterministic=True)
        connection.connection.create_function("like", 3, _like, deterministic=True)


class PortalConfig(AppConfig):
    name = "portal"
    verbose_name = _("Portal")

    def ready(self):
        from allauth.mfa.signals import authenticator_added  # noqa: PLC0415 - models

        from portal import (  # noqa: PLC0415 - models
            alarms,
            bounces,
            checks,  # noqa: F401 - registers the checks
            jobs,
            leftovers,
            limits,
            log_chain,
            mail,
            metrics,
            nightly,
            passwords,  # noqa: F401 - registers a check
            regular,
            retention,
            sentry,
            sessions,
            step_up,
            watch,
        )
        from portal.imports import kinds, schools  # noqa: PLC0415 - models
        from portal.services import imports, roles  # noqa: PLC0415 - models

        label = _("Log: what is older than its years is deleted")
        retention.carry_out("log", label, log_chain.retain, due=log_chain.old_entries, since="at")
        label = _("Letters that left long ago: emptied")
        retention.carry_out("letters", label, mail.forget_old, due=mail.old_letters, since="due_at")
        label = _("Lists that were brought in: deleted after their days")
        retention.carry_out("lists", label, imports.drop_old, due=imports.old, since="created_at")
        kinds.register(schools.Schools, schools.PROBLEMS)
        nightly.register(
            "verify_log", _("Log: verified; the safeguarding leads are told where it does not fit"), log_chain.check
        )
        nightly.register("lapse_role_proposals", _("Proposals of roles that nobody confirmed in time"), roles.lapse)
        nightly.register("sweep_leftovers", _("Private files that no record names: deleted"), leftovers.sweep)
        nightly.register("sweep_sessions", _("Sessions that are over are deleted"), sessions.sweep)
        pre_save.connect(sessions.keep_little, sender="usersessions.UserSession")
        user_logged_out.connect(sessions.forget)
        for changed in (password_changed, password_set, password_reset, authenticator_added):
            changed.connect(sessions.end_others)
        authenticator_added.connect(step_up.shown_by_adding)
        regular.register("link_log", _("Log: new entries linked"), log_chain.link_new)
        regular.register("sweep_limits", _("Counts of requests that are over: deleted"), limits.sweep)
        regular.register("tidy_imports", _("Lists that are brought in: finished and tidied"), imports.tidy)
        jobs.register("sweep", _("Letters that no task took: sent"), late_after=timedelta(minutes=5))
        if not settings.DEMO_MODE:  # nothing of invented people is worth a copy
            jobs.register("backup", _("Backup: made by the machine every night"), late_after=timedelta(hours=36))
        tracking.connect(bounces.hear, dispatch_uid="bounces")
        metrics.register_own()
        sentry.start()
        watch.connect()
        alarms.connect()
        connection_created.connect(teach_sqlite_cyrillic)
