from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.access import Reach
from portal.crypto import SealedText
from portal.models import AppendOnly, Coded
from volunteers.querysets import ApplicationQuerySet
from volunteers.states import OPEN, UNSEEN_BY_STAFF, ApplicationState

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
    return_to = models.CharField(
        max_length=60, blank=True
    )  # states the case came from, newest last (portal.moves.RETURN)
    answers_sealed = models.BinaryField(null=True, editable=False)  # the draft, JSON; sent answers are in revisions
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="+")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    interviewer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    contact_code_hash = models.CharField(max_length=64, blank=True)
    contact_code_expires_at = models.DateTimeField(null=True, blank=True)
    contact_code_tries = models.PositiveSmallIntegerField(default=0)
    # A coordinator typed it (T2): only the candidate confirms, by a link to his own phone or e-mail.
    assisted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    candidate_token_hash = models.CharField(max_length=64, null=True, unique=True, editable=False)
    confirmed_by_candidate_at = models.DateTimeField(null=True, blank=True)
    deferred_until = models.DateField(null=True, blank=True)  # the first day on which he may continue
    # A renewal asks the supervisor's short opinion.
    opinion_sealed = models.BinaryField(null=True, editable=False)
    opinion_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    opinion_at = models.DateTimeField(null=True, blank=True)
    supports_renewal = models.BooleanField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    submitted_at = models.DateTimeField(null=True, blank=True)
    anonymised_at = models.DateTimeField(null=True, blank=True)

    answers = SealedText()
    opinion = SealedText()

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
        indexes = [
            models.Index(fields=["state", "state_since"], name="application_queue"),
            models.Index(
                fields=["state_since", "id"], condition=models.Q(state__in=sorted(OPEN)), name="application_open"
            ),
            models.Index(
                fields=["state_since", "id"], name="application_in_order"
            ),  # closed ones too, looked for by name
            models.Index(  # whether somebody's application came in is asked of every row that staff see
                fields=["person"],
                condition=models.Q(submitted_at__isnull=False) & ~models.Q(state__in=sorted(UNSEEN_BY_STAFF)),
                name="application_sent",
            ),
        ]

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
    """What somebody who acts in a case says of his ties to the applicant (G3). A tie takes the case off his list."""

    class Kind(models.TextChoices):
        RELATIVE = "relative", _("relative")
        FRIEND = "friend", _("friend or neighbour")
        COLLEAGUE = "colleague", _("colleague, or the same organisation")
        OTHER = "other", _("something else")

    application = models.ForeignKey(Application, models.PROTECT, related_name="conflict_declarations")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    exists = models.BooleanField(default=False)
    kind = models.CharField(max_length=12, choices=Kind.choices, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["application", "user"], name="conflict_declared_once")]

    def __str__(self):
        return f"{self.application} {self.user}"


class InfoRequest(Coded):
    """What a coordinator asked the applicant for (T6): only the named steps of his answers open to him."""

    CODE_PREFIX = "I"

    application = models.ForeignKey(Application, models.PROTECT, related_name="info_requests")
    items = models.JSONField(default=list)  # [{"step": code of a step, "text": what is missing in it}]
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-asked_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["application"], condition=models.Q(answered_at=None), name="info_request_one_open"
            ),
        ]


class Hold(Coded):
    """Why a case rests with the safeguarding lead (T4, T5). A match with the do-not-engage list takes two to release."""

    CODE_PREFIX = "H"

    class Reason(models.TextChoices):
        DO_NOT_ENGAGE = "do_not_engage", _("match with the do-not-engage list")
        DUPLICATE = "duplicate", _("possibly the same person twice")
        CONCERN = "concern", _("a concern was raised")
        SUITABILITY = "suitability", _("the trainer has a doubt about suitability")
        OTHER = "other", _("another reason")

    application = models.ForeignKey(Application, models.PROTECT, related_name="holds")
    reason = models.CharField(max_length=16, choices=Reason.choices)
    note_sealed = models.BinaryField(null=True, editable=False)
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    opened_at = models.DateTimeField(default=timezone.now)
    release_proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    release_note_sealed = models.BinaryField(null=True, editable=False)
    released_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    released_at = models.DateTimeField(null=True, blank=True)

    note = SealedText()
    release_note = SealedText()

    class Meta:
        ordering = ["-opened_at"]
        constraints = [
            models.UniqueConstraint(fields=["application"], condition=models.Q(released_at=None), name="hold_one_open"),
            models.CheckConstraint(
                condition=models.Q(released_by=None)
                | ~models.Q(reason="do_not_engage")
                | models.Q(release_proposed_by__isnull=False) & ~models.Q(released_by=models.F("release_proposed_by")),
                name="hold_do_not_engage_two_people",
            ),
        ]
