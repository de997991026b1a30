"""The ways out: a mail server or a provider of e-mail, a gateway for text messages, one for a messenger. Each is one line of
settings; what it throws reaches the caller, who keeps the row."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from smtplib import SMTPSenderRefused, SMTPServerDisconnected
from urllib.parse import parse_qs, quote

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.validators import validate_email
from django.utils.module_loading import import_string

from portal.models import OutgoingMessage

logger = logging.getLogger(__name__)
PHONE = "{phone}"  # where the phone goes in the address of a service
SAMPLE_PHONE = "+77000000000"
HANGS_UP = 421  # RFC 5321: the server closes this connection
REFUSED = 500  # RFC 5321: from here on for good, below for the time being
NOT_THE_ADDRESS = b"5.7."  # RFC 3463: the server wants nothing from us, e.g. since it relays for others only
NOT_NOW = {429, 500, 502, 503, 504}  # answers of providers over HTTP
PATIENCE = 25  # seconds that a service has for its answer; with those to reach it well within the lease of a row

Sender = Callable[[str, str], object]


class NotTaken(Exception):
    """A gateway said no, and not why."""


class PutOff(Exception):
    """The mail server is away, or takes nothing from us or nothing now. That says nothing of the letter or its address, and the
    server has not taken it: it may be tried for days. `kind` is the server's code, or the kind of the error."""

    def __init__(self, kind: str):
        self.kind = kind
        super().__init__(kind)


def console(phone: str, text: str) -> None:
    """The gateway of the demonstration: a line in the log. Outside it the line says that there was a message, and no more:
    a log holds nothing personal."""
    if settings.DEMO_MODE:
        logger.info("text message to …%s: %s", phone[-2:], text)
    else:
        logger.info("text message of %s characters, to nobody", len(text))


def text_sender(value: str) -> Sender:
    """The gateway of a setting: the dotted path of `send(phone, text)`, or the address of a service that apprise knows, with
    `{phone}` in place of the phone (E.164). Raises `ImproperlyConfigured` for what is neither; nothing is sent."""
    if "://" in value:
        return _service(value)
    try:
        sender = import_string(value)
    except ImportError as error:
        raise ImproperlyConfigured("there is no such function") from error
    if not callable(sender):
        raise ImproperlyConfigured("it is no function")
    return sender


def _service(address: str) -> Sender:
    """`PATIENCE` holds where the address has no `rto` and `cto` of its own: apprise gives up after four seconds, and whoever
    took the message in the fifth would get it again at every try."""
    if PHONE not in address:
        raise ImproperlyConfigured(f"the address of the service has no {PHONE}")
    given = parse_qs(address.partition("?")[2], keep_blank_values=True)
    waits = [f"{name}={PATIENCE}" for name in ("cto", "rto") if name not in given]
    patient = address + ("&" if "?" in address else "?") + "&".join(waits) if waits else address
    import apprise  # noqa: PLC0415 - loads hundreds of services, for those who have one

    logging.getLogger("apprise").disabled = True  # its lines name the phone

    def send(phone: str, text: str) -> None:
        if not service(phone).notify(body=text, body_format=apprise.NotifyFormat.TEXT):
            raise NotTaken

    def service(phone: str) -> apprise.NotifyBase:
        found = apprise.Apprise.instantiate(patient.replace(PHONE, quote(phone, safe="")))
        if found is None:
            raise ImproperlyConfigured("apprise knows no such service, or something is missing in its address")
        return found

    service(SAMPLE_PHONE)
    return send


