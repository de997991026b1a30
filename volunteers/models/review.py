from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.crypto import SealedText
from portal.models import AppendOnly, Coded

from .application import Application, ApplicationRevision
from .checks import Check


class Recommendation(models.TextChoices):
    YES = "yes", _("recommended")
    UNSURE = "unsure", _("unsure")
    NO = "no", _("not recommended")


class Review(AppendOnly, Coded):
    """What one reader makes of the answers, pinned to the revision he read. Others' are hidden until his own is in."""

    CODE_PREFIX = "RV"

    application = models.ForeignKey(Application, models.PROTECT, related_name="reviews")
    revision = models.ForeignKey(ApplicationRevision, models.PROTECT, related_name="+")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    scores = models.JSONField(default=dict)  # criterion → 1 to 4
    note_sealed = models.BinaryField(null=True, editable=False)
    recommendation = models.CharField(max_length=6, choices=Recommendation.choices)
    submitted_at = models.DateTimeField(default=timezone.now)

    note = SealedText()

    class Meta:
        ordering = ["submitted_at"]
        constraints = [models.UniqueConstraint(fields=["application", "reviewer"], name="review_once")]


class Interview(AppendOnly, Coded):
    """The protocol of one interview: standard questions, answers, a recommendation. Makes the verdict of its check."""

    CODE_PREFIX = "IV"

    evidence_of = models.ForeignKey(Check, models.PROTECT, related_name="interviews")
    application = models.ForeignKey(Application, models.PROTECT, related_name="interviews")
    held_on = models.DateField(_("held on"))
    place = models.CharField(_("place, or how"), max_length=200)
    second_interviewer = models.CharField(_("second interviewer"), max_length=200, blank=True)
    protocol_version = models.PositiveSmallIntegerField(default=1)
    answers_sealed = models.BinaryField(editable=False)
    recommendation = models.CharField(max_length=6, choices=Recommendation.choices)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(default=timezone.now)

    answers = SealedText()

    class Meta:
        ordering = ["-held_on", "-pk"]


class SelfDisclosure(AppendOnly, Coded):
    """What somebody says about his own past: convictions, expunged ones too, prosecutions, bans, removals. Encrypted;
    the safeguarding lead alone reads it, each time with a log entry. A new one makes the former count no more."""

    CODE_PREFIX = "SD"

    evidence_of = models.ForeignKey(Check, models.PROTECT, related_name="disclosures")
    application = models.ForeignKey(Application, models.PROTECT, null=True, blank=True, related_name="disclosures")
    form_version = models.PositiveSmallIntegerField(default=1)
    answers_sealed = models.BinaryField(editable=False)
    says_yes = models.BooleanField()  # to at least one question
    signed_name = models.CharField(max_length=200)
    signed_at = models.DateTimeField(default=timezone.now)

    answers = SealedText()

    class Meta:
        ordering = ["-signed_at", "-pk"]
