"""Who looks for an attack finds it: each event is one line with who, what, when and from where, and no words of anybody. What
cannot wait is a letter."""

from __future__ import annotations

import io
import json
import logging
from datetime import UTC, datetime, timedelta

import pytest
from allauth.account import signals as of_accounts
from allauth.account.models import EmailAddress
from allauth.mfa import signals as of_second_factors
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal import alarms, audit, crypto, limits, services, uploads, watch
from portal.logs import OneLine, WithoutTokens
from portal.models import OutgoingMessage, User
from portal.services import roles
from tests.portal.entering import PASSWORD, code_for, enter

pytestmark = pytest.mark.django_db
FROM = {"REMOTE_ADDR": "203.0.113.77"}
PAGE = "/en/account/settings/"


@pytest.fixture
def heard(caplog, django_capture_on_commit_callbacks):
    """`heard(act)` → the events that `act` caused, by name."""
    caplog.set_level(logging.INFO, "portal.security")

    def listen(act) -> dict[str, dict]:
        caplog.clear()
        with django_capture_on_commit_callbacks(execute=True):
            act()
        lines = [json.loads(record.message) for record in caplog.records if record.name == "portal.security"]
        return {line["event"]: line for line in lines}

    return listen


@pytest.fixture
def user(cast) -> User:
    """Somebody with a password and a confirmed address."""
    owner = cast.nurlan.user
    owner.set_password(PASSWORD)
    owner.save()
    EmailAddress.objects.update_or_create(user=owner, email=owner.email, defaults={"verified": True, "primary": True})
    return owner


def browser(user: User | None = None, **options) -> Client:
    client = Client(**FROM, **options)
    if user:
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def wrong_code(user: User) -> None:
    client = browser()
    client.post(reverse("account_request_login_code"), {"email": user.email})
    client.post(reverse("account_confirm_login_code"), {"code": "000000"})


def with_second_factor(user: User, code: str = "") -> None:
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    enter(user, client=browser(), secret="" if code else secret)
    if code:
        client = browser()
        enter(user, client=client)
        client.post(reverse("mfa_authenticate"), {"code": code})


def new_address(user: User) -> None:
    client = browser(user)
    client.post(reverse("account_email"), {"email": "other@demo.example", "action_add": ""})
    client.post(reverse("account_email_verification_sent"), {"code": code_for("other@demo.example")})


def refused_upload() -> None:
    with pytest.raises(ValidationError):
        uploads.clean_upload(SimpleUploadedFile("а.pdf", b"MZ"))


def unreadable() -> None:
    with pytest.raises(crypto.Unreadable):
        crypto.unseal(b"x", "volunteers.person.iin.1")


def many_denials(user: User) -> None:
    client = browser(user)
    for _time in range(alarms.DENIALS):
        client.get("/en/staff/log/")


def sign_up() -> None:
    client = browser()
    client.post(reverse("account_signup"), {"email": "new@demo.example", "password1": "Жақсы-құпиясөз-2026"})
    client.post(reverse("account_email_verification_sent"), {"code": code_for("new@demo.example")})


def causes(cast, user: User) -> dict:
    """What brings each event about."""
    own, root = browser, cast.root
    return {
        "signed_in": lambda: enter(user, client=browser()),
        "signed_out": lambda: own(user).post(reverse("account_logout")),
        "sign_in_failed": lambda: browser().post(reverse("account_login"), {"login": user.email, "password": "x" * 12}),
        "code_failed": lambda: wrong_code(user),
        "signed_up": sign_up,
        "password_changed": lambda: of_account("password_changed", user),
        "password_set": lambda: of_account("password_set", user),
        "password_reset": lambda: of_account("password_reset", user),
        "email_changed": lambda: new_address(user),
        "email_removed": lambda: of_account("email_removed", user),
        "second_factor_added": lambda: of_factor("authenticator_added", user),
        "second_factor_removed": lambda: of_factor("authenticator_removed", user),
        "second_factor_reset": lambda: of_factor("authenticator_reset", user),
        "second_factor_used": lambda: with_second_factor(user),
        "second_factor_failed": lambda: with_second_factor(user, "000000"),
        "denied": lambda: own(user).get("/en/staff/log/"),
        "forged_form": lambda: own(user, enforce_csrf_checks=True).post(PAGE, {}),
        "bad_request": lambda: browser().get("/en/account/login/", HTTP_HOST="evil.example"),
        "too_large": lambda: browser().post(reverse("interest"), {"name": "x" * 3_000_000}),
        "too_many": lambda: [browser().post(reverse("interest"), {}) for _time in range(limits.LIMITS["interest"].times + 1)],
        "upload_refused": refused_upload,
        "key_failure": unreadable,
        "denials": lambda: many_denials(user),
        "job_late": lambda: alarms.tell_late(timezone.now() + timedelta(days=3)),
        "role.grant": lambda: services.grant_role(user=cast.serik, role="editor", by=root),
        "role.end": lambda: services.end_role(user=cast.asel, role="editor", by=root),
        "role.propose": lambda: roles.propose_role(user=cast.serik, role="auditor", by=root),
        "account.open": lambda: services.open_account(
            email="typed@demo.example", phone="", language="kk", family_name="Ә", given_name="Ә", district=None
        ),
        "account.reset_second_factor": lambda: taken_off(cast.serik),
        "account.close": lambda: services.close_account(user=cast.serik, by=root),
        "export": lambda: services.note_export(what="hours", by=cast.raushan, count=7, why="тексеру"),
        "read": lambda: audit.viewed(cast.nurlan, "disclosure", cast.dana),
    }  # fmt: skip


