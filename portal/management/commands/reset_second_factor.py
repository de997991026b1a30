from django.core.management.base import BaseCommand, CommandError

from portal import services
from portal.models import User
from portal.refusals import Refused


class Command(BaseCommand):
    help = (
        "Takes app, keys and recovery codes off the account of somebody who has lost them: for holders of a role that two "
        "people give, for whom no page does it. Everybody who answers for roles gets a letter."
    )

    def add_arguments(self, parser):
        parser.add_argument("email")

    def handle(self, *args, email, **options):
        try:
            services.reset_second_factor(user=User.objects.get(email__iexact=email), by=None)
        except (User.DoesNotExist, Refused) as error:
            raise CommandError(str(error)) from error
        self.stdout.write("Taken off.")
