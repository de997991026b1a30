from django.core.management.base import BaseCommand
from django.db import transaction

from portal import mail, reference
from portal.management.demo import cases, make_cast, serving, training
from portal.models import User
from volunteers.reference import load_reference as load_volunteers_reference


class Command(BaseCommand):
    help = "Loads the invented people, cases and sessions, once: where they stand already nothing is changed."

    @transaction.atomic
    def handle(self, *args, **options):
        if User.objects.filter(email__endswith="@demo.example", role_grants__isnull=False).exists():
            self.stdout.write("The demo people are there already.")
            return
        reference.load_reference()
        load_volunteers_reference()
        reference.load_sample_schools()
        cases.make_organisations()
        cast = make_cast()
        cases.Cases(cast).make()
        mentors = cases.make_mentors(cast)
        cases.make_sessions(cast, mentors)
        training.make_meetings(cast)
        serving.make_endorser(cast)
        serving.make_talks(cast, mentors)
        transaction.on_commit(mail.sweep)
        self.stdout.write("Demo people, cases and sessions are in.")
