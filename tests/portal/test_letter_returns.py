"""Letters that did not arrive: given up here or brought back by the other side, shown to those who can mend it, and sent again."""

from __future__ import annotations

import base64
import io
import json
import sys
from contextlib import suppress
from datetime import timedelta
from email.message import EmailMessage
from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.conf import settings as django_settings
from django.core import mail as outbox
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone, translation
from hypothesis import given
from hypothesis import strategies as st

from portal import bounces, mail, services
from portal.models import LogEntry, OutgoingMessage, User
from portal.refusals import Refused
from portal.staff_letters import masked, why
from volunteers.models import Invitation, ProgrammeRole

pytestmark = pytest.mark.django_db
State = OutgoingMessage.State


def letter(user: User | None, **fields) -> OutgoingMessage:
    """One that was given up."""
    values = {
        "letter": "volunteers/accepted", "channel": "email", "recipient": user, "language": "ru",
        "address": user.email if user else "a@demo.example", "subject": "Hush", "text": "Hush hush", "html": "<p>Hush</p>",
        "due_at": timezone.now(), "state": State.FAILED, "failure": "TimeoutError", "attempts": 5, "dedupe_key": str(uuid4()),
    }  # fmt: skip
    return OutgoingMessage.objects.create(**values | fields)


def left(user: User | None = None, **fields) -> OutgoingMessage:
    return letter(user, **{"state": State.SENT, "failure": "", "attempts": 0, "sent_at": timezone.now()} | fields)


def report(message: OutgoingMessage, *, action: str = "failed", host: str = "", kind: str = "message/rfc822") -> bytes:
    """What a mail server writes when it gives a letter up (RFC 3464)."""
    number = f"<{message.uuid}@{host or django_settings.SITE_HOST}>"
    return (
        "From: MAILER-DAEMON@mx.example\nTo: noreply@demo.example\nMIME-Version: 1.0\nSubject: Undelivered\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
        "--b\nContent-Type: text/plain\n\nSorry.\n\n"
        "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n"
        f"Final-Recipient: rfc822; a@demo.example\nAction: {action}\nStatus: 5.1.1\n\n"
        f"--b\nContent-Type: {kind}\n\nFrom: noreply@demo.example\nMessage-ID: {number}\nSubject: Hush\n\nHush\n\n--b--\n"
    ).encode()


