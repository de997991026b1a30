"""The people of the matrix: the cast, and who else it needs. `nobody` is signed out."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

from django.utils import timezone

from portal.access import Role
from portal.management.demo import builders
from portal.models import District, School, User
from tests.people import Cast
from volunteers.models import Membership, Organisation

STRANGER = "Бөтенова"  # the family name of everybody far away, by which their data is known when it leaks


def far_cast(cast: Cast) -> Cast:
    """The same parts played in Zhambyl district, by others: what they have and do is nothing to the people of Taraz. The
    safeguarding leads and the appeal member are those of the oblast."""
    far = cast.zhambyl
    person = {"family": STRANGER, "given": "Бөтен"}
    return dataclasses.replace(
        cast,
        taraz=far,
        zhambyl=cast.taraz,
        school=cast.far_school,
        other_school=School.objects.filter(district=far)[1],
        far_school=cast.school,
        aigul=cast.bolat,
        bolat=cast.aigul,
        ivan=_interviewer(far),
        gulnara=builders.make_user("symbat", Role.SCHOOL_CONTACT, school=cast.far_school, **person),
        nurlan=builders.make_mentor("dauren", number=170, staff=cast, district=far, **person),
    )


def _interviewer(far: District) -> User:
    """Interviews where he is asked to, so that coordinators of all districts know his name; trains in his district only."""
    builders.make_user("olzhas", Role.INTERVIEWER, family="Серіков", given="Олжас")
    return builders.make_user("olzhas", Role.TRAINER, district=far)


def more_people(cast: Cast) -> dict[str, User]:
    """Who has a role and nothing to do with the records of Taraz: a trainer who interviews nobody, and a speaker whom an
    organisation endorsed."""
    tolkyn = builders.make_user("tolkyn", Role.TRAINER, family="Т", given="Т", district=cast.taraz)
    speaker = builders.make_mentor(
        "yermek", number=69, staff=cast, district=cast.taraz, family="Е", given="Е", role="supervised_speaker"
    )
    court = Organisation.objects.create(kind="other", district=cast.taraz, name_kk="С")
    someday = timezone.now() - timedelta(days=90)
    Membership.objects.create(person=speaker, organisation=court, confirmed_by=cast.saule, confirmed_at=someday)
    return {"tolkyn": tolkyn, "yermek": speaker.user}
