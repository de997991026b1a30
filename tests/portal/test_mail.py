from datetime import timedelta

import pytest
from django.core import mail as outbox
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.utils import timezone

from portal import mail
from portal.models import OutgoingMessage

pytestmark = pytest.mark.django_db

State = OutgoingMessage.State
TO = mail.Recipient("ru", email="somebody@demo.example")


class DeadServer(BaseEmailBackend):
    def send_messages(self, messages):
        raise ConnectionRefusedError


def queue(key="k1", to=TO, **more) -> OutgoingMessage:
    return mail.queue("account/sms_code", to, {"code": "123456"}, dedupe_key=key, **more)


def test_one_key_is_one_letter():
    assert queue().pk == queue().pk
    assert OutgoingMessage.objects.count() == 1


def test_a_letter_is_sent_once_by_two_workers():
    message = queue()
    assert [mail.deliver(message.pk), mail.deliver(message.pk)] == [True, False]
    assert len(outbox.outbox) == 1


def test_the_message_id_belongs_to_the_row():
    message = queue()
    mail.deliver(message.pk)
    assert str(message.uuid) in outbox.outbox[0].extra_headers["Message-ID"]


def test_a_rolled_back_act_sends_nothing():
    class Failed(Exception):
        pass

    with pytest.raises(Failed), transaction.atomic():
        queue()
        raise Failed
    assert mail.sweep() == 0
    assert outbox.outbox == []


def test_the_sweep_finds_what_no_task_took():
    queue("a"), queue("b")
    assert mail.sweep() == 2
    assert mail.sweep() == 0


def test_a_letter_waits_for_its_hour_and_can_be_cancelled():
    tomorrow = timezone.now() + timedelta(days=1)
    queue("reminder:1", due_at=tomorrow), queue("reminder:2", due_at=tomorrow)
    assert mail.sweep() == 0
    assert mail.cancel("reminder:1") == 1
    assert mail.sweep(now=tomorrow + timedelta(minutes=1)) == 1


def test_a_late_letter_is_skipped_and_says_so():
    message = queue(due_at=timezone.now() - timedelta(hours=5), useful_until=timezone.now() - timedelta(hours=1))
    assert mail.sweep() == 0
    message.refresh_from_db()
    assert message.state == State.SKIPPED_LATE


def test_a_dead_server_loses_nothing_and_the_letter_leaves_later(settings):
    message, now = queue(), timezone.now()
    settings.EMAIL_BACKEND = "tests.portal.test_mail.DeadServer"
    assert mail.sweep() == 0
    message.refresh_from_db()
    assert (message.state, message.attempts, message.failure) == (State.SCHEDULED, 1, "ConnectionRefusedError")
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert mail.sweep(now=now + timedelta(minutes=2)) == 1


def test_a_letter_that_never_leaves_is_marked_as_failed(settings):
    message, now = queue(), timezone.now()
    settings.EMAIL_BACKEND = "tests.portal.test_mail.DeadServer"
    for hours in range(0, 60, 12):
        mail.sweep(now=now + timedelta(hours=hours))
    message.refresh_from_db()
    assert message.state == State.FAILED


def test_a_row_whose_sender_died_is_sent_by_the_next():
    message, now = queue(), timezone.now()
    OutgoingMessage.objects.update(state=State.LOCKED, locked_until=now + mail.LEASE)
    assert mail.sweep(now=now) == 0
    assert mail.sweep(now=now + mail.LEASE + timedelta(seconds=1)) == 1
    message.refresh_from_db()
    assert message.state == State.SENT


def test_somebody_without_e_mail_gets_a_text_message():
    message = queue(to=mail.Recipient("kk", phone="+77000000001"))
    assert (message.channel, message.address, message.html) == ("sms", "+77000000001", "")
    noon = timezone.localtime().replace(hour=12) + timedelta(days=1)  # text messages wait in the night
    assert mail.deliver(message.pk, now=noon)
    assert outbox.outbox == []


def test_a_line_break_in_a_name_makes_no_header():
    message = mail.queue("account/sms_code", TO, {"code": "1\nBcc: x@y.z"}, dedupe_key="k")
    mail.deliver(message.pk)
    assert "\n" not in outbox.outbox[0].subject
    assert outbox.outbox[0].recipients() == ["somebody@demo.example"]


def test_an_apostrophe_stays_an_apostrophe():
    message = mail.queue("account/sms_code", TO, {"code": "О'Нил & <b>"}, dedupe_key="k")
    assert "О'Нил & <b>" in message.text
    assert "<b>" not in message.html


@pytest.mark.parametrize(("demo", "kept"), [(False, False), (True, True)])
def test_the_words_of_a_letter_with_a_code_are_forgotten_once_it_is_sent(settings, demo, kept):
    settings.DEMO_MODE = demo
    message = queue(is_secret=True)
    assert mail.deliver(message.pk)
    assert "123456" in outbox.outbox[0].body
    message.refresh_from_db()
    assert ("123456" in message.text) is kept