def wrong_settings() -> list[str]:
    """What is wrong with the gateways that are set, one clear line each. No secret of a setting is repeated."""
    wrong = []
    for name in ("SMS_SENDER", "MESSENGER_SENDER"):
        try:
            if value := getattr(settings, name):
                text_sender(value)
        except ImproperlyConfigured as error:
            wrong.append(f"{name}: {error}. Write the dotted path of send(phone, text), or an address of apprise.")
    if provider := settings.EMAIL_PROVIDER:
        try:
            get_connection(f"anymail.backends.{provider}.EmailBackend")
        except ImproperlyConfigured as error:  # names what is missing, never what is there
            wrong.append(f"EMAIL_PROVIDER: {str(error).splitlines()[0]}")
        except ImportError:
            wrong.append(f"EMAIL_PROVIDER: django-anymail knows no provider of the name {provider!r}.")
    return wrong


class Post:
    """Hands letters over, all e-mails over one connection, which is opened for the first and closed at the end. What one
    address or letter does to the connection is not felt by the next: after any error a new one is opened."""

    def __init__(self):
        self._connection = None

    def __enter__(self) -> Post:
        return self

    def __exit__(self, *_error) -> None:
        self._close()

    def send(self, message: OutgoingMessage) -> None:
        """Returns when the other side has taken it; raises whatever stood in the way, as `PutOff` where that is not the letter."""
        if message.channel == OutgoingMessage.Channel.EMAIL:
            self._send_email(_email(message))
            return
        value = settings.SMS_SENDER
        if message.channel == OutgoingMessage.Channel.CHAT:
            value = settings.MESSENGER_SENDER or value
        if value:
            text_sender(value)(message.address, message.text)

    def _send_email(self, letter: EmailMultiAlternatives) -> None:
        """A server may hang up after some letters or a while: then once more, over a new connection."""
        for may_try_again in (self._connection is not None, False):
            try:
                self._hand_over(letter)
            except Exception as error:
                kind = _put_off(error, is_open=self._connection is not None)
                self._close()
                if may_try_again and _hung_up(error):
                    continue
                if kind:
                    raise PutOff(kind) from error
                raise
            else:
                return

    def _hand_over(self, letter: EmailMultiAlternatives) -> None:
        if self._connection is None:
            connection = get_connection()
            connection.open()
            self._connection = connection
        if not self._connection.send_messages([letter]):
            raise NotTaken

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(OSError):  # smtplib's errors are such
                connection.close()


def _answers(error: Exception) -> list[tuple[int, bytes]]:
    """What the mail server said: codes and words."""
    if hasattr(error, "smtp_code"):
        return [(error.smtp_code, error.smtp_error)]
    return list(getattr(error, "recipients", {}).values())


def _hung_up(error: Exception) -> bool:
    codes = [code for code, _words in _answers(error)]
    return isinstance(error, SMTPServerDisconnected | ConnectionError) or HANGS_UP in codes


def _put_off(error: Exception, *, is_open: bool) -> str:
    """The kind of a `PutOff`; empty for any other error. A connection that breaks once it is open is none: the server may
    have taken the letter without saying so, and its reader would get it every hour."""
    if not is_open:
        return type(error).__name__ if isinstance(error, OSError) else ""  # smtplib's errors are such
    for code, words in _answers(error):
        if code < REFUSED or NOT_THE_ADDRESS in words or isinstance(error, SMTPSenderRefused):
            return str(code)
    status = getattr(error, "status_code", None)  # of django-anymail
    return str(status) if status in NOT_NOW else ""


def _email(message: OutgoingMessage) -> EmailMultiAlternatives:
    validate_email(message.address)  # one address, whatever stands in the row
    headers = {"Message-ID": f"<{message.uuid}@{settings.SITE_HOST}>"}
    if message.unsubscribe:  # RFC 8058
        headers["List-Unsubscribe"] = f"<{message.unsubscribe}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    letter = EmailMultiAlternatives(message.subject, message.text, to=[message.address], headers=headers)
    letter.metadata = {"letter": str(message.uuid)}  # a provider says it again when the letter comes back
    if message.html:
        letter.attach_alternative(message.html, "text/html")
    for attachment in message.attachments:
        letter.attach(attachment["name"], attachment["content"], attachment["mime"])
    return letter
