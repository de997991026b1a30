from django.core.management.base import BaseCommand, CommandError

from portal import access, services
from portal.models import District, School, User
from portal.refusals import Refused


class Command(BaseCommand):
    help = "Gives somebody a role with its reach, or ends it with --end. Takes effect on his next request."

    def add_arguments(self, parser):
        parser.add_argument("email")
        parser.add_argument("role", choices=access.Role.values)
        parser.add_argument("--district", help="slug, e.g. taraz; without it the whole oblast")
        parser.add_argument("--school", type=int, help="number of the school of a contact person")
        parser.add_argument("--end", action="store_true")

    def handle(self, *args, email, role, district=None, school=None, end=False, **options):
        try:
            user = User.objects.get(email__iexact=email)
            reach = {
                "district": District.objects.get(slug=district) if district else None,
                "school": School.objects.get(number=school) if school else None,
            }
        except (User.DoesNotExist, District.DoesNotExist, School.DoesNotExist) as error:
            raise CommandError(str(error)) from error
        if (role == access.Role.SCHOOL_CONTACT) != bool(school) or (school and district):
            raise CommandError("--school goes with school_contact, alone and always.")
        change = services.end_role if end else services.grant_role
        try:
            change(user=user, role=role, by=None, **reach)
        except Refused as refusal:
            raise CommandError(" ".join(str(reason.text) for reason in refusal.reasons)) from refusal
