from django.core.management.base import BaseCommand

from portal import nightly


class Command(BaseCommand):
    help = "Runs the nightly jobs now; safe to repeat. Prints a line for each. --trial changes nothing and lists the records."

    def add_arguments(self, parser):
        parser.add_argument("--trial", action="store_true")

    def handle(self, *args, trial, **options):
        for line in nightly.run(trial=trial):
            codes = f" ({', '.join(line.codes)})" if trial and line.codes else ""
            self.stdout.write(f"{line.label}: {line.count}{codes}{' FAILED ' + line.failure if line.failure else ''}")
