from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.access import Reach
from portal.crypto import SealedText
from portal.models import Coded
from volunteers.querysets import ConcernQuerySet, DoNotEngageQuerySet

from .application import Application
from .people import Person
from .policy import ReasonCode


class Concern(Coded):
    """Something about a grown-up that the safeguarding lead must look into, low-level ones included. Has a register of
    its own: whoever writes one does not read it again, and neither withdrawal nor exit closes it."""

    CODE_PREFIX = "K"

    class Source(models.TextChoices):
        REFEREE = "referee", _("a referee")
        TRAINER = "trainer", _("a trainer")
        SCHOOL = "school", _("a school")
        STAFF = "staff", _("staff of the programme")
        OTHER = "other", _("somebody else")

    class Level(models.TextChoices):
        LOW = "low", _("low-level")
        SERIOUS = "serious", _("serious")

    person = models.ForeignKey(Person, models.PROTECT, related_name="concerns")
    application = models.ForeignKey(Application, models.PROTECT, null=True, blank=True, related_name="concerns")
    source = models.CharField(max_length=8, choices=Source.choices)
    level = models.CharField(_("level"), max_length=8, choices=Level.choices)
    text_sealed = models.BinaryField(null=True, editable=False)  # empty where the words lie in a reference
    raised_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    received_at = models.DateTimeField(default=timezone.now)
    action_sealed = models.BinaryField(null=True, editable=False)
    referred_to = models.CharField(_("passed on to"), max_length=200, blank=True)
    outcome_sealed = models.BinaryField(null=True, editable=False)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    closed_at = models.DateTimeField(null=True, blank=True)

    text = SealedText()
    action = SealedText()
    outcome = SealedText()

    objects = ConcernQuerySet.as_manager()

    class Meta:
        ordering = ["-received_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(closed_by=None)
                | models.Q(raised_by=None)
                | ~models.Q(closed_by=models.F("raised_by")),
                name="concern_closed_by_another",
            ),
        ]

    @property
    def reach(self) -> Reach:
        return Reach(district_id=self.person.district_id, subject_id=self.person.user_id)


class DoNotEngage(Coded):
    """Somebody who must not serve, known by keyed hashes only. Two people put him on the list, two take him off."""

    CODE_PREFIX = "DN"

    iin_hash = models.CharField(max_length=64, db_index=True)
    name_hash = models.CharField(max_length=64, blank=True, db_index=True)  # of names and birth date
    reason_code = models.ForeignKey(ReasonCode, models.PROTECT, related_name="+")
    note_sealed = models.BinaryField(null=True, editable=False)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(default=timezone.now)
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True, blank=True)
    review_on = models.DateField(_("to be looked at again on"))
    lift_proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    lift_proposed_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    lifted_at = models.DateTimeField(null=True, blank=True)

    note = SealedText()

    objects = DoNotEngageQuerySet.as_manager()

    class Meta:
        ordering = ["-decided_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["iin_hash"], condition=models.Q(lifted_at=None), name="do_not_engage_listed_once"
            ),
            models.CheckConstraint(
                condition=models.Q(confirmed_by=None) | ~models.Q(confirmed_by=models.F("decided_by")),
                name="do_not_engage_two_people",
            ),
            models.CheckConstraint(
                condition=models.Q(lifted_by=None)
                | models.Q(lift_proposed_by__isnull=False) & ~models.Q(lifted_by=models.F("lift_proposed_by")),
                name="do_not_engage_two_people_lift",
            ),
        ]
