from django.core.management.base import BaseCommand, CommandError

from portal.backup import BackupError
from portal.moving import move


class Command(BaseCommand):
    requires_system_checks = []
    help = (
        "Moves everything from the embedded database to an empty PostgreSQL one, with web, worker and clock stopped; files stay "
        "where they are. The embedded database is only read. Interrupted, it is run again. Afterwards set DATABASE_URL."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--to",
            required=True,
            metavar="postgres://…",
            help="others on this machine see a command line: leave the password out and set PGPASSWORD",
        )

    def handle(self, *args, to, **options):
        rows = 0
        try:
            for moved in move(to=to):
                rows += moved.rows
                if moved.rows:
                    self.stdout.write(f"{moved.table:44}{moved.rows:>10}  {moved.fingerprint[:16]}")
        except BackupError as error:
            raise CommandError(f"{error} The embedded database is as it was.") from error
        self.stdout.write(f"{rows} rows are there and the same. Set DATABASE_URL to the target, then start the portal.")
