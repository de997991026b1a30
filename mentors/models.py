from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from mentors.querysets import CheckInQuerySet, ProfileQuerySet
from portal.access import Reach
from portal.crypto import SealedText
from portal.models import AppendOnly, Coded, District, Topic
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


class CheckIn(AppendOnly, Coded):
    """A supervisor's talk with his mentor: how it goes, whether boundaries hold, when the next one is due."""

    CODE_PREFIX = "CI"

    class Kind(models.TextChoices):
        MEETING = "meeting", _("meeting")
        CALL = "call", _("call")
        OBSERVED = "observed", _("a session was observed")

    class Mark(models.TextChoices):
        GOOD = "good", _("all is well")
        ATTENTION = "attention", _("needs attention")

    person = models.ForeignKey(Person, models.PROTECT, related_name="check_ins")
    held_on = models.DateField(_("held on"))
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices)
    wellbeing = models.CharField(_("how the mentor is"), max_length=9, choices=Mark.choices)
    boundaries = models.CharField(_("rules of safe contact"), max_length=9, choices=Mark.choices)
    note_sealed = models.BinaryField(null=True, editable=False)
    next_due = models.DateField(_("next one until"))
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(default=timezone.now)

    note = SealedText()

    objects = CheckInQuerySet.as_manager()

    class Meta:
        verbose_name = _("check-in")
        verbose_name_plural = _("check-ins")
        ordering = ["-held_on", "-pk"]
