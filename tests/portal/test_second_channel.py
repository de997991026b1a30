"""Urgent letters by e-mail and by text message: two rows, each for itself; quiet hours; the choice of the person."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.core import mail as outbox
from django.core.mail.backends.base import BaseEmailBackend
from django.urls import reverse
from django.utils import timezone

from portal import mail, services, texts
from portal.models import LogEntry, OutgoingMessage, User

pytestmark = pytest.mark.django_db
State = OutgoingMessage.State
PHONE = "+77000000777"
sent: list[tuple[str, str]] = []


def gateway(phone: str, text: str) -> None:
    sent.append((phone, text))


def dead_gateway(phone: str, text: str) -> None:
    raise TimeoutError


class DeadServer(BaseEmailBackend):
    def send_messages(self, messages):
        raise ConnectionRefusedError


@pytest.fixture(autouse=True)
def texting(settings):
    settings.SMS_SENDER = f"{__name__}.gateway"
    sent.clear()


@pytest.fixture
def user(cast) -> User:
    user = cast.nurlan.user
    user.phone, user.phone_verified, user.urgent_texts = PHONE, True, True
    user.save()
    return user


def hour(hour: int, minute: int = 0, days: int = 1) -> datetime:
    """A moment in Almaty, tomorrow."""
    return timezone.localtime().replace(hour=hour, minute=minute, second=0, microsecond=0) + timedelta(days=days)


def queue(to: User, key: str = "news:1", **more) -> OutgoingMessage:
    more = {"urgent_until": hour(23, days=3), "due_at": hour(12), "action": ("my_bookings",)} | more
    return mail.queue("account/sms_code", to, {"code": "123456"}, dedupe_key=key, **more)


def text() -> OutgoingMessage:
    return OutgoingMessage.objects.get(dedupe_key="news:1:sms")


def test_both_rows_are_written_once_and_the_e_mail_is_returned(user, django_assert_num_queries):
    with django_assert_num_queries(3):  # what editors wrote, the rows, and the one that is returned
        first = queue(user)
    assert queue(user).pk == first.pk
    assert (first.channel, first.address, first.dedupe_key) == ("email", user.email, "news:1")
    assert (text().channel, text().address, text().html, text().attachments) == ("sms", PHONE, "", [])
    assert OutgoingMessage.objects.count() == 2


def test_the_text_message_is_the_subject_and_the_link(user):
    letter = queue(user)
    subject, link = text().text.split("\n")
    assert subject == letter.subject
    assert link.startswith("http") and link in letter.text
    assert len(text().text) <= texts.LENGTH


def test_what_is_not_urgent_or_secret_goes_by_e_mail_alone(user):
    queue(user, "plain", urgent_until=None), queue(user, "secret", is_secret=True)
    assert not OutgoingMessage.objects.filter(channel="sms").exists()


@pytest.mark.parametrize("change", [{"phone_verified": False}, {"urgent_texts": False}, {"phone": None}])
def test_no_text_to_whom_it_may_not_or_does_not_want_to_go(user, change):
    User.objects.filter(pk=user.pk).update(**change)
    queue(User.objects.get(pk=user.pk))
    assert OutgoingMessage.objects.get().channel == "email"


def test_somebody_without_e_mail_gets_one_text_message_in_full(user):
    user.email = None
    queue(user)
    message = OutgoingMessage.objects.get()
    assert (message.channel, message.dedupe_key) == ("sms", "news:1")
    assert "123456" in message.text


def test_both_are_sent(user):
    queue(user)
    assert mail.sweep(now=hour(12)) == 2
    assert len(outbox.outbox) == 1
    assert sent == [(PHONE, text().text)]
    assert mail.sweep(now=hour(13)) == 0


def test_a_failing_gateway_keeps_the_e_mail_sent(user, settings):
    settings.SMS_SENDER = f"{__name__}.dead_gateway"
    letter = queue(user)
    assert mail.sweep(now=hour(12)) == 1
    letter.refresh_from_db()
    assert (letter.state, letter.attempts) == (State.SENT, 0)
    assert (text().state, text().attempts, text().failure) == (State.SCHEDULED, 1, "TimeoutError")
    settings.SMS_SENDER = f"{__name__}.gateway"
    assert mail.sweep(now=hour(12, 2)) == 1
    assert len(outbox.outbox) == len(sent) == 1


def test_a_dead_mail_server_keeps_the_text_sent(user, settings):
    settings.EMAIL_BACKEND = f"{__name__}.DeadServer"
    letter = queue(user)
    assert mail.sweep(now=hour(12)) == 1
    letter.refresh_from_db()
    assert (letter.state, text().state) == (State.SCHEDULED, State.SENT)


def test_what_cancels_or_forgets_the_letter_does_so_to_the_text(user):
    queue(user)
    assert mail.cancel("news:1") == 2
    assert {row.state for row in OutgoingMessage.objects.all()} == {State.CANCELLED}
    mail.forget(OutgoingMessage.objects.filter(recipient=user))
    assert not OutgoingMessage.objects.exclude(address="", subject="", text="").exists()


def test_stopping_either_stops_both_and_resuming_lets_both_leave(user):
    letter = queue(user)
    assert mail.stop(text())
    assert not mail.stop(letter)
    letter.refresh_from_db()
    assert (letter.state, text().state) == (State.CANCELLED, State.CANCELLED)
    assert mail.resume(letter)
    letter.refresh_from_db()
    assert (letter.state, text().state) == (State.SCHEDULED, State.SCHEDULED)


@pytest.mark.parametrize("change", [{"phone": "+77000000778"}, {"phone_verified": False}, {"urgent_texts": False}])
def test_no_text_goes_to_a_number_that_is_no_longer_his_or_against_his_word(user, change):
    letter = queue(user)
    User.objects.filter(pk=user.pk).update(**change)
    assert mail.sweep(now=hour(12)) == 1
    letter.refresh_from_db()
    assert (letter.state, text().state, sent) == (State.SENT, State.CANCELLED, [])


@pytest.mark.parametrize(
    ("at", "until", "leaves"),
    [
        (hour(20, 59), hour(10, days=2), hour(20, 59)),
        (hour(21), hour(10, days=2), hour(8, days=2)),  # the morning is early enough
        (hour(2), hour(10), hour(8)),
        (hour(7, 59), hour(8, 1), hour(8)),
        (hour(2), hour(7, 30), hour(2)),  # the morning is too late
        (hour(2), hour(8), hour(2)),
        (hour(8), hour(10), hour(8)),
    ],
)
def test_a_text_message_waits_for_the_morning_if_that_is_in_time(user, at, until, leaves):
    letter = queue(user, due_at=at, urgent_until=until)
    mail.sweep(now=at)
    letter.refresh_from_db()
    assert letter.state == State.SENT  # e-mails wake nobody
    if leaves > at:
        assert (text().state, text().due_at, sent) == (State.SCHEDULED, leaves, [])
        assert mail.sweep(now=leaves - timedelta(minutes=1)) == 0
        mail.sweep(now=leaves)
    assert text().state == State.SENT
    assert len(sent) == 1


def test_what_waited_for_the_morning_leaves_in_the_order_in_which_it_was_written(user):
    """News after news: the last one must be the last to be read, whichever was put off last."""
    for number in (1, 2, 3):
        queue(user, f"news:{number}", due_at=hour(23), action=("my_bookings",) if number < 3 else ("my_hours",))
    rows = list(OutgoingMessage.objects.filter(channel="sms").order_by("-pk"))
    for row in rows:
        mail.deliver(row.pk, now=hour(23))
    assert sent == []
    mail.sweep(now=hour(8, days=2))
    assert [text for _phone, text in sent] == [row.text for row in reversed(rows)]


def test_a_code_leaves_in_the_night(user):
    user.email = None
    queue(user, due_at=hour(2), is_secret=True, urgent_until=None)
    assert mail.sweep(now=hour(2)) == 1


def test_a_text_that_could_not_leave_in_time_is_skipped(user):
    queue(user, urgent_until=hour(11))
    mail.sweep(now=hour(12))
    assert text().state == State.SKIPPED_LATE


def test_a_long_kazakh_subject_is_cut_and_the_link_is_not():
    subject, link = (
        "Кездесу өзгерді: " + "Қазақстан мектебі " * 20,
        "https://tirek.example/kk/sessions/" + "0" * 36 + "/",
    )
    message = texts.brief(subject, link)
    assert len(message) <= texts.LENGTH
    assert message.startswith("Кездесу өзгерді: Қазақстан") and message.endswith(f"…\n{link}")
    assert texts.brief("Қысқа", link) == f"Қысқа\n{link}"
    assert texts.brief(subject, "x" * 300).endswith("x" * 300)


def test_he_switches_it_off_and_on_in_his_account(user, sign_in):
    client, page = sign_in(user), reverse("account_settings")
    about_him = {
        "last_name": user.last_name,
        "first_name": user.first_name,
        "language": "kk",
        "district": "",
        "letters_by": "email",
    }
    assert client.get(page).context["form"]["urgent_texts"].value() is True
    for wanted, posted in [(False, {}), (False, {}), (True, {"urgent_texts": "on"})]:
        assert client.post(page, about_him | posted).status_code == 302
        assert User.objects.get(pk=user.pk).urgent_texts is wanted
    assert list(LogEntry.objects.filter(action="account.texts").order_by("pk").values_list("data", flat=True)) == [
        {"wanted": False},
        {"wanted": True},
    ]


def test_without_a_verified_phone_he_is_told_how_to_get_there(user, sign_in):
    user.phone_verified = False
    user.save()
    client, page = sign_in(user), reverse("account_settings")
    answer = client.get(page)
    assert "urgent_texts" not in answer.context["form"].fields
    assert 'data-testid="no-texts"' in answer.content.decode()
    client.post(page, {"last_name": "А", "first_name": "Б", "language": "kk", "district": ""})
    assert User.objects.get(pk=user.pk).urgent_texts is True  # what he does not see is not changed


def test_the_same_choice_again_is_not_logged(user):
    services.choose_texts(user=user, wanted=True)
    assert not LogEntry.objects.filter(action="account.texts").exists()


def test_staff_see_by_which_way_a_letter_goes(cast, user, sign_in, settings):
    settings.DEMO_MODE = True
    queue(user)
    page = sign_in(cast.root).get(reverse("staff_letters"), {"channel": "sms"}).content.decode()
    assert PHONE in page and user.email not in page
