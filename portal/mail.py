"""Letters and text messages: `queue()` and `queue_many()` write rows in the caller's transaction, `deliver()` sends one.

A Celery message after commit is only a hint; the sweep finds what no task took. Two workers never send one row: rows are
claimed in batches, with a lease. Each is marked as soon as the other side has taken it, so a crash may repeat one letter,
always with the same Message-ID.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from portal import broker, texts
from portal.gateways import Post, PutOff
from portal.letter_words import Words, Written, absolute, render, written
from portal.models import OutgoingMessage, User
from portal.models.messages import SUBJECT_LENGTH
from portal.retention import SCHEDULE

__all__ = ["Letter", "Recipient", "Words", "absolute", "queue", "queue_many", "render"]

logger = logging.getLogger(__name__)
LEASE = timedelta(minutes=2)  # longer than a mail server may be silent
BATCH = 20  # letters that a worker claims at a time
HOLD = timedelta(seconds=20)  # and for how long it goes on beginning with one of them; the rest it gives back
HINT = 50  # letters of one message to a worker
SWEEP = 2000  # letters of one sweep
RETRY_AFTER = [timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6)]
SOONEST, LATEST = timedelta(minutes=1), timedelta(hours=1)  # between tries of what a mail server puts off
GIVE_UP_AFTER = timedelta(days=4)  # RFC 5321, 4.5.4.1


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


@dataclass(frozen=True, kw_only=True)
class Letter:
    """One letter to be written: `name` is that of its text, `mail/<name>.txt`, whose first line is the subject.

    `action` is a view's name and its arguments: the one link of the letter. `due_at` (default now) and `useful_until` are
    UTC; after the latter the letter is skipped, not sent. `is_secret` says that it holds a code or a link that opens
    something: its words are forgotten once it is sent. `unsubscribe` is an address of ours whose POST ends letters of this
    kind (RFC 8058). Goes by `texts.way`: e-mail as a rule, by text message to somebody without one.

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
    unsubscribe: str = ""
    urgent_until: datetime | None = None

    def rows(self, written: Written) -> list[OutgoingMessage]:
        """The unsaved row, its words in the reader's language, and that of its text message where there is one."""
        to = Recipient.of(self.to) if isinstance(self.to, User) else self.to
        words = render(self.name, to.language, self.context, self.action, {} if self.is_secret else written)
        common = {
            "letter": self.name,
            "recipient": to.user,
            "language": to.language,
            "subject": words.subject[:SUBJECT_LENGTH],
            "about": self.about,
            "is_secret": self.is_secret,
            "due_at": self.due_at or timezone.now(),
        }
        channel, address = texts.way(to.user, to.email, to.phone, is_secret=self.is_secret)
        by_email = channel == OutgoingMessage.Channel.EMAIL
        letter = OutgoingMessage(
            channel=channel,
            address=address,
            text=words.short,
            html=words.html if by_email else "",
            attachments=self.attachments or [],
            unsubscribe=self.unsubscribe,
            dedupe_key=self.dedupe_key,
            useful_until=self.useful_until,
            **common,
        )
        if not (self.urgent_until and by_email and texts.takes_texts(to.user)) or self.is_secret:
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
    letters = list(letters)
    texts_of_editors = written({letter.name for letter in letters if not letter.is_secret})
    rows = [(letter, row) for letter in letters for row in letter.rows(texts_of_editors)]
    OutgoingMessage.objects.bulk_create([row for _letter, row in rows], ignore_conflicts=True)
    at_once = [row.uuid for letter, row in rows if letter.due_at is None]
    if at_once:
        transaction.on_commit(lambda: hint(at_once), robust=True)


def queue(letter: str, to: User | Recipient, context: dict, *, dedupe_key: str, **more) -> OutgoingMessage:
    """Writes one `Letter` of that name; the rest of its fields are in `more`. A row with the same `dedupe_key` is
    returned as it is. Of an urgent letter the row of the e-mail is returned."""
    queue_many([Letter(name=letter, to=to, context=context, dedupe_key=dedupe_key, **more)])
    return OutgoingMessage.objects.get(dedupe_key=dedupe_key)


def hint(uuids: list[UUID]) -> None:
    """Asks workers to deliver these now. Lost hints are no loss: the sweep finds the rows."""
    from portal.tasks import deliver_messages  # noqa: PLC0415 - the task calls deliver_many() in this module

    for first in range(0, len(uuids), HINT):
        if not broker.ask(deliver_messages, [str(uuid) for uuid in uuids[first : first + HINT]]):
            return


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
    transaction.on_commit(lambda: hint([message.uuid]), robust=True)
    return True


def _copies(message: OutgoingMessage) -> QuerySet[OutgoingMessage]:
    """The letter and its text message."""
    key = texts.key_of_letter(message.dedupe_key)
    return OutgoingMessage.objects.filter(dedupe_key__in=[key, key + texts.COPY])


def forget(letters: QuerySet[OutgoingMessage]) -> int:
    """Empties letters of whom they went to and what they said, and stops those that wait; returns how many."""
    waiting = [OutgoingMessage.State.SCHEDULED, OutgoingMessage.State.LOCKED]
    letters.filter(state__in=waiting).update(state=OutgoingMessage.State.CANCELLED)
    return letters.update(address="", subject="", text="", html="", attachments=[], unsubscribe="")


def forget_old(on: date) -> list[str]:
    """Every night: empties letters that left, or will not leave, more than `PROGRAMME["letter_days"]` ago; returns their codes.
    Those about an application go with it, later: they show what the applicant was told."""
    old = list(old_letters(on))
    forget(OutgoingMessage.objects.filter(pk__in=[letter.pk for letter in old]))
    return [letter.code for letter in old]


