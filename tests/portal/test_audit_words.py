"""Every look that is written into the log has words for the people who read it."""

import re
from pathlib import Path

from django.conf import settings

from portal import audit

WRITTEN = re.compile(r"""audit\.viewed\([^,\n]+, "(\w+)"|^    sensitive = "(\w+)"$""", re.MULTILINE)


def test_every_look_has_words():
    looks = set()
    for app in ("portal", "volunteers", "mentors", "events"):
        for path in Path(settings.BASE_DIR, app).rglob("*.py"):
            looks |= {first or second for first, second in WRITTEN.findall(path.read_text(encoding="utf-8"))}
    assert len(looks) > 15
    assert looks - set(audit.VIEWS) == set()
