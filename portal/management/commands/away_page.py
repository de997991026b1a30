from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.management.base import BaseCommand
from django.template.loader import render_to_string

from portal import topbar

FILE = settings.BASE_DIR / "docs" / "deploy" / "nginx" / "away.html"
LINK = '<link rel="stylesheet" href="/static/portal/css/plain.css">'


def page() -> str:
    """The portal's own page for when it cannot answer, as one file: nobody is there to be asked for its style."""
    style = Path(finders.find("portal/css/plain.css")).read_text(encoding="utf-8")
    drawn = render_to_string("503.html", {"numbers": topbar.ALWAYS})
    return drawn.replace(LINK, f"<style>\n{style}</style>")


class Command(BaseCommand):
    requires_system_checks = []
    help = "Writes docs/deploy/nginx/away.html anew: what the proxy shows while it reaches no web."

    def handle(self, *args, **options):
        FILE.write_text(page(), encoding="utf-8")
