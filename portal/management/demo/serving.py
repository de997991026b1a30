"""What goes on with those who serve, in the demonstration: an organisation's word, talks with supervisors, a pause."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from mentors.models import CheckIn
from mentors.services import next_due
from portal.management.demo import builders
from portal.management.demo.cast import Cast
from volunteers.models import Application, Membership, Organisation, Person
from volunteers.services import memberships, pauses


def make_endorser(cast: Cast) -> None:
    """Somebody speaks for the veterans of Taraz; those who named them wait for the word, one has it."""
    user = builders.make_user("orynbek", family="Жақсыбеков", given="Орынбек", district=cast.taraz)
    organisation = Organisation.objects.get(kind=Organisation.Kind.VETERANS, district=cast.taraz)
    memberships.name_endorser(organisation=organisation, user=user, by=cast.aigul)
    named = Application.objects.filter(organisation=organisation, submitted_at__isnull=False).order_by("pk")
    for application in named.select_related("person"):
        Membership.objects.get_or_create(person=application.person, organisation=organisation)
    memberships.confirm_membership(membership=organisation.memberships.order_by("pk")[0], by=user)


def make_talks(cast: Cast, mentors: list[Person]) -> None:
    """Half of the mentors have been talked to, some of them long ago; one pauses next month."""
    today = timezone.localdate()
    for number, person in enumerate(mentors[::2]):
        begun = person.approvals.latest("valid_from").valid_from
        held_on = max(begun, today - timedelta(days=7 + 9 * (number % 6)))
        CheckIn.objects.create(
            person=person,
            held_on=held_on,
            kind=CheckIn.Kind.CALL if number % 3 else CheckIn.Kind.OBSERVED,
            wellbeing=CheckIn.Mark.GOOD,
            boundaries=CheckIn.Mark.GOOD,
            next_due=next_due(begun, held_on),
            recorded_by=cast.aigul,
        )
    away = mentors[-1]
    pauses.pause(
        person=away,
        by=away.user,
        starts_on=today + timedelta(days=30),
        ends_on=today + timedelta(days=50),
    )