def taken_off(user: User) -> None:
    Authenticator.objects.create(user=user, type="recovery_codes", data={})
    services.reset_second_factor(user=user, by=None)


def of_account(name: str, user: User) -> None:
    """As allauth tells it."""
    getattr(of_accounts, name).send(User, request=browser(user).get(PAGE).wsgi_request, user=user)


def of_factor(name: str, user: User) -> None:
    request = browser(user).get(PAGE).wsgi_request
    getattr(of_second_factors, name).send(User, request=request, user=user, authenticator=None)


@pytest.mark.parametrize("event", sorted(watch.EVENTS))
def test_each_event_leaves_its_line(event, cast, user, heard):
    line = heard(causes(cast, user)[event]).get(event)
    assert line is not None
    assert abs(datetime.fromisoformat(line["at"]) - timezone.now()) < timedelta(minutes=5)
    assert datetime.fromisoformat(line["at"]).tzinfo == UTC
    assert set(line) >= {"who", "about", "from", "page"}


def test_the_list_of_events_and_their_causes_are_the_same(cast, user):
    assert set(causes(cast, user)) == set(watch.EVENTS)


def test_a_line_says_who_where_and_from_which_network_only(cast, user, heard):
    line = heard(lambda: browser(user).get("/en/staff/log/"))["denied"]
    assert (line["who"], line["from"], line["page"]) == (user.code, "203.0.113.0/24", "staff_log")
    assert watch.network("2001:db8:1:2::3") == "2001:db8:1::/48"
    assert watch.network("no address") == ""


