import re

from django.apps import AppConfig
from django.db.backends.signals import connection_created
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
        from portal import checks  # noqa: F401, PLC0415 - registers the checks

        connection_created.connect(teach_sqlite_cyrillic)
