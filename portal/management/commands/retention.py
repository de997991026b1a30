from django.core.management.base import BaseCommand
from django.utils import translation

from portal import retention


class Command(BaseCommand):
    help = (
        "Shows how long data about people are kept. --dry-run also says, rule by rule, how much the next night would take "
        "away and since when the oldest of it has lain here; nothing is changed."
    )

    def add_arguments(self, parser):
        parser.add_argument("--dry-run", action="store_true")

    def handle(self, *args, dry_run, **options):
        with translation.override("en"):
            findings = {found.rule.code: found for found in retention.trial()} if dry_run else {}
            for rule in retention.SCHEDULE.values():
                days = "own days of each kind" if rule.days is None else f"{rule.days} days"
                self.stdout.write(f"{rule.code}: {rule.what}; {days} from {rule.starts}; then {rule.then}")
                if found := findings.get(rule.code):
                    self.stdout.write(f"    would go: {found.count}; oldest: {found.oldest or '-'}")
