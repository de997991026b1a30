"""The ways out, each one line of settings: a mail server, a provider of e-mail, gateways for text messages and a messenger.
The servers here are real ones on this machine."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import apprise
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP
from anymail.exceptions import AnymailAPIError
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone

from portal import gateways, health, mail
from portal.checks import gateways_are_known
from portal.models import OutgoingMessage
from tests.crash.house import free_port

State = OutgoingMessage.State
PHONE = "+77010000001"
taken: list[tuple[str, str]] = []


def gateway(phone: str, text: str) -> None:
    taken.append((phone, text))


class Taking:
    def notify(self, **_words) -> bool:
        return True


@pytest.fixture(autouse=True)
def nothing_taken():
    taken.clear()


def queue(key: str = "k", to: mail.Recipient | None = None, **more) -> OutgoingMessage:
    to = to or mail.Recipient("en", phone=PHONE)
    due = timezone.now() - timedelta(seconds=1)
    return mail.queue("account/sms_code", to, {"code": "123456"}, dedupe_key=key, is_secret=True, due_at=due, **more)


def wrong() -> list[str]:
    return [error.msg for error in gateways_are_known(None)]


class TestTexts:
    """A dotted path, or an address of apprise."""

    @pytest.fixture
    def service(self) -> Iterator[tuple[str, list[dict]]]:
        """The address of a service, and what was posted to it; it answers 500 to texts with the code 500500."""
        posted: list[dict] = []

        class Service(BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                posted.append({"path": self.path, **body})
                self.send_response(500 if "500500" in body["message"] else 200)
                self.end_headers()

            def log_message(self, *_args):
                pass

        server = HTTPServer(("127.0.0.1", 0), Service)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"json://127.0.0.1:{server.server_port}/sms/{{phone}}", posted
        server.shutdown()
        server.server_close()

    @pytest.mark.django_db
    def test_a_service_gets_the_phone_and_the_words(self, service, settings):
        settings.SMS_SENDER, posted = service
        assert mail.deliver(queue().pk)
        (one,) = posted
        assert one["path"] == f"/sms/{PHONE}"
        assert "123456" in one["message"]

    @pytest.mark.django_db
    def test_a_service_that_says_no_keeps_the_row(self, service, settings, caplog):
        settings.SMS_SENDER, posted = service
        message = queue()
        OutgoingMessage.objects.update(text="500500")
        assert not mail.deliver(message.pk)
        message.refresh_from_db()
        assert (message.state, message.failure, message.attempts, len(posted)) == (State.SCHEDULED, "NotTaken", 1, 1)
        assert PHONE not in caplog.text and "500500" not in caplog.text

    @pytest.mark.parametrize(
        ("end", "waits"), [("", (25, 25)), ("?rto=9", (25, 9)), ("?verify=no", (25, 25)), ("?cto=2&rto=60", (2, 60))]
    )
    def test_a_slow_service_has_time_to_say_that_it_took_a_message(self, end, waits, monkeypatch):
        asked = []
        monkeypatch.setattr(apprise.Apprise, "instantiate", lambda address: asked.append(address) or Taking())
        gateways.text_sender(f"json://127.0.0.1/{{phone}}{end}")(PHONE, "words")
        monkeypatch.undo()
        found = [apprise.Apprise.instantiate(address) for address in asked]
        assert [one.request_timeout for one in found] == [waits, waits]

    @pytest.mark.django_db
    @pytest.mark.parametrize("value", ["no.such.gateway", "nonsense://host/{phone}", "json://127.0.0.1/"])
    def test_a_gateway_that_is_none_keeps_the_row(self, value, settings):
        settings.SMS_SENDER = value
        message = queue()
        assert not mail.deliver(message.pk)
        message.refresh_from_db()
        assert (message.state, message.failure) == (State.SCHEDULED, "ImproperlyConfigured")
        settings.SMS_SENDER = f"{__name__}.gateway"
        assert mail.sweep(now=timezone.now() + timedelta(minutes=2)) == 1
        assert [phone for phone, _text in taken] == [PHONE]

    @pytest.mark.parametrize("demo", [True, False])
    def test_the_console_names_nobody(self, demo, settings, caplog):
        from portal.gateways import console  # noqa: PLC0415

        settings.DEMO_MODE = demo
        with caplog.at_level(logging.INFO):
            console(PHONE, "the words")
        assert PHONE not in caplog.text
        assert ("the words" in caplog.text) is demo


class TestChecks:
    @pytest.mark.parametrize(
        ("name", "value", "words"),
        [
            ("SMS_SENDER", "no.such.gateway", "there is no such function"),
            ("SMS_SENDER", "portal", "there is no such function"),
            ("SMS_SENDER", "portal.gateways.PHONE", "it is no function"),
            ("MESSENGER_SENDER", "nonsense://key@host/{phone}", "apprise knows no such service"),
            ("MESSENGER_SENDER", "twilio://hush/{phone}", "apprise knows no such service"),
            ("SMS_SENDER", "json://user:hush@127.0.0.1/", "has no {phone}"),
            ("EMAIL_PROVIDER", "mailgum", "no provider of the name 'mailgum'"),
            ("EMAIL_PROVIDER", "os.path", "no provider of the name 'os.path'"),
            ("EMAIL_PROVIDER", "mailgun", "MAILGUN_API_KEY"),
        ],
    )
    def test_what_is_no_gateway_is_named_in_one_line_without_its_secrets(self, name, value, words, settings):
        setattr(settings, name, value)
        (line,) = wrong()
        assert line.startswith(f"{name}: ") and words in line
        assert "hush" not in line and "\n" not in line

    def test_what_is_one_is_not(self, settings):
        settings.SMS_SENDER = f"{__name__}.gateway"
        settings.MESSENGER_SENDER = "whatsapp://token@12345678/{phone}"
        settings.EMAIL_PROVIDER, settings.ANYMAIL = "mailgun", {"MAILGUN_API_KEY": "key"}
        assert wrong() == []


class Provider(BaseEmailBackend):
    """One of django-anymail that answers with `status`."""

    status = 503

    def send_messages(self, messages):
        raise AnymailAPIError(status_code=self.status)


@pytest.mark.django_db
@pytest.mark.parametrize(("status", "kept"), [(503, "503"), (429, "429"), (400, "AnymailAPIError")])
def test_a_provider_that_is_away_puts_letters_off_and_one_that_refuses_does_not(settings, monkeypatch, status, kept):
    settings.EMAIL_BACKEND = f"{__name__}.Provider"
    monkeypatch.setattr(Provider, "status", status)
    message = queue(to=mail.Recipient("en", email="a@demo.example"))
    assert mail.sweep() == 0
    message.refresh_from_db()
    assert (message.failure, message.attempts) == (kept, int(status == 400))


class Mailbox:
    """A mail server that counts its clients, refuses one address, and hangs up after every third letter of a client. `says`, if
    set, is its answer to every address."""

    def __init__(self):
        self.clients, self.letters, self.says = 0, [], ""

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        self.clients += 1
        session.host_name, session.taken = hostname, 0
        return responses

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.says:
            return self.says
        if address.startswith("nobody"):
            return "550 no such user"
        if session.taken == 3:
            return "421 enough"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        session.taken += 1
        self.letters.append((envelope.rcpt_tos[0], envelope.content.decode()))
        return "250 OK"


@pytest.mark.django_db
class TestConnection:
    @pytest.fixture
    def box(self, settings) -> Iterator[Mailbox]:
        box = Mailbox()
        controller = Controller(box, hostname="127.0.0.1", port=free_port())
        controller.factory = lambda: SMTP(box, hostname="local", enable_SMTPUTF8=True)
        controller.start()
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", controller.port
        yield box
        controller.stop()

    def test_letters_of_a_batch_share_a_connection_and_one_that_hangs_up_loses_none(self, box):
        for number in range(5):
            queue(f"k{number}", mail.Recipient("en", email=f"a{number}@demo.example"))
        assert mail.sweep() == 5
        assert [address for address, _words in box.letters] == [f"a{number}@demo.example" for number in range(5)]
        assert box.clients == 2

    def test_an_address_that_is_refused_does_not_spoil_the_next(self, box):
        bad = queue("k0", mail.Recipient("en", email="nobody@demo.example"))
        queue("k1", mail.Recipient("en", email="somebody@demo.example"))
        assert mail.sweep() == 1
        assert [address for address, _words in box.letters] == ["somebody@demo.example"]
        bad.refresh_from_db()
        assert (bad.state, bad.failure) == (State.SCHEDULED, "SMTPRecipientsRefused")

    @pytest.mark.parametrize("says", ["421 busy", "451 greylisted", "554 5.7.1 relay access denied"])
    def test_what_the_server_puts_off_says_nothing_of_the_address(self, box, says):
        message, box.says = queue(to=mail.Recipient("en", email="a@demo.example")), says
        assert mail.sweep() == 0
        message.refresh_from_db()
        assert (message.state, message.failure, message.attempts) == (State.SCHEDULED, says[:3], 0)

    def test_a_letter_carries_the_number_of_its_row(self, box, settings):
        message = queue(to=mail.Recipient("en", email="a@demo.example"))
        assert mail.deliver(message.pk)
        assert f"Message-ID: <{message.uuid}@{settings.SITE_HOST}>" in box.letters[0][1]


@pytest.mark.django_db
class TestServerAway:
    """Nothing listens at its port."""

    @pytest.fixture(autouse=True)
    def nobody_there(self, settings):
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()

    def hours(self, first: int, last: int) -> None:
        for hour in range(first, last):
            mail.sweep(now=self.begun + timedelta(hours=hour))

    @pytest.fixture
    def message(self) -> OutgoingMessage:
        self.begun = timezone.now()
        return queue(to=mail.Recipient("en", email="a@demo.example"))

    def test_a_letter_waits_for_days_and_leaves_when_it_is_back(self, message, settings):
        self.hours(0, 72)
        message.refresh_from_db()
        assert (message.state, message.failure) == (State.SCHEDULED, "ConnectionRefusedError")
        assert message.due_at <= self.begun + timedelta(hours=72)
        settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
        self.hours(72, 73)
        message.refresh_from_db()
        assert message.state == State.SENT

    def test_the_first_tries_follow_soon(self, message):
        mail.sweep(now=self.begun)
        message.refresh_from_db()
        assert message.due_at == self.begun + timedelta(minutes=1)

    def test_it_is_given_up_after_days(self, message):
        self.hours(0, 98)
        message.refresh_from_db()
        assert message.state == State.FAILED
        assert not OutgoingMessage.objects.wrongly_addressed().exists()

    def test_whoever_watches_sees_since_when(self, message):
        assert health.oldest_letter() == message.due_at
        mail.sweep(now=self.begun)
        assert health.oldest_letter() == self.begun
        OutgoingMessage.objects.update(failure="SMTPRecipientsRefused")
        assert health.oldest_letter() is None


@pytest.mark.django_db
class TestBatches:
    def test_who_has_no_time_left_gives_the_rest_back(self, monkeypatch, settings):
        settings.SMS_SENDER = f"{__name__}.gateway"
        monkeypatch.setattr(mail, "HOLD", timedelta(seconds=-1))
        queue("k0"), queue("k1")
        assert mail.deliver_many([str(row.uuid) for row in OutgoingMessage.objects.all()]) == 0
        assert set(OutgoingMessage.objects.values_list("state", "locked_until")) == {(State.SCHEDULED, None)}

    def test_what_was_forgotten_meanwhile_goes_nowhere(self, settings):
        settings.SMS_SENDER = f"{__name__}.forgets_the_rest"
        queue("k0"), queue("k1")
        assert mail.sweep() == 1
        assert len(taken) == 1
        assert OutgoingMessage.objects.filter(state=State.CANCELLED, address="").count() == 1

    def test_only_those_named_and_due_are_delivered(self, settings):
        settings.SMS_SENDER = f"{__name__}.gateway"
        named, other = queue("k0"), queue("k1")
        assert mail.deliver_many([str(named.uuid)]) == 1
        other.refresh_from_db()
        assert other.state == State.SCHEDULED
        assert mail.deliver_many([str(named.uuid)]) == 0


def forgets_the_rest(phone: str, text: str) -> None:
    gateway(phone, text)
    mail.forget(OutgoingMessage.objects.filter(dedupe_key="k1"))
