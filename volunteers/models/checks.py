from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.access import Reach
from portal.crypto import SealedFileKey, SealedText
from portal.models import AppendOnly, Coded
from volunteers.querysets import CheckQuerySet, ConfirmedQuerySet, EvidenceQuerySet
from volunteers.states import CheckState

from .application import Application
from .people import Person
from .policy import CheckType


class Check(Coded):
    """One dated record. Verified without a date, a method and somebody else's name is impossible (database constraint)."""

    CODE_PREFIX = "C"

    class Event(models.TextChoices):
        """What makes a verified record count no more, before its last day."""

        NAME_CHANGED = "name_changed", _("change of name or identification number")
        MOVED_COUNTRY = "moved_country", _("came from another country")
        NEW_DISCLOSURE = "new_disclosure", _("new self-declaration")
        POLICE = "police", _("information from the police")
        LONG_GAP = "long_gap", _("long break in service")
        OTHER = "other", _("another event")

    person = models.ForeignKey(Person, models.PROTECT, related_name="checks")
    # The account of `person`, copied so that the database itself can refuse that he verifies his own check.
    subject = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    application = models.ForeignKey(Application, models.PROTECT, null=True, blank=True, related_name="checks")
    check_type = models.ForeignKey(CheckType, models.PROTECT, related_name="+")
    state = models.CharField(max_length=12, choices=CheckState.choices, default=CheckState.REQUESTED)
    state_since = models.DateTimeField(default=timezone.now)
    number = models.CharField(_("number"), max_length=60, blank=True)
    issuer = models.CharField(_("issued by"), max_length=200, blank=True)
    issued_on = models.DateField(_("date of issue"), null=True, blank=True)
    expires_on = models.DateField(_("valid until"), null=True, blank=True)  # inclusive, Asia/Almaty
    method = models.CharField(_("how it was verified"), max_length=32, choices=CheckType.Method.choices, blank=True)
    provided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    verified_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    verified_at = models.DateTimeField(null=True, blank=True)
    result_note_sealed = models.BinaryField(null=True, editable=False)
    invalidated_by_event = models.CharField(max_length=16, choices=Event.choices, blank=True)

    result_note = SealedText()  # a verifier's words; may speak of convictions or health

    objects = CheckQuerySet.as_manager()

    class Meta:
        verbose_name = _("check")
        verbose_name_plural = _("checks")
        ordering = ["check_type__position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(state=CheckState.VERIFIED)
                | models.Q(issued_on__isnull=False, verified_by__isnull=False, verified_at__isnull=False)
                & ~models.Q(method=""),
                name="check_verified_is_dated",
            ),
            models.CheckConstraint(
                condition=models.Q(verified_by=None)
                | models.Q(subject=None)
                | ~models.Q(verified_by=models.F("subject")),
                name="check_not_verified_by_oneself",
            ),
            models.CheckConstraint(
                condition=models.Q(expires_on=None) | models.Q(expires_on__gte=models.F("issued_on")),
                name="check_dates_in_order",
            ),
        ]
        indexes = [
            models.Index(fields=["person", "check_type", "state"], name="check_of_person"),
            models.Index(fields=["expires_on"], condition=models.Q(state=CheckState.VERIFIED), name="check_ending"),
            models.Index(  # all that the central record asks about one kind of check
                fields=["check_type", "person", "expires_on", "issued_on"],
                condition=models.Q(state=CheckState.VERIFIED),
                name="check_proof",
            ),
        ]

    @property
    def reach(self) -> Reach:
        return Reach(district_id=self.person.district_id, subject_id=self.person.user_id)


class CheckEvidence(Coded):
    """The paper of a check: an encrypted file (portal.files), or the note that the original was sighted."""

    CODE_PREFIX = "E"

    evidence_of = models.ForeignKey(Check, models.PROTECT, related_name="evidence")
    stored_name = models.CharField(max_length=32, unique=True)
    sealed_key = models.BinaryField(null=True, editable=False)  # destroyed when purged
    sha256 = models.CharField(max_length=64)
    mime = models.CharField(max_length=40)
    size = models.PositiveIntegerField()
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField(auto_now_add=True)
    purge_after = models.DateField(null=True, blank=True)
    purged_at = models.DateTimeField(null=True, blank=True)

    file_key = SealedFileKey("sealed_key", bound_to="stored_name")

    objects = EvidenceQuerySet.as_manager()

    class Meta:
        ordering = ["-uploaded_at"]


class SearchLog(AppendOnly, Coded):
    """One search in a register: where, when, by whom, with what result. What was searched for is kept as a keyed hash."""

    CODE_PREFIX = "L"

    class Result(models.TextChoices):
        NOTHING = "nothing", _("nothing found")
        FOUND = "found", _("an entry found")
        UNCLEAR = "unclear", _("unclear, perhaps a namesake")

    evidence_of = models.ForeignKey(Check, models.PROTECT, related_name="searches")
    register = models.CharField(_("register"), max_length=200)
    terms_hash = models.CharField(max_length=64)
    result = models.CharField(_("result"), max_length=8, choices=Result.choices)
    searched_at = models.DateTimeField(default=timezone.now)
    searched_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-searched_at"]


class Exemption(Coded):
    """A requirement that somebody need not meet from day to day inclusive, granted by one and confirmed by another."""

    CODE_PREFIX = "X"

    person = models.ForeignKey(Person, models.PROTECT, related_name="exemptions")
    check_type = models.ForeignKey(CheckType, models.PROTECT, related_name="+")
    reason = models.TextField(_("reason"))
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"))
    granted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    granted_at = models.DateTimeField(default=timezone.now)
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ConfirmedQuerySet.as_manager()

    class Meta:
        ordering = ["-granted_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(confirmed_by=None) | ~models.Q(confirmed_by=models.F("granted_by")),
                name="exemption_two_people",
            ),
            models.CheckConstraint(condition=models.Q(ends_on__gte=models.F("starts_on")), name="exemption_in_order"),
        ]

    @property
    def reach(self) -> Reach:
        return self.person.reach


class RiskAssessment(Coded):
    """In writing: why a supervised guest may come without all checks, who watches over him, until when. Two sign."""

    CODE_PREFIX = "RA"

    person = models.ForeignKey(Person, models.PROTECT, related_name="risk_assessments")
    activity = models.CharField(_("what he comes for"), max_length=300)
    supervision = models.CharField(_("who is with him all the time"), max_length=300)
    known_sealed = models.BinaryField(editable=False)
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"))
    signed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    signed_at = models.DateTimeField(default=timezone.now)
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    revoked_at = models.DateTimeField(null=True, blank=True)

    known = SealedText()

    objects = ConfirmedQuerySet.as_manager()

    class Meta:
        ordering = ["-signed_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(confirmed_by=None) | ~models.Q(confirmed_by=models.F("signed_by")),
                name="risk_assessment_two_people",
            ),
            models.CheckConstraint(condition=models.Q(ends_on__gte=models.F("starts_on")), name="risk_in_order"),
        ]

    @property
    def reach(self) -> Reach:
        return self.person.reach