class TestPage:
    def test_it_says_whose_and_why_and_no_words(self, cast, sign_in):
        letter(cast.nurlan.user, about="B-1")
        page = sign_in(cast.aigul).get("/en/staff/letters/failed/").content.decode()
        user = cast.nurlan.user
        assert "B-1" in page and "did not answer" in page and "Your application: the checks begin" in page
        assert masked(user.email) in page and user.email not in page
        assert "Hush" not in page and "volunteers/accepted" not in page

    def test_it_leads_to_where_the_address_is_mended(self, cast, sign_in):
        message, contact = letter(cast.nurlan.user), letter(cast.gulnara)
        case = cast.nurlan.applications.get()
        referee = letter(None, about=case.code, letter="volunteers/reference_request", is_secret=True)

        def shown(user: User) -> dict[str, list]:
            rows = sign_in(user).get(reverse("staff_undelivered")).context["letters"]
            return {row["message"]: row["whose"] for row in rows}

        name = cast.nurlan.full_name
        assert shown(cast.aigul) == {
            message: [(name, reverse("staff_person", args=[cast.nurlan.uuid]))],
            contact: [(f"{cast.gulnara.display_name}, {cast.school}", "")],
            referee: [(name, reverse("staff_application", args=[case.uuid]))],
        }
        assert shown(cast.root)[message] == [
            (cast.nurlan.user.code, reverse("staff_account", args=[cast.nurlan.user.uuid]))
        ]
        assert shown(cast.bolat) == {}

    def test_letters_to_people_without_an_account_are_those_of_their_case_or_invitation(self, cast, sign_in):
        invited = Invitation.objects.create(
            name="A", email="a@demo.example", role=ProgrammeRole.objects.first(), district=cast.taraz,
            token_hash="x", sent_by=cast.aigul, expires_at=timezone.now(),
        )  # fmt: skip
        mine = letter(None, about=invited.code, letter="volunteers/invitation")
        letter(None, about="A-00000000"), letter(None)
        page = sign_in(cast.aigul).get(reverse("staff_undelivered"))
        assert [row["message"] for row in page.context["letters"]] == [mine]
        assert page.context["letters"][0]["whose"][0][1] == reverse("staff_invitations")
        assert not OutgoingMessage.objects.visible_to(cast.bolat).exists()

    def test_the_kind_of_an_error_is_for_those_who_look_after_the_server(self, cast, sign_in):
        letter(cast.nurlan.user, failure="ReadTimeout")
        for user, sees in ((cast.aigul, False), (cast.root, True)):
            page = sign_in(user).get("/en/staff/letters/failed/").content.decode()
            assert "did not answer" in page and ("ReadTimeout" in page) is sees

    def test_a_coordinator_sees_the_people_and_schools_of_his_district(self, cast):
        mentor, contact = letter(cast.nurlan.user), letter(cast.gulnara)
        referee = letter(None)
        seen = {
            name: set(OutgoingMessage.objects.visible_to(getattr(cast, name)))
            for name in ("aigul", "bolat", "dana", "root", "serik", "asel")
        }
        assert seen["aigul"] == {mentor, contact}
        assert seen["dana"] == seen["root"] == {mentor, contact, referee}
        assert seen["bolat"] == seen["serik"] == seen["asel"] == set()

    def test_what_waits_or_was_sent_is_not_there(self, cast):
        for state in set(State.values) - {State.FAILED, State.BOUNCED}:
            letter(cast.nurlan.user, state=state)
        assert not OutgoingMessage.objects.visible_to(cast.root).exists()

    @pytest.mark.parametrize(("name", "number"), [("root", 7), ("aigul", 9)])
    def test_it_costs_the_same_for_one_letter_and_for_many(
        self, cast, sign_in, django_assert_num_queries, name, number
    ):
        client, address = sign_in(getattr(cast, name)), reverse("staff_undelivered")
        letter(cast.nurlan.user)
        client.get(address)
        with django_assert_num_queries(number) as few:
            client.get(address)
        for person in (cast.nurlan, cast.yerbol):
            letter(person.user), letter(person.user, state=State.BOUNCED)
            letter(None, about=person.applications.get().code)
        with django_assert_num_queries(len(few)):
            client.get(address)

    def test_send_again_is_one_press(self, cast, sign_in):
        message = letter(cast.nurlan.user)
        answer = sign_in(cast.aigul).post(reverse("staff_undelivered_send", args=[message.uuid]))
        assert (answer.status_code, answer.url) == (302, reverse("staff_undelivered"))
        message.refresh_from_db()
        assert message.state == State.SCHEDULED

    def test_a_second_press_is_answered_with_a_sentence(self, cast, sign_in):
        message = letter(cast.nurlan.user)
        client, address = sign_in(cast.aigul), reverse("staff_undelivered_send", args=[message.uuid])
        client.post(address)
        assert 'data-code="settled"' in client.post(address, follow=True).content.decode()
        assert sign_in(cast.bolat).post(address).status_code == 404

    @pytest.mark.parametrize(
        ("state", "failure", "words"),
        [
            (State.BOUNCED, "5.1.1", "no such address"),
            (State.BOUNCED, "5.2.2", "full"),
            (State.BOUNCED, "", "came back"),
            (State.FAILED, "SMTPRecipientsRefused", "refused this address"),
            (State.FAILED, "ConnectionRefusedError", "did not answer"),
            (State.FAILED, "ReadTimeout", "did not answer"),
            (State.FAILED, "421", "for the time being"),
            (State.FAILED, "KeyError", "could not be sent"),
        ],
    )
    def test_reasons_in_words(self, state, failure, words):
        with translation.override("en"):
            assert words in str(why(OutgoingMessage(state=state, failure=failure)))

    @pytest.mark.parametrize(
        ("address", "shown"), [("aigul@demo.example", "a…@demo.example"), ("+77011234567", "…67"), ("", "…")]
    )
    def test_masks(self, address, shown):
        assert masked(address) == shown


