from collections.abc import Callable
from typing import NamedTuple

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portal import access

from .accounts import RoleGrant
from .base import Coded

SUBJECT_LENGTH = 200  # characters


class OutgoingMessageQuerySet(models.QuerySet):
    def due(self, now):
        """What should have left by `now` and nobody holds: scheduled rows, and rows whose sender died mid-way."""
        return self.filter(
            models.Q(state=OutgoingMessage.State.SCHEDULED)
            | models.Q(state=OutgoingMessage.State.LOCKED, locked_until__lt=now),
            due_at__lte=now,
        )

    def undelivered(self):
        """What did not arrive: given up here, or brought back by the other side."""
        return self.filter(state__in=[OutgoingMessage.State.FAILED, OutgoingMessage.State.BOUNCED])

    def wrongly_addressed(self):
        """What did not arrive because of its address; not what our own mail server or gateway did not take."""
        refused = models.Q(state=OutgoingMessage.State.FAILED, failure__in=OutgoingMessage.ADDRESS_REFUSED)
        return self.filter(refused | models.Q(state=OutgoingMessage.State.BOUNCED))

    def visible_to(self, user):
        """What did not arrive, of those to whom `user` may send again."""
        return self.undelivered().to_those_of(user)

    def to_those_of(self, user):
        """Of whom `user` may see: for a grant over the whole oblast everybody; for one of a district the people and the matters
        that the apps show him (`sees_letters_of`) and who speaks for its schools."""
        schools = access.within(user, "letters.failed", district="school__district")
        theirs = models.Q(recipient__in=RoleGrant.objects.in_force().filter(schools).values("user"))
        for sight in sights:
            theirs |= models.Q(recipient__in=sight.people(user))
            theirs |= models.Q(recipient=None, about__in=sight.matters(user))
        if not access.allows(user, "letters.failed"):
            return self.none()
        return self.filter(access.within(user, "letters.failed") | theirs)

    def newest_state(self, user, address):
        """The state of the last e-mail that left for `user` at this address; both may be references of an outer query."""
        left = self.filter(
            recipient=user, address=address, channel=OutgoingMessage.Channel.EMAIL, sent_at__isnull=False
        )
        return left.order_by("-sent_at", "-pk").values_list("state", flat=True)[:1]

    def come_back(self, user):
        """Whether the last e-mail to the address of `user` came back."""
        return OutgoingMessage.State.BOUNCED in self.newest_state(user, user.email or "-")


class Sight(NamedTuple):
    people: Callable
    matters: Callable
    pages: Callable


sights: list[Sight] = []


def sees_letters_of(people, matters, pages):
    """An app above tells whose letters somebody may look after. `people(user)` gives the keys of their accounts, `matters(user)`
    the codes of that about which people without an account are written to, and `pages(user, letters)`, by the key of a letter,
    where its reader or its matter is looked after: words and addresses."""
    sights.append(Sight(people, matters, pages))


class OutgoingMessage(Coded):
    """A letter or a text message. The row is the proof: it is written in the transaction of the act it tells of."""

    CODE_PREFIX = "L"

    class Channel(models.TextChoices):
        EMAIL = "email", _("e-mail")
        SMS = "sms", _("text message")
        CHAT = "chat", _("messenger")

    class State(models.TextChoices):
        SCHEDULED = "scheduled", _("waiting")
        LOCKED = "locked", _("being sent")
        SENT = "sent", _("sent")
        FAILED = "failed", pgettext_lazy("letter", "failed")
        BOUNCED = "bounced", pgettext_lazy("letter", "came back")
        CANCELLED = "cancelled", _("cancelled")
        SKIPPED_LATE = "skipped_late", _("not sent: too late")

    # Kinds of errors, kept as `failure`, that say of an address that it is none.
    ADDRESS_REFUSED = ("SMTPRecipientsRefused", "AnymailRecipientsRefused", "ValidationError")

    letter = models.CharField(max_length=64)
    channel = models.CharField(max_length=5, choices=Channel.choices)
    address = models.CharField(max_length=254)
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="letters"
    )
    language = models.CharField(max_length=2)
    subject = models.CharField(max_length=SUBJECT_LENGTH, blank=True)
    text = models.TextField()
    html = models.TextField(blank=True)
    # Holds a code or a link that opens something: the words are forgotten once it is sent (not in the demonstration).
    is_secret = models.BooleanField(default=False)
    attachments = models.JSONField(default=list, blank=True)  # [{"name", "mime", "content"}], text only
    about = models.CharField(max_length=80, blank=True)  # code of the case or booking it belongs to
    dedupe_key = models.CharField(max_length=200, unique=True)
    due_at = models.DateTimeField()
    useful_until = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=12, choices=State.choices, default=State.SCHEDULED)
    locked_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    failure = models.CharField(max_length=200, blank=True)
    failing_since = models.DateTimeField(null=True, blank=True)  # when it could not leave for the first time
    # The address that ends letters of this kind by a POST (RFC 8058); empty where they cannot be ended.
    unsubscribe = models.CharField(max_length=300, blank=True, default="", db_default="")
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    objects = OutgoingMessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("letter")
        verbose_name_plural = _("letters")
        ordering = ["-created_at", "-pk"]
        indexes = [
            models.Index(fields=["due_at"], condition=models.Q(state="scheduled"), name="message_scheduled"),
            models.Index(fields=["about"], name="message_about"),
            models.Index(fields=["locked_until"], condition=models.Q(state="locked"), name="message_held"),
            models.Index(
                fields=["due_at"], condition=models.Q(state__in=["failed", "bounced"]), name="message_undelivered"
            ),
        ]
