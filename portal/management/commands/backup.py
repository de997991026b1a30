from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from portal import jobs
from portal.backup import BackupError
from portal.backup.making import backup


class Command(BaseCommand):
    requires_system_checks = []
    help = (
        "Copies database and files into a dated folder of DIRECTORY while the portal runs; a folder with its name is whole. The "
        "keys are not in it: --keys puts them elsewhere. docs/operations.md says how often, where to, and how to try it."
    )

    def add_arguments(self, parser):
        parser.add_argument("directory", type=Path)
        parser.add_argument(
            "--keep", type=int, metavar="N", help="afterwards delete all but the newest N backups there"
        )
        parser.add_argument("--keys", type=Path, metavar="DIRECTORY", help="also copy the keys, to this other place")

    def handle(self, *args, directory, keep=None, keys=None, **options):
        if keep is not None and keep < 1:
            raise CommandError("--keep takes 1 or more.")
        began = timezone.now()
        try:
            made = backup(into=directory, keep=keep, keys=keys)
        except BackupError as error:
            raise CommandError(str(error)) from error
        jobs.note_success("backup", began=began)  # who waits for it in vain is told: `jobs`
        found = made.manifest
        size = sum(size for size, _sha256 in found.files.values())
        self.stdout.write(f"{made.folder}: {sum(found.rows.values())} rows, {len(found.files)} files, {size:,} bytes.")
        for name in found.missing:
            self.stdout.write(f"A row names {name}, which is not there: deleted meanwhile, or lost.")
