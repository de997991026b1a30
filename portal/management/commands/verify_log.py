from django.core.management.base import BaseCommand, CommandError

from portal import log_chain


class Command(BaseCommand):
    help = (
        "Walks the chain over the log and says the first place where it does not fit; exit code 1 if there is one. "
        "Keep the head that it prints somewhere else and give it back with --expect: only that shows a chain cut short."
    )

    def add_arguments(self, parser):
        parser.add_argument("--expect", default="", metavar="POSITION:HASH", help="a head that was printed before")

    def handle(self, *args, expect, **options):
        try:
            report = log_chain.verify(expect)
        except ValueError as error:
            raise CommandError("--expect takes what this command printed as the head.") from error
        self.stdout.write(f"Linked: {report.linked}. Head: {report.head or 'none'}")
        since = f" (the oldest since {report.waiting_since:%Y-%m-%d %H:%M:%S} UTC)" if report.waiting else ""
        self.stdout.write(f"Not linked yet: {report.waiting}{since}")
        if report.faults:
            raise CommandError(f"{report.where}: {report.what}. Faults in all: {report.faults}.")
        self.stdout.write("Everything fits.")
