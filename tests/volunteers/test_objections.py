"""Refusal is fair, seen by the applicant (scenario 32): reasons, his answer, his appeal, and nothing that is not for him."""

import pytest
from django.utils import timezone

from portal.models import LogEntry, OutgoingMessage, StaffTask
from portal.refusals import NotAllowed, Refused
from tests.people import Cast
from tests.volunteers import cases
from volunteers.models import Appeal, Application, ReasonCode
from volunteers.services import decisions, holds, objections

SECRET, TOLD = "The neighbour called us twice.", "We could not reach your referees."


@pytest.fixture
def hidden(db) -> ReasonCode:
    return ReasonCode.objects.create(
        code="inner", text_kk="ЖАСЫРЫН", text_ru="СКРЫТО", text_en="HIDDEN", disclosable=False
    )


@pytest.fixture
def noticed(cast: Cast, hidden) -> Application:
    """Aigul proposed a refusal, Marat confirmed the notice."""
    application = cases.in_assessment(cast)
    decisions.propose_decline(
        application=application,
        by=cast.aigul,
        rationale=SECRET,
        reason_codes=[ReasonCode.objects.get(code="references_insufficient"), hidden],
        applicant_text=TOLD,
        no_conflict=True,
    )
    decisions.confirm_decline(application=application, by=cast.marat, no_conflict=True)
    application.refresh_from_db()
    return application


def refuse(cast, application) -> None:
    """Dana closes it after the last day."""
    application.decisions.update(answer_until=cases.days_ago(1))
    decisions.decline(application=application, by=cast.dana, reason="No answer came.")
    application.refresh_from_db()


@pytest.fixture
def client(sign_in, cast):
    return sign_in(cast.serik)


def assert_nothing_inner(text: str) -> None:
    for word in (SECRET, "HIDDEN", "inner", "No answer came.", "Есімова", "Айгүл", "Марат Н"):
        assert word not in text, word


def test_scenario_32_refusal_is_fair(cast, noticed, client):
    home = client.get("/en/my/").content.decode()
    assert 'data-turn="you"' in home and 'data-code="references_insufficient"' in home and TOLD in home
    assert_nothing_inner(home)
    address = f"/en/apply/{noticed.uuid}/notice/"
    assert address in home
    page = client.get(address).content.decode()
    assert TOLD in page and 'data-testid="move-answer_notice"' in page
    assert_nothing_inner(page)
    empty = client.post(address, {"text": " "})
    assert empty.status_code == 422
    assert client.post(address, {"text": "They were on holiday."}).url == "/en/my/"
    assert 'data-turn="us"' in client.get("/en/my/").content.decode()
    assert client.post(address, {"text": "Once more."}).status_code == 409
    assert client.get(address).url == "/en/my/"  # he may answer once: no form that would be refused
    decision = noticed.decisions.get()
    assert decision.answer == "They were on holiday." and b"holiday" not in bytes(decision.answer_sealed)
    assert StaffTask.objects.visible_to(cast.dana).filter(kind="notice_over").count() == 1
    refuse(cast, noticed)
    home = client.get("/en/my/").content.decode()
    assert "appeal until" in home and TOLD in home
    assert_nothing_inner(home)
    address = f"/en/apply/{noticed.uuid}/appeal/"
    assert_nothing_inner(client.get(address).content.decode())
    assert client.post(address, {"text": "Please look again."}).url == "/en/my/"
    appeal = Appeal.objects.get()
    assert (appeal.first_proposed_by, appeal.first_confirmed_by) == (cast.aigul, cast.marat)
    assert b"look again" not in bytes(appeal.text_sealed)
    assert StaffTask.objects.visible_to(cast.saule).filter(kind="appeal").count() == 1
    home = client.get("/en/my/").content.decode()
    assert 'data-testid="appealed"' in home and 'data-testid="appeal"' not in home
    assert 'data-turn="us"' in home and client.get(address).url == "/en/my/"
    mails = OutgoingMessage.objects.filter(recipient=cast.serik)
    for letter in mails:
        assert_nothing_inner(letter.subject + letter.text + letter.html)
    log = " ".join(str(entry.data) for entry in LogEntry.objects.all())
    assert "holiday" not in log and "look again" not in log


def test_the_last_day_counts_and_the_next_does_not(cast, noticed):
    noticed.decisions.update(answer_until=cases.days_ago(1))
    with pytest.raises(Refused) as refused:
        objections.answer_notice(application=noticed, by=cast.serik, text="x")
    assert refused.value.codes == ["answer_late"]
    noticed.decisions.update(answer_until=timezone.localdate())
    objections.answer_notice(application=noticed, by=cast.serik, text="x")


def test_days_to_appeal_end(cast, noticed, client):
    refuse(cast, noticed)
    noticed.decisions.update(appeal_until=cases.days_ago(1))
    assert 'data-testid="appeal"' not in client.get("/en/my/").content.decode()
    with pytest.raises(Refused) as refused:
        objections.appeal(application=noticed, by=cast.serik, text=" ")
    assert refused.value.codes == ["text_missing", "appeal_late"]
    noticed.decisions.update(appeal_until=timezone.localdate())
    objections.appeal(application=noticed, by=cast.serik, text="x")
    with pytest.raises(Refused) as refused:
        objections.appeal(application=noticed, by=cast.serik, text="x")
    assert refused.value.codes == ["appealed_already"]


def test_nobody_else_answers_or_appeals(cast, noticed, sign_in):
    for by in (cast.aigul, cast.dana, cast.saule, cast.root, cast.nurlan.user):
        with pytest.raises((NotAllowed, Application.DoesNotExist)):
            objections.answer_notice(application=noticed, by=by, text="x")
        assert sign_in(by).get(f"/en/apply/{noticed.uuid}/notice/").status_code == 404


def test_a_case_that_rests_takes_his_answer_all_the_same(cast, noticed, client):
    holds.hold(application=noticed, by=cast.dana, reason="concern", note="n")
    home = client.get("/en/my/").content.decode()
    assert 'data-state="notice"' in home and TOLD in home
    objections.answer_notice(application=noticed, by=cast.serik, text="x")
    noticed.refresh_from_db()
    assert (noticed.state, noticed.return_to) == ("on_hold", "notice")


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_the_pages_open_in_every_language(cast, noticed, sign_in, language):
    me = sign_in(cast.serik)
    assert me.get(f"/{language}/apply/{noticed.uuid}/notice/").status_code == 200
    assert me.get(f"/{language}/apply/{noticed.uuid}/appeal/").url == f"/{language}/my/"