class TestSendAgain:
    def test_it_leaves_at_once_with_the_number_it_had(self, cast, django_capture_on_commit_callbacks):
        message = letter(cast.nurlan.user)
        with django_capture_on_commit_callbacks(execute=True):
            services.send_again(message=message, by=cast.aigul)
        message.refresh_from_db()
        assert (message.state, message.attempts, message.failure) == (State.SENT, 0, "")
        (sent,) = outbox.outbox
        assert sent.extra_headers["Message-ID"].startswith(f"<{message.uuid}@")
        (entry,) = LogEntry.objects.filter(action="letter.send_again")
        assert (entry.object_code, entry.actor, entry.data) == (message.code, cast.aigul, {"channel": "email"})

    def test_where_its_reader_is_reached_now(self, cast):
        message = letter(cast.nurlan.user, address="typo@demo.exampel", state=State.BOUNCED)
        services.send_again(message=message, by=cast.dana)
        message.refresh_from_db()
        assert message.address == cast.nurlan.user.email

    def test_the_days_for_which_it_is_tried_begin_anew(self, cast):
        message = letter(cast.nurlan.user, failing_since=timezone.now() - timedelta(days=5))
        services.send_again(message=message, by=cast.dana)
        message.refresh_from_db()
        assert message.failing_since is None

    def test_a_second_press_does_nothing(self, cast):
        message = letter(cast.nurlan.user)
        services.send_again(message=message, by=cast.dana)
        with pytest.raises(Refused) as refused:
            services.send_again(message=message, by=cast.dana)
        assert refused.value.codes == ["settled"]
        assert LogEntry.objects.filter(action="letter.send_again").count() == 1

    @pytest.mark.parametrize(
        ("fields", "code"),
        [
            ({"useful_until": timezone.now() - timedelta(days=1)}, "late"),
            ({"letter": "account/login_code", "is_secret": True}, "late"),
            ({"text": ""}, "forgotten"),
            ({"address": ""}, "forgotten"),
        ],
    )
    def test_what_is_late_or_forgotten_is_refused(self, fields, code, cast, sign_in):
        message = letter(cast.nurlan.user, **fields)
        with pytest.raises(Refused) as refused:
            services.send_again(message=message, by=cast.dana)
        assert refused.value.codes == [code]
        page = sign_in(cast.dana).get(reverse("staff_undelivered")).content.decode()
        assert f'data-code="{code}"' in page and "send_again" not in page

    def test_a_coordinator_of_another_district_cannot(self, cast):
        message = letter(cast.nurlan.user)
        with pytest.raises(Refused):
            services.send_again(message=message, by=cast.bolat)
        message.refresh_from_db()
        assert message.state == State.FAILED


class TestMarking:
    def test_a_letter_comes_back_once(self, cast):
        message = left(cast.nurlan.user)
        assert [services.mark_bounced(uuid=message.uuid, status="5.1.1") for _time in range(2)] == [True, False]
        message.refresh_from_db()
        assert (message.state, message.failure) == (State.BOUNCED, "5.1.1")

    def test_what_waits_or_is_not_known_does_not(self, cast):
        waiting = letter(cast.nurlan.user, state=State.SCHEDULED)
        assert not services.mark_bounced(uuid=waiting.uuid, status="5.1.1")
        assert not services.mark_bounced(uuid=uuid4(), status="5.1.1")

    def test_words_of_the_other_side_are_not_kept(self):
        message = left()
        assert services.mark_bounced(uuid=message.uuid, status="<b>550 5.2.2 Айгүл has no room")
        message.refresh_from_db()
        assert message.failure == "5.2.2"

    def test_pages_say_that_letters_to_somebody_come_back(self, cast, sign_in):
        user = cast.nurlan.user
        page = reverse("staff_person", args=[cast.nurlan.uuid])
        message = left(user)
        assert "come-back" not in sign_in(cast.aigul).get(page).content.decode()
        services.mark_bounced(uuid=message.uuid, status="5.1.1")
        assert "come-back" in sign_in(cast.aigul).get(page).content.decode()
        assert "come-back" in sign_in(cast.root).get(reverse("staff_account", args=[user.uuid])).content.decode()
        case = cast.nurlan.applications.get()
        assert "come-back" in sign_in(cast.aigul).get(reverse("staff_application", args=[case.uuid])).content.decode()
        left(user, sent_at=timezone.now() + timedelta(seconds=1))
        assert not OutgoingMessage.objects.come_back(user)

    def test_nor_do_they_when_the_address_is_another_now(self, cast):
        left(cast.nurlan.user, state=State.BOUNCED, address="old@demo.example")
        assert not OutgoingMessage.objects.come_back(cast.nurlan.user)


def hand_over(monkeypatch, content: bytes) -> str:
    """What the command says of it."""
    out = io.StringIO()
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(content)))
    call_command("read_bounce", stdout=out)
    return out.getvalue()