def old_letters(on: date) -> QuerySet[OutgoingMessage]:
    moving = [OutgoingMessage.State.SCHEDULED, OutgoingMessage.State.LOCKED]
    old = OutgoingMessage.objects.filter(due_at__date__lt=SCHEDULE["letters"].limit(on)).exclude(state__in=moving)
    return old.exclude(address="").exclude(about__startswith="A-").only("pk", "uuid").order_by("pk")


def deliver(pk: int, *, now: datetime | None = None) -> bool:
    """Sends one due row and marks it; False when it is not due, or another worker holds or has sent it.

    A text message waits for the end of `PROGRAMME["quiet_hours"]` where it is of use then; a code or a secret link does
    not wait. The text message of an urgent letter is cancelled if the person has another phone by now, or wants none. A
    failure is kept on the row and tried again later (1 min, 10 min, 1 h, 6 h), then the row is `failed`. What the mail server
    puts off (`PutOff`: it is away, say) counts as no try; it leaves within the hour in which the server takes letters again,
    and is `failed` after `GIVE_UP_AFTER`.
    """
    return bool(_deliver(OutgoingMessage.objects.filter(pk=pk), now, 1))


def deliver_many(uuids: list[str], *, now: datetime | None = None) -> int:
    """The same for those of these rows that are due; returns how many were sent."""
    return _deliver(OutgoingMessage.objects.filter(uuid__in=uuids), now, len(uuids))


def sweep(*, now: datetime | None = None, limit: int = SWEEP) -> int:
    """The same for what no task took, the oldest first; returns how many were sent."""
    return _deliver(OutgoingMessage.objects.all(), now, limit)


def _deliver(rows: QuerySet[OutgoingMessage], now: datetime | None, limit: int) -> int:
    """Batch after batch, until nothing is due or `limit` is reached; where the other side is slow or silent one batch is
    enough: the worker has more to do, and the next sweep goes on."""
    sent = 0
    with Post() as post:
        for done in range(0, limit, BATCH):
            moment, begun = now or timezone.now(), time.monotonic()
            held_until = moment + HOLD + LEASE
            keys = _claim(rows, moment, held_until, min(BATCH, limit - done))
            if not keys:
                break
            for turn, key in enumerate(keys):
                if time.monotonic() - begun > HOLD.total_seconds():
                    _held(held_until, keys[turn:]).update(state=OutgoingMessage.State.SCHEDULED, locked_until=None)
                    return sent
                # Read at the last moment: meanwhile it may have been forgotten, or taken by somebody else.
                message = _held(held_until, [key]).select_related("recipient").first()
                sent += bool(message and _send(message, post, moment))
    return sent


@transaction.atomic
def _claim(rows: QuerySet[OutgoingMessage], now: datetime, held_until: datetime, most: int) -> list[int]:
    """The keys of up to `most` due rows, held until then; those that somebody else claims just now are left to him."""
    due = rows.due(now).order_by("due_at", "pk").select_for_update(skip_locked=True)
    keys = list(due.values_list("pk", flat=True)[:most])
    OutgoingMessage.objects.filter(pk__in=keys).update(state=OutgoingMessage.State.LOCKED, locked_until=held_until)
    return keys


def _held(until: datetime, keys: list[int]) -> QuerySet[OutgoingMessage]:
    return OutgoingMessage.objects.filter(pk__in=keys, state=OutgoingMessage.State.LOCKED, locked_until=until)


def _send(message: OutgoingMessage, post: Post, now: datetime) -> bool:
    """What becomes of one row that this worker holds; True when it was sent."""
    if message.useful_until and message.useful_until < now:
        _mark(message, OutgoingMessage.State.SKIPPED_LATE)
        return False
    if texts.is_out_of_date(message):
        _mark(message, OutgoingMessage.State.CANCELLED)
        return False
    if address := texts.moved_to(message):
        message.channel, message.address = OutgoingMessage.Channel.EMAIL, address
        message.save(update_fields=["channel", "address"])
    if (morning := texts.may_leave_at(message, now)) > now:
        _mark(message, OutgoingMessage.State.SCHEDULED, due_at=morning)
        return False
    try:
        post.send(message)
    except PutOff as error:
        logger.warning("letter %s is put off: %s", message.code, error.kind)
        _put_off(message, error.kind, now)
        return False
    except Exception as error:  # whatever a mail server or gateway throws must not lose the row
        logger.warning("letter %s failed: %s", message.code, type(error).__name__)
        _failed(message, type(error).__name__, now)
        return False
    forgotten = {"text": "", "html": ""} if message.is_secret and not settings.DEMO_MODE else {}
    _mark(message, OutgoingMessage.State.SENT, sent_at=now, **forgotten)
    return True


def _failed(message: OutgoingMessage, failure: str, now: datetime) -> None:
    attempts = message.attempts + 1
    again = attempts <= len(RETRY_AFTER)
    _mark(
        message,
        OutgoingMessage.State.SCHEDULED if again else OutgoingMessage.State.FAILED,
        attempts=attempts,
        failure=failure,
        failing_since=message.failing_since or now,
        due_at=now + RETRY_AFTER[attempts - 1] if again else message.due_at,
    )


def _put_off(message: OutgoingMessage, failure: str, now: datetime) -> None:
    """The longer it lasts the rarer the tries."""
    since = message.failing_since or now
    again = now - since < GIVE_UP_AFTER
    _mark(
        message,
        OutgoingMessage.State.SCHEDULED if again else OutgoingMessage.State.FAILED,
        failure=failure,
        failing_since=since,
        due_at=now + min(max(now - since, SOONEST), LATEST) if again else message.due_at,
    )


def _mark(message: OutgoingMessage, state: str, **fields) -> None:
    OutgoingMessage.objects.filter(pk=message.pk).update(state=state, locked_until=None, **fields)
