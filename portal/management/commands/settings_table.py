from __future__ import annotations

from django.conf import settings
from django.core.management.base import BaseCommand

from portal.environment import VARIABLES

FILE = settings.BASE_DIR / "docs" / "operations.md"
BEGIN = "<!-- manage.py settings_table writes what follows -->\n"
END = "<!-- end of the settings -->\n"


def table() -> str:
    rows = [f"| `{one.name}` | {one.default} | {one.meaning} |" for one in VARIABLES.values()]
    return "\n".join(["| variable | default | meaning |", "|---|---|---|", *rows, ""])


def page() -> str:
    """The page as it is, with the table as the code is."""
    before, _, rest = FILE.read_text(encoding="utf-8").partition(BEGIN)
    return before + BEGIN + table() + END + rest.partition(END)[2]


class Command(BaseCommand):
    requires_system_checks = []
    help = "Writes the table of settings in docs/operations.md anew, from their declarations in portal/settings.py."

    def handle(self, *args, **options):
        FILE.write_text(page(), encoding="utf-8")
