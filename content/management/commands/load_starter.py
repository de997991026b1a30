from django.core.management.base import BaseCommand

from content.services import load_starter


class Command(BaseCommand):
    help = "Makes the pages of content/starter in three languages. Pages that are there stay as they are."

    def handle(self, *args, **options):
        self.stdout.write(f"{load_starter()} pages made")
