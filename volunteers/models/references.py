from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.crypto import SealedText
from portal.models import Coded
from volunteers.querysets import RefereeRequestQuerySet
from volunteers.states import RefereeState

from .application import Application


class RefereeRequest(Coded):
    """Somebody asked for a reference, by a link that only he gets: the database keeps its hash."""

    CODE_PREFIX = "RF"

    class Relation(models.TextChoices):
        COLLEAGUE = "colleague", _("colleague or head")
        ORGANISATION = "organisation", _("fellow member of an organisation")
        NEIGHBOUR = "neighbour", _("neighbour or friend")
        RELATIVE = "relative", _("relative")

    application = models.ForeignKey(Application, models.PROTECT, related_name="referees")
    name = models.CharField(_("name"), max_length=200)
    relation = models.CharField(_("how you know each other"), max_length=12, choices=Relation.choices)
    organisation = models.CharField(_("organisation and position"), max_length=200, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("phone"), max_length=16, blank=True)
    saw_with_children = models.BooleanField(_("has seen you with children"), default=False)
    language = models.CharField(max_length=2, choices=settings.LANGUAGES, default="kk")
    state = models.CharField(max_length=10, choices=RefereeState.choices, default=RefereeState.CREATED)
    token_hash = models.CharField(max_length=64, null=True, unique=True, editable=False)
    sent_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    reminders = models.PositiveSmallIntegerField(default=0)
    bounced_at = models.DateTimeField(null=True, blank=True)
    replaced_by = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="replaces")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = RefereeRequestQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(  # unless he is forgotten with his case
                condition=~models.Q(email="", phone="") | models.Q(name=""), name="referee_can_be_reached"
            ),
        ]


class ReferenceResponse(Coded):
    """What the referee wrote, encrypted; read by the safeguarding lead only, each time with a log entry."""

    CODE_PREFIX = "RR"

    class Result(models.TextChoices):
        ACCEPTED = "accepted", _("accepted")
        NOT_USABLE = "not_usable", _("not usable")
        CONCERN = "concern", _("concern")

    class Channel(models.TextChoices):
        FORM = "form", _("by the form")
        PHONE = "phone", _("by phone")
        PAPER = "paper", _("on paper")

    request = models.OneToOneField(RefereeRequest, models.PROTECT, related_name="response")
    channel = models.CharField(max_length=5, choices=Channel.choices, default=Channel.FORM)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    shareable = models.BooleanField(default=False)  # the referee lets the applicant read the answers
    answers_sealed = models.BinaryField(editable=False)
    names_a_reason = models.BooleanField()  # "any reason, proven or not, why this person should not work with children"
    received_at = models.DateTimeField(auto_now_add=True)
    result = models.CharField(max_length=12, choices=Result.choices, blank=True)
    called_back = models.BooleanField(_("called back"), default=False)
    assessed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    assessed_at = models.DateTimeField(null=True, blank=True)

    answers = SealedText()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(recorded_by=None)
                | models.Q(assessed_by=None)
                | ~models.Q(recorded_by=models.F("assessed_by")),
                name="reference_recorded_and_assessed_by_two",
            ),
        ]
