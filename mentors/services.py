from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from mentors.models import Profile
from portal import audit
from portal.models import District, Topic, User
from portal.refusals import NotAllowed, Reason
from volunteers.models import Person


@transaction.atomic
def save_profile(*, person: Person, by: User, districts: Iterable[District], topics: Iterable[Topic]) -> Profile:
    """Keeps where the mentor can go and what about; the log gets the counts. `NotAllowed` (not_yours) for anybody
    but himself."""
    if person.user_id != by.pk:
        raise NotAllowed(Reason("not_yours", _("Only the mentor himself changes his profile.")))
    Person.objects.select_for_update().get(pk=person.pk)
    profile, _created = Profile.objects.get_or_create(person=person)
    profile.districts.set(districts)
    profile.topics.set(topics)
    audit.record(profile, "profile.save", by, districts=profile.districts.count(), topics=profile.topics.count())
    return profile