class TestReports:
    @pytest.mark.parametrize("kind", ["message/rfc822", "text/rfc822-headers"])
    def test_the_letter_is_marked_and_a_repeat_is_no_error(self, kind, monkeypatch):
        message = left()
        assert "Marked." in hand_over(monkeypatch, report(message, kind=kind))
        message.refresh_from_db()
        assert (message.state, message.failure) == (State.BOUNCED, "5.1.1")
        assert "known already" in hand_over(monkeypatch, report(message, kind=kind))

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            (b"", "no report"),
            (b"\xff\x00\r\n" * 1000, "no report"),
            (b"Subject: I am away\n\nUntil Monday.", "no report"),
            (report(OutgoingMessage(), action="delayed"), "given up"),
            (report(OutgoingMessage(), host="other.example"), "no letter of this portal"),
            (
                b"Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\nx",
                "given up",
            ),
        ],
    )
    def test_anything_else_is_a_sentence_and_an_exit_code(self, content, words, monkeypatch):
        with pytest.raises(CommandError, match=words) as refused:
            hand_over(monkeypatch, content)
        assert refused.value.returncode == 65

    def test_a_mail_of_boxes_in_boxes_is_one_too(self, monkeypatch):
        boxes = "".join(f"Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n" for n in range(3000)).encode()
        with pytest.raises(CommandError):
            hand_over(monkeypatch, boxes)

    @given(st.binary(max_size=300), st.integers(0, 600))
    def test_no_bytes_break_it(self, noise, place):
        whole = report(OutgoingMessage())
        for content in (noise, whole[:place] + noise + whole[place:]):
            with suppress(bounces.NoBounce):
                bounces.read(content)

    def test_what_the_portal_itself_sends_is_no_report(self, cast):
        message = EmailMessage()
        message["Message-ID"] = f"<{left().uuid}@{django_settings.SITE_HOST}>"
        message.set_content("x")
        with pytest.raises(bounces.NoBounce):
            bounces.read(message.as_bytes())


class TestProvider:
    @pytest.fixture
    def provider(self, settings):
        settings.EMAIL_PROVIDER = "postmark"
        settings.ANYMAIL = {"WEBHOOK_SECRET": "provider:secret", "POSTMARK_SERVER_TOKEN": "x"}
        return settings

    @staticmethod
    def tell(client, message: OutgoingMessage, who: str = "provider:secret", **event):
        body = {
            "RecordType": "Bounce", "Type": "HardBounce", "TypeCode": 1, "MessageID": str(uuid4()), "ID": 1,
            "Metadata": {"letter": str(message.uuid)}, "Description": "550 5.1.1 unknown", "Email": "a@demo.example",
            "BouncedAt": "2026-01-01T00:00:00Z", "Details": "x",
        }  # fmt: skip
        head = {"Authorization": "Basic " + base64.b64encode(who.encode()).decode()}
        return client.post("/letters/events/", json.dumps(body | event), "application/json", headers=head)

    def test_it_tells_of_a_letter_that_came_back(self, client, provider):
        message = left()
        assert self.tell(client, message).status_code == 200
        message.refresh_from_db()
        assert (message.state, message.failure) == (State.BOUNCED, "5.1.1")
        assert self.tell(client, message).status_code == 200

    def test_a_delivery_marks_nothing(self, client, provider):
        message = left()
        assert self.tell(client, message, RecordType="Delivery", DeliveredAt="2026-01-01T00:00:00Z").status_code == 200
        message.refresh_from_db()
        assert message.state == State.SENT

    def test_nobody_else_is_believed(self, client, provider):
        message = left()
        assert self.tell(client, message, who="provider:guess").status_code == 400
        provider.ANYMAIL = {"POSTMARK_SERVER_TOKEN": "x"}
        assert self.tell(client, message).status_code == 404
        provider.EMAIL_PROVIDER = ""
        assert self.tell(client, message).status_code == 404
        message.refresh_from_db()
        assert message.state == State.SENT

    def test_a_letter_carries_its_number_for_the_provider(self, cast):
        message = mail.queue(
            "account/login_code", mail.Recipient("ru", email="a@demo.example"), {"code": 1}, dedupe_key="k"
        )
        mail.deliver(message.pk)
        assert outbox.outbox[0].metadata == {"letter": str(message.uuid)}
