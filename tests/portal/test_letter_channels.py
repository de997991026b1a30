"""How letters come to somebody who has both an e-mail and a verified phone: as he chooses in his account."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail as outbox
from django.urls import reverse
from django.utils import timezone

from portal import mail, services, texts
from portal.models import LogEntry, OutgoingMessage, User
from portal.refusals import NotAllowed

pytestmark = pytest.mark.django_db
State = OutgoingMessage.State
PHONE, OTHER = "+77010000001", "+77010000002"
by_text: list[tuple[str, str]] = []
by_chat: list[tuple[str, str]] = []


def sms(phone: str, text: str) -> None:
    by_text.append((phone, text))


def chat(phone: str, text: str) -> None:
    by_chat.append((phone, text))


@pytest.fixture(autouse=True)
def gateways(settings):
    settings.SMS_SENDER, settings.MESSENGER_SENDER = f"{__name__}.sms", f"{__name__}.chat"
    by_text.clear(), by_chat.clear()


@pytest.fixture
def user(cast) -> User:
    user = cast.nurlan.user
    user.phone, user.phone_verified = PHONE, True
    user.save()
    return user


def noon():
    return timezone.localtime().replace(hour=12, minute=0, second=0, microsecond=0)


def queue(user: User, **more) -> OutgoingMessage:
    values = {"dedupe_key": "k", "action": ("my_home",), "due_at": noon()} | more
    return mail.queue("account/sms_code", user, {"code": "the words"}, **values)


@pytest.mark.parametrize(("way", "box"), [("sms", by_text), ("chat", by_chat)])
def test_the_whole_letter_goes_the_chosen_way_and_only_there(user, way, box):
    services.choose_way(user=user, way=way)
    message = queue(user, urgent_until=noon() + timedelta(days=1))
    assert OutgoingMessage.objects.count() == 1  # no copy of an urgent one: it comes to the phone already
    assert mail.sweep(now=noon()) == 1
    assert [phone for phone, _text in box] == [PHONE]
    assert "the words" in box[0][1] and reverse("my_home")[4:] in box[0][1]
    assert len(by_text) + len(by_chat) == 1 and outbox.outbox == []
    assert message.html == ""


@pytest.mark.parametrize("way", ["sms", "chat"])
def test_in_the_night_the_phone_stays_silent(user, way):
    services.choose_way(user=user, way=way)
    night = noon().replace(hour=23)
    message = queue(user, due_at=night)
    assert mail.sweep(now=night) == 0
    message.refresh_from_db()
    assert (message.state, message.due_at) == (State.SCHEDULED, noon().replace(hour=8) + timedelta(days=1))


def test_codes_and_secret_links_come_by_e_mail_whatever_he_chose(user):
    services.choose_way(user=user, way="chat")
    assert queue(user, is_secret=True).channel == "email"


@pytest.mark.parametrize("change", [{"phone_verified": False}, {"phone": None}])
def test_without_a_verified_phone_the_choice_sleeps(user, change):
    services.choose_way(user=user, way="sms")
    User.objects.filter(pk=user.pk).update(**change)
    assert queue(User.objects.get(pk=user.pk)).channel == "email"


def test_what_waits_for_a_phone_that_is_no_longer_his_goes_to_his_e_mail(user):
    services.choose_way(user=user, way="sms")
    message = queue(user)
    User.objects.filter(pk=user.pk).update(phone=OTHER)
    assert mail.sweep(now=noon()) == 1
    message.refresh_from_db()
    assert (message.channel, message.address, by_text) == ("email", user.email, [])
    (sent,) = outbox.outbox
    assert sent.to == [user.email] and "the words" in sent.body and sent.alternatives == []


@pytest.mark.parametrize(
    ("letter", "is_secret", "moves"),
    [("events/x", False, True), ("events/x", True, False), ("account/x", False, False)],
)
def test_what_was_written_ahead_goes_to_the_e_mail_of_today(user, letter, is_secret, moves):
    """But for what is secret, and for what tells of the account itself: the old address may have to hear of it."""
    message, old = queue(user, is_secret=is_secret), user.email
    OutgoingMessage.objects.update(letter=letter)
    User.objects.filter(pk=user.pk).update(email="new@demo.example")
    assert mail.sweep(now=noon()) == 1
    (sent,) = outbox.outbox
    assert sent.to == ["new@demo.example" if moves else old]
    message.refresh_from_db()
    assert message.address == sent.to[0]


def test_where_the_messenger_is_gone_a_text_message_comes(user, settings):
    services.choose_way(user=user, way="chat")
    queue(user)
    settings.MESSENGER_SENDER = ""
    assert mail.sweep(now=noon()) == 1
    assert [phone for phone, _text in by_text] == [PHONE]


def test_somebody_without_an_e_mail_gets_text_messages_as_ever(user):
    user.email = None
    assert queue(user).channel == "sms"


class TestChoosing:
    ABOUT = {"last_name": "А", "first_name": "Б", "language": "kk", "district": "", "urgent_texts": "on"}

    def choose(self, client, way: str):
        return client.post(reverse("account_settings"), self.ABOUT | {"letters_by": way})

    def test_on_the_page_of_ones_account(self, user, sign_in):
        client = sign_in(user)
        for way in ("chat", "chat", "email"):
            assert self.choose(client, way).status_code == 302
            assert User.objects.get(pk=user.pk).letters_by == way
        logged = LogEntry.objects.filter(action="account.letters").order_by("pk").values_list("data", flat=True)
        assert list(logged) == [{"way": "chat"}, {"way": "email"}]

    def test_a_messenger_that_is_not_set_up_is_not_offered(self, user, sign_in, settings):
        settings.MESSENGER_SENDER = ""
        client = sign_in(user)
        assert 'value="chat"' not in client.get(reverse("account_settings")).content.decode()
        assert "letters_by" in self.choose(client, "chat").context["form"].errors
        assert dict(texts.ways()).keys() == {"email", "sms"}
        with pytest.raises(NotAllowed):
            services.choose_way(user=user, way="chat")
        assert User.objects.get(pk=user.pk).letters_by == "email"

    def test_without_a_verified_phone_there_is_nothing_to_choose(self, user, sign_in):
        user.phone_verified = False
        user.save()
        client = sign_in(user)
        assert "letters_by" not in client.get(reverse("account_settings")).context["form"].fields
        assert self.choose(client, "sms").status_code == 302
        assert User.objects.get(pk=user.pk).letters_by == "email"