def test_an_act_that_is_rolled_back_leaves_no_line(cast, heard, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as waiting:
        audit.viewed(cast.nurlan, "disclosure", cast.dana)
    assert waiting


# --- what cannot wait --------------------------------------------------------------------------------------------


def letters(name: str = "portal/alarm") -> list[OutgoingMessage]:
    return list(OutgoingMessage.objects.filter(letter=name).order_by("pk"))


def keepers(cast) -> set[str]:
    return {user.email for user in (cast.root, cast.dana, cast.marat)}


def test_twenty_denials_of_one_account_are_a_letter_at_once_and_only_one(cast, user):
    client = browser(user)
    for _time in range(alarms.DENIALS - 1):
        client.get("/en/staff/log/")
    assert letters() == []
    for _time in range(5):
        client.get("/en/staff/no-such-page/")
    assert {letter.address for letter in letters()} == keepers(cast)
    assert len(letters()) == len(keepers(cast))
    assert user.code in letters()[0].text
    assert user.email not in letters()[0].text


def test_denials_of_several_are_not_added_up(cast):
    for somebody in (cast.serik, cast.nurlan.user, cast.ivan):
        for _time in range(8):
            browser(somebody).get("/en/staff/accounts/")
    assert letters() == []


def test_a_missing_key_is_a_letter_when_the_request_has_ended(cast):
    unreadable()
    assert letters() == []
    Client().get("/health/live")
    assert {letter.address for letter in letters()} == keepers(cast)
    assert "volunteers.person.iin.1" in letters()[0].text


def test_a_changed_file_is_one_too(cast, settings):
    from portal import files  # noqa: PLC0415 - only here

    stored = files.store(b"x" * 1000, "application/pdf")
    path = settings.PRIVATE_ROOT / stored.name[:2] / stored.name
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(crypto.Unreadable):
        list(files.read(stored.name, stored.sealed_key))
    alarms.tell()
    assert letters()


def test_a_large_list_is_told_at_once(cast):
    services.note_export(what="central_record", by=cast.raushan, count=201, why="тексеру")
    (first, *_rest) = letters("portal/list_taken")
    assert "201" in first.text
    assert first.due_at <= timezone.now() + timedelta(minutes=5)


def test_a_new_administrator_is_told_at_once(cast):
    services.grant_role(user=cast.serik, role="administrator", by=None)
    told = letters("portal/role_given")
    assert keepers(cast) <= {letter.address for letter in told}
    assert all(letter.due_at <= timezone.now() + timedelta(minutes=5) for letter in told)


# --- the log holds no words of people ------------------------------------------------------------------------------

MARKS = {
    "name": "Маркерханов",
    "phone": "7013334455",
    "iin": "900101300017",
    "email": "marker@demo.example",
    "token": "t0kenmarker0123456789",
    "words": "Есімін айтпаңыз",
}


def written(caplog) -> str:
    """What the handlers of the portal would have written: the same filter and the same format."""
    out, keep, form = io.StringIO(), WithoutTokens(), OneLine()
    for record in caplog.records:
        if keep.filter(record):
            out.write(form.format(record) + "\n")
    return out.getvalue()


def journeys(cast) -> None:
    """A stranger, somebody with an account and staff, each typing what must not be kept."""
    stranger, everything = browser(), {"login": MARKS["email"], **MARKS}
    for name in ("interest", "account_login", "account_signup", "account_reset_password", "account_request_login_code"):
        stranger.post(reverse(name), everything | {"password": MARKS["words"], "password1": MARKS["words"]})
    for page in ("reference", "invitation", "candidate_confirm", "coming", "digest_stop"):
        stranger.get(reverse(page, args=[MARKS["token"]]))
        stranger.post(reverse(page, args=[MARKS["token"]]), everything)
    stranger.get(f"/calendar/{MARKS['token']}.ics")
    stranger.get(reverse("search"), {"q": MARKS["name"]})
    stranger.get(reverse("certificate_ask"), {"serial": MARKS["words"]})
    for somebody in (cast.nurlan.user, cast.aigul, cast.dana, cast.root):
        client = browser(somebody)
        client.post(PAGE, everything)
        client.get(reverse("staff_log"), {"action": MARKS["name"], "person": MARKS["iin"]})
        client.get(reverse("staff_people"), {"q": MARKS["name"]})
        client.post(reverse("staff_assist_new"), everything)


@pytest.mark.parametrize("level", [logging.INFO, logging.WARNING])
def test_no_line_holds_what_people_typed(cast, caplog, level):
    caplog.set_level(level)
    journeys(cast)
    text = written(caplog)
    assert text
    assert [name for name, mark in MARKS.items() if mark.lower() in text.lower()] == []
    for somebody in (cast.nurlan.user, cast.aigul):
        assert somebody.email not in text
        assert somebody.last_name not in text


def test_an_error_is_told_without_its_words(caplog):
    try:
        try:
            raise KeyError(MARKS["iin"])
        except KeyError as error:
            raise ValueError(f"no such number: {MARKS['iin']}") from error
    except ValueError as error:
        logging.getLogger("celery.app.trace").error(
            "Task %(name)s[%(id)s] raised unexpected: %(exc)s",
            {"name": "portal.tasks.nightly", "id": "1", "exc": repr(error)},
            exc_info=True,
        )
        logging.getLogger("django.request").error("failed: %s", error, exc_info=True)
    text = written(caplog)
    assert MARKS["iin"] not in text
    assert "ValueError from KeyError at portal/test_security_log.py" in text
    assert "task portal.tasks.nightly [1]" in text
    assert len(text.splitlines()) == 2


def test_a_line_break_in_what_was_sent_is_no_new_line(caplog, cast):
    forged = "x\r\n2026-01-01 ERROR portal.security forged\u2028more"
    logging.getLogger("portal.anything").warning("refused: %s", forged)
    Client().get("/en/%0d%0aforged/")
    browser(cast.nurlan.user).get("/en/staff/x%0aforged/")
    records = len(caplog.records)
    assert records >= 2
    assert len(written(caplog).splitlines()) == records
