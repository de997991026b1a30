from django.core.management.base import BaseCommand

from portal import nightly


class Command(BaseCommand):
    help = "Runs the nightly jobs now; safe to repeat. Prints a line for each."

    def handle(self, *args, **options):
        for line in nightly.run():
            self.stdout.write(f"{line.label}: {line.count}{' FAILED ' + line.failure if line.failure else ''}")
