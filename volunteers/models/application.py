from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.access import Reach
from portal.crypto import SealedText
from portal.models import AppendOnly, Coded
from volunteers.querysets import ApplicationQuerySet
from volunteers.states import OPEN, ApplicationState

from .people import Organisation, Person
from .policy import PolicyVersion, ProgrammeRole


class Application(Coded):
    CODE_PREFIX = "A"

    class Kind(models.TextChoices):
        INITIAL = "initial", _("first application")
        RENEWAL = "renewal", _("renewal")
        ROLE_CHANGE = "role_change", _("change of role")

    person = models.ForeignKey(Person, models.PROTECT, related_name="applications")
    role = models.ForeignKey(ProgrammeRole, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.INITIAL)
    policy = models.ForeignKey(PolicyVersion, models.PROTECT, related_name="+")
    state = models.CharField(max_length=12, choices=ApplicationState.choices, default=ApplicationState.DRAFT)
    state_since = models.DateTimeField(default=timezone.now)
    return_to = models.CharField(max_length=12, choices=ApplicationState.choices, blank=True)
    answers_sealed = models.BinaryField(null=True, editable=False)  # the draft, JSON; sent answers are in revisions
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="+")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    interviewer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    contact_code_hash = models.CharField(max_length=64, blank=True)
    contact_code_expires_at = models.DateTimeField(null=True, blank=True)
    contact_code_tries = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    submitted_at = models.DateTimeField(null=True, blank=True)

    answers = SealedText()

    objects = ApplicationQuerySet.as_manager()

    class Meta:
        verbose_name = _("application")
        verbose_name_plural = _("applications")
        ordering = ["state_since", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "kind"], condition=models.Q(state__in=sorted(OPEN)), name="application_one_open"
            ),
        ]
        indexes = [models.Index(fields=["state", "state_since"], name="application_queue")]

    @property
    def reach(self) -> Reach:
        return Reach(district_id=self.person.district_id, subject_id=self.person.user_id)


class ApplicationRevision(AppendOnly, Coded):
    """What was sent, as it was sent. The answers are encrypted: they hold the identification number."""

    CODE_PREFIX = "R"

    application = models.ForeignKey(Application, models.PROTECT, related_name="revisions")
    number = models.PositiveSmallIntegerField()
    answers_sealed = models.BinaryField(editable=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    answers = SealedText()

    class Meta:
        ordering = ["application", "number"]
        constraints = [models.UniqueConstraint(fields=["application", "number"], name="revision_number_once")]


class ConflictDeclaration(models.Model):
    """Somebody who acts in a case has said that nothing ties him to the applicant (G3)."""

    application = models.ForeignKey(Application, models.PROTECT, related_name="conflict_declarations")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    exists = models.BooleanField(default=False)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["application", "user"], name="conflict_declared_once")]

    def __str__(self):
        return f"{self.application} {self.user}"
