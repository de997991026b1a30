from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import transaction

from portal.management.demo import make_cast
from portal.management.demo.load import Load
from portal.management.demo.load_sessions import SessionLoad
from volunteers.models import Person


class Command(BaseCommand):
    help = "Fills the database with invented rows for measurements, the same on every machine. Adds the demo first."

    def add_arguments(self, parser):
        parser.add_argument("--applications", type=int, default=100_000)
        parser.add_argument("--mentors", type=int, default=20_000)
        parser.add_argument("--sessions", type=int, default=100_000)
        parser.add_argument("--fraction", type=float, default=1.0, help="of all three, e.g. 0.1")

    def handle(self, *args, applications, mentors, sessions, fraction, **options):
        applications, mentors, sessions = (int(number * fraction) for number in (applications, mentors, sessions))
        call_command("seed_demo", verbosity=0)
        self._people(applications, mentors)
        self._sessions(sessions)

    def _people(self, applications: int, mentors: int) -> None:
        if Person.objects.filter(email="load0@demo.example").exists():
            self.stdout.write("The people are there already.")
            return
        with transaction.atomic():
            load = Load(make_cast())
            load.applications(load.people(applications))
            load.mentors(mentors)
        self.stdout.write(f"{applications} applications, {mentors} mentors.")

    def _sessions(self, sessions: int) -> None:
        if SessionLoad.is_there():
            self.stdout.write("The sessions are there already.")
            return
        mentors = Person.objects.filter(email__startswith="load", approvals__isnull=False).order_by("pk")
        with transaction.atomic():
            SessionLoad(make_cast(), list(mentors)).add(sessions)
        self.stdout.write(f"{sessions} sessions.")
