from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from mentors.querysets import ProfileQuerySet
from portal.access import Reach
from portal.models import Coded, District, Topic
from volunteers.models import Person


class Profile(Coded):
    """What a mentor would like to do and where he can go. Wishes only: they narrow his list and forbid nothing."""

    CODE_PREFIX = "M"

    person = models.OneToOneField(Person, models.PROTECT, related_name="profile")
    topics = models.ManyToManyField(Topic, blank=True, related_name="+", verbose_name=_("topics"))
    districts = models.ManyToManyField(District, blank=True, related_name="+", verbose_name=_("where I can go"))

    objects = ProfileQuerySet.as_manager()

    class Meta:
        verbose_name = _("mentor's profile")
        verbose_name_plural = _("mentors' profiles")

    @classmethod
    def for_person(cls, person: Person) -> Profile:
        """The person's profile, or an unsaved one with the defaults: reading a page writes nothing."""
        return cls.objects.filter(person=person).first() or cls(person=person)

    @property
    def reach(self) -> Reach:
        return self.person.reach

    def district_ids(self) -> set[int]:
        """Where he can go; his own district until he has chosen."""
        chosen = set(self.districts.values_list("pk", flat=True)) if self.pk else set()
        return chosen or {pk for pk in (self.person.district_id,) if pk}

    def topic_ids(self) -> set[int]:
        """The topics he has chosen; none means any."""
        return set(self.topics.values_list("pk", flat=True)) if self.pk else set()
