"""Imported first by the benchmarks that run in-process: keys and a state of their own under `var/bench`, or what the
environment names, and Django on it."""

import os
import sys
from pathlib import Path

import django

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
os.environ.setdefault("KEYS_DIR", str(ROOT / "var" / "keys"))
os.environ.setdefault("VAR_DIR", str(ROOT / "var" / "bench"))
os.environ.setdefault("ALLOWED_HOSTS", "testserver")
os.environ.setdefault("DEBUG", "1")  # plain static files; queries are counted by the test client, not by debug

from portal.keys import create_missing  # noqa: E402

create_missing(Path(os.environ["KEYS_DIR"]))
django.setup()

from django.conf import settings  # noqa: E402

import portal.wsgi  # noqa: E402, F401 - the collector of garbage as in a web process

settings.DEBUG = False  # as on a server, which keeps no record of queries
