from django.core.management.base import BaseCommand

from volunteers.services.own_data import deleting


class Command(BaseCommand):
    help = (
        "After a restore from a backup: deletes anew everybody whom the file of deletions (ERASURES_FILE) names and whom the "
        "backup has brought back. Run it before anybody may sign in; safe to repeat. docs/operations.md says how."
    )

    def handle(self, *args, **options):
        named, deleted = deleting.replay()
        self.stdout.write(f"Named in the file: {named}. Deleted now: {deleted}.")
