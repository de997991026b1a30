"""The self-declaration, seen by whoever gives it: ten questions, sent once, never shown back."""

import pytest

from portal.models import LogEntry, StaffTask
from portal.refusals import NotAllowed, Refused
from tests.people import Cast
from tests.volunteers import cases
from volunteers import clearance
from volunteers.models import Application, Check, SelfDisclosure
from volunteers.reference import disclosure_questions
from volunteers.services import checks, disclosures

PAGE = "/en/my/disclosure/"
CODES = [question["code"] for question in disclosure_questions()]
NAME = "serik ӘБЕНОВ"
WORDS = "2003 жылы, жойылған."


def form(yes: str = "", words: str = "", name: str = NAME) -> dict:
    fields = {**dict.fromkeys(CODES, "no"), "signed_name": name}
    return fields | ({yes: "yes", f"{yes}-words": words} if yes else {})


@pytest.fixture
def application(cast: Cast) -> Application:
    return cases.in_assessment(cast)


@pytest.fixture
def client(application, sign_in, cast):
    return sign_in(cast.serik)


def declaration(application) -> Check:
    return cases.check_of(application, "self_disclosure")


def test_there_are_ten_questions_in_three_languages():
    assert len(CODES) == len(set(CODES)) == 10
    assert all(
        question["text"][language].endswith(("?", "."))
        for question in disclosure_questions()
        for language in ("kk", "ru", "en")
    )


def test_it_is_asked_for_on_his_page_and_sent_there(client, application):
    home = client.get("/en/my/").content.decode()
    assert f'href="{PAGE}"' in home
    assert client.get(f"/en/my/checks/{declaration(application).uuid}/").url == PAGE
    page = client.get(PAGE)
    assert page.content.decode().count('<input type="radio"') == 20
    assert "no-store" in page.headers["Cache-Control"]
    assert client.post(PAGE, form()).url == "/en/my/"
    check = declaration(application)
    assert check.state == "provided" and check.issued_on is not None
    disclosure = SelfDisclosure.objects.get()
    assert (disclosure.says_yes, disclosure.signed_name) == (False, NAME)
    assert not StaffTask.objects.filter(kind="disclosure").exists()


def test_a_yes_needs_words_and_goes_to_the_leads_alone(client, application, cast):
    refused = client.post(PAGE, form("convicted"))
    page = refused.content.decode()
    assert refused.status_code == 422 and "please write what happened" in page and "<details open>" in page
    assert page.count(" checked") == 10  # what was ticked stays
    client.post(PAGE, form("convicted", WORDS))
    disclosure = SelfDisclosure.objects.get()
    assert disclosure.says_yes and WORDS in disclosure.answers
    assert b"2003" not in bytes(disclosure.answers_sealed)
    assert StaffTask.objects.visible_to(cast.dana).filter(kind="disclosure").count() == 1
    assert not StaffTask.objects.visible_to(cast.aigul).filter(kind="disclosure").exists()
    log = " ".join(str(entry.data) + entry.reason for entry in LogEntry.objects.all())
    assert "2003 ж" not in log and "says_yes" not in log


def test_what_was_sent_is_not_shown_again(client):
    client.post(PAGE, form("convicted", WORDS))
    for address in (PAGE, f"{PAGE}?new=1", "/en/my/"):
        assert "2003 ж" not in client.get(address).content.decode()
    assert 'data-testid="new-disclosure"' in client.get(PAGE).content.decode()


@pytest.mark.parametrize("name", ["Serik", "Басқа Адам", "x"])
def test_it_is_signed_with_his_own_name(client, name):
    page = client.post(PAGE, form(name=name))
    assert page.status_code == 422 and '<a href="#id_signed_name">' in page.content.decode()
    assert not SelfDisclosure.objects.exists()


def test_every_question_is_answered(client):
    fields = form()
    del fields["register"]
    assert client.post(PAGE, fields).status_code == 422


def test_the_service_gives_all_reasons_at_once(application, cast):
    with pytest.raises(Refused) as refused:
        disclosures.disclose(
            check=declaration(application),
            by=cast.serik,
            answers={CODES[0]: {"answer": "yes", "words": " "}},
            signed_name="",
        )
    assert refused.value.codes == ["unanswered", "words_missing", "name_differs"]
    identity = cases.check_of(application, "identity")
    with pytest.raises(Refused) as refused:
        disclosures.disclose(check=identity, by=cast.serik, answers={}, signed_name=NAME)
    assert "not_a_declaration" in refused.value.codes


def test_nobody_declares_for_another(application, cast, sign_in):
    answers = {code: {"answer": "no", "words": ""} for code in CODES}
    for by in (cast.aigul, cast.dana, cast.ivan, cast.root):
        with pytest.raises((NotAllowed, Check.DoesNotExist)):
            disclosures.disclose(check=declaration(application), by=by, answers=answers, signed_name=NAME)
        assert sign_in(by).get(PAGE).status_code == 404


def test_who_has_none_asked_for_has_no_page(cast, sign_in):
    cases.in_screening(cast)
    assert sign_in(cast.serik).get(PAGE).status_code == 404


def nurlans(cast) -> Check:
    return cast.nurlan.checks.get(check_type__code="self_disclosure", state="verified")


def test_a_new_one_while_the_old_is_verified_is_verified_anew(cast, sign_in):
    assert clearance.clearance(cast.nurlan).ok
    answer = sign_in(cast.nurlan.user).post(PAGE, form(name=cast.nurlan.full_name))
    assert answer.url == "/en/my/"
    check = cast.nurlan.checks.get(check_type__code="self_disclosure")
    assert (check.state, check.verified_by) == ("provided", None)
    assert not clearance.clearance(cast.nurlan).ok


def test_an_early_new_one_lets_the_old_count_on_unless_it_says_yes(cast):
    old = nurlans(cast)
    fresh = checks.renew(check=old, by=cast.dana)
    cases.declare(fresh)
    old.refresh_from_db()
    assert old.state == "verified" and clearance.clearance(cast.nurlan).ok
    cases.declare(Check.objects.get(pk=fresh.pk), yes=WORDS)
    old.refresh_from_db()
    assert (old.state, old.invalidated_by_event) == ("invalidated", "new_disclosure")
    assert not clearance.clearance(cast.nurlan).ok
