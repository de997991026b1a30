from django.core.management.base import BaseCommand
from django.db import transaction

from portal import mail, reference
from portal.management.demo import (
    cases,
    history,
    hours,
    lines,
    make_cast,
    objections,
    outreach,
    plans,
    requests,
    safeguarding,
    serving,
    sessions,
    training,
    wishes,
)
from portal.models import User
from volunteers.reference import load_reference as load_volunteers_reference


class Command(BaseCommand):
    help = "Loads the invented people, cases and sessions, once: where they stand already nothing is changed."

    def handle(self, *args, **options):
        if User.objects.filter(email__endswith="@demo.example", role_grants__isnull=False).exists():
            self.stdout.write("The demo people are there already.")
            return
        seed()
        self.stdout.write("Demo people, cases and sessions are in.")


@transaction.atomic
def seed() -> None:
    """Makes the whole demonstration, the reference data included; its letters leave at the end."""
    reference.load_reference()
    load_volunteers_reference()
    reference.load_sample_schools()
    cases.make_organisations()
    cast = make_cast()
    made = cases.Cases(cast)
    made.make()
    mentors = cases.make_mentors(cast)
    sessions.make_sessions(cast, mentors)
    history.make_history(cast)
    hours.make_hours(cast)
    requests.make_requests(cast)
    plans.make_plans(cast)
    lines.make_lines(cast, mentors)
    wishes.make_wishes(cast, mentors)
    training.make_meetings(cast)
    serving.make_endorser(cast)
    serving.make_talks(cast, mentors)
    outreach.make_interests(cast)
    outreach.make_invitations(cast)
    objections.make_objections(made)
    safeguarding.make_safeguarding(made)
    transaction.on_commit(mail.sweep)
