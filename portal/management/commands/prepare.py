from __future__ import annotations

import hashlib
import os
import socket
from pathlib import Path

from django.conf import settings
from django.core.cache import caches
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from content.models import HomePage
from portal import reference
from portal.management import demo
from portal.management.commands.catalogues import compile_catalogues
from volunteers.reference import load_reference as load_volunteers_reference

PACKAGES = ("portal", "volunteers", "mentors", "events", "content")
CAST = [
    ("serik", "account only: apply as he would"),
    ("kairat", "applicant with a draft"),
    ("talgat", "applicant in screening"),
    ("sapar", "applicant in checks, two referees asked"),
    ("nurlan", "cleared mentor, certificate ends in 20 days"),
    ("yerbol", "cleared teacher mentor"),
    ("mentor01", "cleared mentor, one of 45: mentor01 … mentor45"),
    ("shyngys", "approved, induction missing"),
    ("aigul", "coordinator, Taraz"),
    ("bolat", "coordinator, Zhambyl district"),
    ("dana", "safeguarding lead"),
    ("marat", "safeguarding lead"),
    ("saule", "appeal member"),
    ("ivan", "interviewer and trainer"),
    ("gulnara", "contact person of school No. 201"),
    ("gulshat", "contact person of school No. 202"),
    ("orynbek", "speaks for the veterans' organisation of Taraz"),
    ("raushan", "auditor"),
    ("asel", "editor of the site"),
    ("meruert", "specialist who approves its texts"),
    ("root", "administrator: letters, nightly job"),
]


def fingerprint() -> str:
    """Changes with any file of the project, its pins, and the database it is for."""
    digest = hashlib.sha256(os.environ.get("DATABASE_URL", "").encode() + str(settings.DEBUG).encode())
    files = [settings.BASE_DIR / "requirements.txt"]
    for package in PACKAGES:
        files += [path for path in (settings.BASE_DIR / package).rglob("*") if path.suffix not in {".pyc", ".mo", ""}]
    for path in sorted(files):
        status = path.stat()
        digest.update(f"{path}{status.st_mtime_ns}{status.st_size}".encode())
    return digest.hexdigest()


class Command(BaseCommand):
    requires_system_checks = []  # `make check` runs them; here they would only delay the start
    help = (
        "Makes an installation ready to start: migrations, cache table, catalogues, static files, reference data, "
        "starter content, and the demo people with --demo. A second run finds nothing to do."
    )

    def add_arguments(self, parser):
        parser.add_argument("--demo", action="store_true")
        parser.add_argument(
            "--only",
            choices=["files", "data"],
            help="files: catalogues and static files, without a database, for an image; data: all the rest, where it runs",
        )

    def handle(self, *args, **options):
        if options["only"] == "files":
            self._files()
            return
        mark = Path(settings.VAR_DIR / "prepared")
        if options["demo"]:
            self._port_is_free()
        now = fingerprint()
        if not mark.exists() or mark.read_text() != now:
            if options["only"] is None:
                self._files()
            self._prepare(options["demo"])
            mark.write_text(now)
        if options["demo"]:
            self._greet()

    def _files(self) -> None:
        compile_catalogues()
        if not settings.DEBUG:
            self.stdout.write("Static files …")
            call_command("collectstatic", interactive=False, verbosity=0)

    def _prepare(self, with_demo: bool) -> None:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            self.stdout.write("Database …")
            call_command("migrate", verbosity=0)
        call_command("createcachetable", verbosity=0)
        self.stdout.write("Reference data and starter content …")
        caches["pages"].clear()  # another release draws them otherwise
        reference.load_reference()
        load_volunteers_reference()
        if not HomePage.objects.exists():  # loaded once; from then on the CMS is the place to edit
            call_command("load_starter", verbosity=0)
        else:
            call_command("update_index", verbosity=0)  # another release cuts words otherwise
        if with_demo:
            self.stdout.write("Demo people and cases …")
            call_command("seed_demo", verbosity=0)

    def _port_is_free(self) -> None:
        port = int(os.environ.get("PORT", "8000"))
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as error:
                raise CommandError(f"Port {port} is taken. Choose another: make run PORT=8080") from error

    def _greet(self) -> None:
        lines = [
            "",
            f"  Tirek is at {settings.SITE_URL}/    (Ctrl-C ends it)",
            "",
            f"  Demo people, all invented. Password for everyone: {demo.PASSWORD}",
            "",
        ]
        lines += [f"    {demo.email_of(name):28} {what}" for name, what in CAST]
        self.stdout.write("\n".join([*lines, ""]))
        self.stdout.flush()
