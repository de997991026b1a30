from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from portal.backup import BackupError
from portal.backup.restoring import end_sessions, forget_caches, restore

MANIFEST = "staticfiles.json"  # of the static files; written when all are there
AFTERWARDS = ("migrate", "replay_erasures", "verify_log")


class Command(BaseCommand):
    requires_system_checks = []
    help = (
        "Brings back what `backup` saved, with web, worker and clock stopped: makes catalogues and static files where there are none, "
        "checks every byte of the backup, restores files and rows, then runs migrate, replay_erasures and verify_log. Everybody signs "
        "in anew. The keys must be in KEYS_DIR before."
    )

    def add_arguments(self, parser):
        parser.add_argument("directory", type=Path, help="one backup: a folder tirek-…")
        parser.add_argument("--replace", action="store_true", help="take away the rows and files that are there")
        parser.add_argument("--erasures-lost", action="store_true", help="go on without the file of deletions")

    def handle(self, *args, directory, replace=False, erasures_lost=False, **options):
        if not (settings.STATIC_ROOT / MANIFEST).exists():  # an image has them, and may not write there
            call_command("prepare", only="files", stdout=self.stdout)
        try:
            restored = restore(folder=directory, replace=replace, erasures_lost=erasures_lost)
        except BackupError as error:
            raise CommandError(str(error)) from error
        found = restored.manifest
        self.stdout.write(f"{sum(found.rows.values())} rows and {len(found.files) - 1} files as of {found.made_at}.")
        for name in restored.keys_missing:
            self.stdout.write(f"KEY MISSING: {name} is not in KEYS_DIR. What it sealed does not open until it is back.")
        for name in found.missing:
            self.stdout.write(f"A row names {name}, which the backup does not have.")
        self._go_on()
        self.stdout.write("Restored. Run `manage.py nightly`, then start web, worker and clock.")

    def _go_on(self):
        for number, name in enumerate(AFTERWARDS):
            self.stdout.write(f"{name} …")
            try:
                call_command(name, stdout=self.stdout, **({"verbosity": 0} if name == "migrate" else {}))
                if name == "migrate":
                    end_sessions()
                    forget_caches()
            except Exception as error:
                rest = ", ".join(AFTERWARDS[number:])
                raise CommandError(
                    f"Rows and files are restored, but {name} failed: {error}. Start nothing before these have run: {rest}, nightly."
                ) from error
