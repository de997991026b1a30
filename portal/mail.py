"""Letters and text messages: `queue()` and `queue_many()` write rows in the caller's transaction, `deliver()` sends one.

A Celery message after commit is only a hint; the sweep finds what no task took. Two workers never send one row
(it is claimed by a conditional update with a lease); a crash between sending and marking may repeat a letter, always
with the same Message-ID.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.db.models import QuerySet
from django.template import Context
from django.template.loader import get_template, render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.module_loading import import_string

from portal import texts
from portal.models import OutgoingMessage, User

logger = logging.getLogger(__name__)
LEASE = timedelta(minutes=2)
RETRY_AFTER = [timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6)]


class Words(NamedTuple):
    """A letter as it reads: `text` alone, `short` with the link below it, `html` in its layout; and the link."""

    subject: str
    text: str
    short: str
    html: str
    link: str = ""


@dataclass(frozen=True)
class Recipient:
    """Somebody without an account, e.g. a referee. One of `email` and `phone` (E.164) is enough."""

    language: str
    email: str = ""
    phone: str = ""
    user: User | None = None

    @classmethod
    def of(cls, user: User) -> Recipient:
        return cls(user.language, user.email or "", user.phone or "", user)


def absolute(view: str, *args, **kwargs) -> str:
    """The full address of a view, in the language that is active: letters are rendered in the reader's."""
    return settings.SITE_URL + reverse(view, args=args, kwargs=kwargs)


def render(letter: str, language: str, context: dict, action: tuple[str, ...] = ()) -> Words:
    """The words of `mail/<letter>.txt` in `language`, as they would be sent; also for a look before that."""
    with translation.override(language):
        link = absolute(action[0], *action[1:]) if action else ""
        # Plain text: nothing is escaped here, everything is in the HTML layout.
        template = get_template(f"mail/{letter}.txt").template
        subject, text = template.render(Context({**context, "link": link}, autoescape=False)).strip().split("\n", 1)
        subject, text = subject.strip(), text.strip()
        html = render_to_string("mail/layout.html", {"subject": subject, "text": text, "link": link})
        short = render_to_string("mail/layout.txt", {"text": text, "link": link}).strip()
    return Words(subject, text, short, html, link)


@dataclass(frozen=True, kw_only=True)
class Letter:
    """One letter to be written: `name` is that of its text, `mail/<name>.txt`, whose first line is the subject.

    `action` is a view's name and its arguments: the one link of the letter. `due_at` (default now) and `useful_until` are
    UTC; after the latter the letter is skipped, not sent. `is_secret` says that it holds a code or a link that opens
    something: its words are forgotten once it is sent. Goes by e-mail, by text message to somebody without e-mail.

    `urgent_until` (UTC) says that it is urgent, and until when: whoever has both an e-mail and a verified phone gets a
    second row, a text message of the subject and the link, unless he has switched that off (`User.urgent_texts`) or the
    letter is secret. Its key is that of the letter with `texts.COPY`: whatever cancels or forgets the letter does the same to it.
    """

    name: str
    to: User | Recipient
    context: dict
    dedupe_key: str
    action: tuple[str, ...] = ()
    about: str = ""
    due_at: datetime | None = None
    useful_until: datetime | None = None
    attachments: list[dict] | None = None
    is_secret: bool = False
    urgent_until: datetime | None = None

    def rows(self) -> list[OutgoingMessage]:
        """The unsaved row, its words in the reader's language, and that of its text message where there is one."""
        to = Recipient.of(self.to) if isinstance(self.to, User) else self.to
        words = render(self.name, to.language, self.context, self.action)
        common = {
            "letter": self.name,
            "recipient": to.user,
            "language": to.language,
            "subject": words.subject[:200],
            "about": self.about,
            "is_secret": self.is_secret,
            "due_at": self.due_at or timezone.now(),
        }
        letter = OutgoingMessage(
            channel=OutgoingMessage.Channel.EMAIL if to.email else OutgoingMessage.Channel.SMS,
            address=to.email or to.phone,
            text=words.short,
            html=words.html if to.email else "",
            attachments=self.attachments or [],
            dedupe_key=self.dedupe_key,
            useful_until=self.useful_until,
            **common,
        )
        if not (self.urgent_until and to.email and texts.takes_texts(to.user)) or self.is_secret:
            return [letter]
        text = OutgoingMessage(
            channel=OutgoingMessage.Channel.SMS,
            address=to.phone,
            text=texts.brief(words.subject, words.link),
            dedupe_key=self.dedupe_key + texts.COPY,
            useful_until=self.urgent_until,
            **common,
        )
        return [letter, text]


def queue_many(letters: Iterable[Letter]) -> None:
    """Writes letters in one statement, in the caller's transaction. Where a row with the same `dedupe_key` is there
    already, or is being written by somebody else, it stays as it is and nothing new is written."""
    written = [(letter, row) for letter in letters for row in letter.rows()]
    OutgoingMessage.objects.bulk_create([row for _letter, row in written], ignore_conflicts=True)
    at_once = [row.uuid for letter, row in written if letter.due_at is None]
    if at_once:
        transaction.on_commit(lambda: _hint_at(at_once), robust=True)


def queue(letter: str, to: User | Recipient, context: dict, *, dedupe_key: str, **more) -> OutgoingMessage:
    """Writes one `Letter` of that name; the rest of its fields are in `more`. A row with the same `dedupe_key` is
    returned as it is. Of an urgent letter the row of the e-mail is returned."""
    queue_many([Letter(name=letter, to=to, context=context, dedupe_key=dedupe_key, **more)])
    return OutgoingMessage.objects.get(dedupe_key=dedupe_key)


