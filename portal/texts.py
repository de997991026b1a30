"""By which way letters go, and text messages: who takes the urgent ones, what such a one says, and at what hour it may wake
somebody."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django.conf import settings
from django.utils import timezone

from portal.models import OutgoingMessage, User

Channel = OutgoingMessage.Channel
COPY = ":sms"  # what the key of an urgent letter's text message has at its end
ACCOUNT = "account/"  # letters about the account itself
AWAITED = (ACCOUNT, "volunteers/contact_code")  # letters with a code that their reader has asked for just now
LENGTH = 201  # characters of a text message in Kazakh: three parts of 67


def key_of_letter(key: str) -> str:
    """The `dedupe_key` of the letter, also where `key` is that of its text message."""
    return key.removesuffix(COPY)


def ways() -> list[tuple[str, str]]:
    """The channels that somebody may choose for his letters, with their names: a messenger where one is set up."""
    return [choice for choice in Channel.choices if choice[0] != Channel.CHAT or settings.MESSENGER_SENDER]


def way(user: User | None, email: str, phone: str, *, is_secret: bool) -> tuple[str, str]:
    """The channel of a letter and its address: as `user` chose (`User.letters_by`) while his phone is verified; a secret one,
    and of whoever chose nothing, by e-mail, or by text message where there is none."""
    if user and user.letters_by != Channel.EMAIL and user.phone and user.phone_verified and not is_secret:
        return user.letters_by, user.phone
    return (Channel.EMAIL, email) if email else (Channel.SMS, phone)


def moved_to(message: OutgoingMessage) -> str:
    """The e-mail that gets a letter in place of a phone or an e-mail that is no longer its reader's; nothing where it can go as
    it is. What tells of the account itself stays: the old address may be the one that has to hear of it."""
    who, by_email = message.recipient, message.channel == Channel.EMAIL
    if who is None or message.is_secret or (by_email and message.letter.startswith(ACCOUNT)):
        return ""
    return "" if message.address == (who.email if by_email else who.phone) else who.email or ""


def brief(subject: str, link: str) -> str:
    """An urgent letter as a text message: its subject, cut where it is long, and the whole link."""
    room = LENGTH - len(link) - 1
    if len(subject) > room:
        subject = subject[: max(room - 1, 0)].rstrip() + "…"
    return f"{subject}\n{link}"


def takes_texts(user: User | None) -> bool:
    """Whether he gets urgent letters by text message too: his phone is verified, and he has not switched it off."""
    return bool(user and user.phone and user.phone_verified and user.urgent_texts)


def is_out_of_date(message: OutgoingMessage) -> bool:
    """Whether the row is the text message of an urgent letter to somebody who has another phone by now, or wants none."""
    if not message.dedupe_key.endswith(COPY):
        return False
    return not (takes_texts(message.recipient) and message.recipient.phone == message.address)


def may_leave_at(message: OutgoingMessage, now: datetime) -> datetime:
    """`now`; for a text message or one to a messenger in `PROGRAMME["quiet_hours"]` (Asia/Almaty) their end, if it is of use then. A code for
    which somebody sits and waits leaves at any hour, as e-mails do."""
    awaited = message.is_secret and message.letter.startswith(AWAITED)
    if message.channel == Channel.EMAIL or awaited:
        return now
    begin, end = map(time.fromisoformat, settings.PROGRAMME["quiet_hours"])
    local = timezone.localtime(now)
    if end <= local.time() < begin:
        return now
    day = local.date() + timedelta(days=1 if local.time() >= begin else 0)
    morning = timezone.make_aware(datetime.combine(day, end))
    return now if message.useful_until and message.useful_until <= morning else morning
