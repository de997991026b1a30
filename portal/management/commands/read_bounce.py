import sys

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from portal import bounces, services

# What mail servers understand (sysexits.h): no such mail will ever be read; try this one again later.
DATA_ERROR, TRY_AGAIN = 65, 75


class Command(BaseCommand):
    help = (
        "Reads one report about a letter that came back (RFC 3464) from standard input and marks the letter. For the pipe of "
        "a mail server: exit code 65 for any other mail, 75 where the database does not answer. Safe to repeat."
    )
    requires_system_checks = []

    def handle(self, *args, **options):
        try:
            bounce = bounces.read(sys.stdin.buffer.read(bounces.MAX_BYTES))
            is_news = services.mark_bounced(uuid=bounce.uuid, status=bounce.status)
        except bounces.NoBounce as error:
            raise CommandError(str(error), returncode=DATA_ERROR) from error
        except DatabaseError as error:
            raise CommandError("The database does not answer.", returncode=TRY_AGAIN) from error
        self.stdout.write("Marked." if is_news else "Nothing to mark: known already, or not sent by this portal.")