def _hint_at(uuids: list[UUID]) -> None:
    for pk in OutgoingMessage.objects.filter(uuid__in=uuids).values_list("pk", flat=True):
        hint(pk)


def hint(pk: int) -> None:
    """Asks a worker to deliver now. Lost hints are no loss: the sweep finds the row."""
    from portal.tasks import deliver_message  # noqa: PLC0415 - the task calls deliver() in this module

    deliver_message.delay(pk)


def cancel(dedupe_key_prefix: str) -> int:
    """Cancels letters that still wait; returns how many. Sent ones stay as they are."""
    waiting = OutgoingMessage.objects.filter(
        dedupe_key__startswith=dedupe_key_prefix, state=OutgoingMessage.State.SCHEDULED
    )
    return waiting.update(state=OutgoingMessage.State.CANCELLED)


def stop(message: OutgoingMessage) -> bool:
    """Cancels one letter that still waits; False when it has left, or is leaving, or was stopped before. Its text
    message is stopped with it."""
    waiting = _copies(message).filter(state=OutgoingMessage.State.SCHEDULED)
    return bool(waiting.update(state=OutgoingMessage.State.CANCELLED))


def resume(message: OutgoingMessage) -> bool:
    """Lets a stopped letter leave after all, at once, and its text message with it; False when it was not stopped."""
    stopped = _copies(message).filter(state=OutgoingMessage.State.CANCELLED)
    if not stopped.update(state=OutgoingMessage.State.SCHEDULED, due_at=timezone.now()):
        return False
    transaction.on_commit(lambda: hint(message.pk), robust=True)
    return True


def _copies(message: OutgoingMessage) -> QuerySet[OutgoingMessage]:
    """The letter and its text message."""
    key = texts.key_of_letter(message.dedupe_key)
    return OutgoingMessage.objects.filter(dedupe_key__in=[key, key + texts.COPY])


def forget(letters: QuerySet[OutgoingMessage]) -> int:
    """Empties letters of whom they went to and what they said, and stops those that wait; returns how many."""
    waiting = [OutgoingMessage.State.SCHEDULED, OutgoingMessage.State.LOCKED]
    letters.filter(state__in=waiting).update(state=OutgoingMessage.State.CANCELLED)
    return letters.update(address="", subject="", text="", html="", attachments=[])


def deliver(pk: int, *, now: datetime | None = None) -> bool:
    """Sends one due row and marks it; False when it is not due, or another worker holds or has sent it.

    A text message waits for the end of `PROGRAMME["quiet_hours"]` where it is of use then; a code or a secret link does
    not wait. The text message of an urgent letter is cancelled if the person has another phone by now, or wants none. A
    failure is kept on the row and tried again later (1 min, 10 min, 1 h, 6 h), then the row is `failed`.
    """
    now = now or timezone.now()
    claimed = OutgoingMessage.objects.filter(pk=pk).due(now)
    if not claimed.update(state=OutgoingMessage.State.LOCKED, locked_until=now + LEASE):
        return False
    message = OutgoingMessage.objects.get(pk=pk)
    if message.useful_until and message.useful_until < now:
        _mark(message, OutgoingMessage.State.SKIPPED_LATE)
        return False
    if texts.is_out_of_date(message):
        _mark(message, OutgoingMessage.State.CANCELLED)
        return False
    if (morning := texts.may_leave_at(message, now)) > now:
        _mark(message, OutgoingMessage.State.SCHEDULED, due_at=morning)
        return False
    try:
        _send(message)
    except Exception as error:  # whatever a mail server or gateway throws must not lose the row
        logger.warning("letter %s failed: %s", message.code, type(error).__name__)
        attempts = message.attempts + 1
        again = attempts <= len(RETRY_AFTER)
        _mark(
            message,
            OutgoingMessage.State.SCHEDULED if again else OutgoingMessage.State.FAILED,
            attempts=attempts,
            failure=type(error).__name__,
            due_at=now + RETRY_AFTER[attempts - 1] if again else message.due_at,
        )
        return False
    forgotten = {"text": "", "html": ""} if message.is_secret and not settings.DEMO_MODE else {}
    _mark(message, OutgoingMessage.State.SENT, sent_at=now, **forgotten)
    return True


def _mark(message: OutgoingMessage, state: str, **fields) -> None:
    OutgoingMessage.objects.filter(pk=message.pk).update(state=state, locked_until=None, **fields)


def _send(message: OutgoingMessage) -> None:
    if message.channel == OutgoingMessage.Channel.SMS:
        if settings.SMS_SENDER:
            import_string(settings.SMS_SENDER)(message.address, message.text)
        return
    letter = EmailMultiAlternatives(
        message.subject,
        message.text,
        to=[message.address],
        headers={"Message-ID": f"<{message.uuid}@{settings.SITE_HOST}>"},
    )
    letter.attach_alternative(message.html, "text/html")
    for attachment in message.attachments:
        letter.attach(attachment["name"], attachment["content"], attachment["mime"])
    letter.send()


def sweep(*, now: datetime | None = None, limit: int = 500) -> int:
    """Sends every due row that no task took; returns how many were sent."""
    now = now or timezone.now()
    due = OutgoingMessage.objects.due(now).order_by("due_at", "pk").values_list("pk", flat=True)[:limit]
    return sum(deliver(pk, now=now) for pk in list(due))
