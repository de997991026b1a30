"""Links of referees, their answers, and who learns what."""

from datetime import timedelta

import pytest
from django.utils import timezone

from portal.crypto import token_hash
from portal.models import LogEntry, OutgoingMessage, StaffTask, User
from portal.refusals import Gone, NotAllowed, Refused
from tests.people import Cast, make_cast
from tests.racing import attempt, together
from tests.volunteers.drafts import links, received, referee
from volunteers.models import Application, RefereeRequest, ReferenceResponse
from volunteers.services import applications, decisions, references, replacing

REASON = "Мен оның балаға қол көтергенін көрдім."
GOOD = {
    "can_give": "yes",
    "known": "Бірге жұмыс істедік",
    "since": "1998",
    "related": "no",
    "saw_with_children": "yes",
    "where": "Мектеп үйірмесінде",
    "names_a_reason": "no",
    "warned": "no",
    "reliable": "good",
    "boundaries": "good",
    "stress": "unknown",
    "reliability": "Сенімді",
    "referee_name": "Ұсынушы",
    "position": "Орманшы",
    "phone": "8 701 555 44 33",
}
BAD = {**GOOD, "names_a_reason": "yes", "reason_details": REASON}


@pytest.fixture
def application(cast: Cast) -> Application:
    application = received(cast.serik)
    decisions.accept(application=application, by=cast.aigul, no_conflict=True)
    application.refresh_from_db()
    return application


@pytest.fixture
def link(application) -> str:
    return "/" + links(application)["ref1@demo.example"].rstrip()


def asked(link: str) -> RefereeRequest:
    return RefereeRequest.objects.get(token_hash=token_hash(link.rstrip("/").split("/")[-1]))


def test_every_referee_gets_a_link_of_his_own_in_the_language_that_was_named(application):
    both = links(application)
    assert set(both) == {"ref1@demo.example", "ref2@demo.example"}
    assert len(set(both.values())) == 2
    assert all(path.startswith("ru/reference/") for path in both.values())
    for path in both.values():
        token = path.rstrip("/").split("/")[-1]
        assert len(token) >= 43
        assert not RefereeRequest.objects.filter(token_hash=token).exists()
        assert asked(path).state == "sent"


def test_the_form_needs_no_account_shows_name_and_role_only_and_works_once(client, link, application):
    page = client.get(link)
    text = page.content.decode()
    assert page.status_code == 200
    assert "Әбенов Серік" in text and application.role.name_ru in text
    assert application.person.iin[-4:] not in text and "serik@demo.example" not in text
    assert "no-store" in page["Cache-Control"]
    assert page["Referrer-Policy"] == "same-origin" and "noindex" in page["X-Robots-Tag"]
    client.get(link)  # a mail scanner opens it too
    done = client.post(link, GOOD)
    assert done.status_code == 200 and 'data-testid="reference-done"' in done.content.decode()
    for again in (client.get(link), client.post(link, GOOD)):
        assert again.status_code == 410 and 'data-code="used"' in again.content.decode()
    response = ReferenceResponse.objects.get(request=asked(link))
    assert (response.names_a_reason, response.result) == (False, "")
    assert "Мектеп үйірмесінде" in response.answers
    assert "үйірме".encode() not in bytes(response.answers_sealed)


def test_yes_needs_details(client, link):
    page = client.post(link, {**BAD, "reason_details": " "})
    assert page.status_code == 422
    assert '<a href="#id_reason_details">' in page.content.decode()
    assert "1998" in page.content.decode()
    assert not ReferenceResponse.objects.exclude(result="accepted").exists()


def test_a_named_reason_reaches_the_leads_desk_without_its_words(client, link, application, cast):
    client.post(link, BAD)
    task = StaffTask.objects.visible_to(cast.dana).get(kind="reference_concern")
    assert task.about == application.code
    assert not StaffTask.objects.visible_to(cast.aigul).filter(kind="reference_concern").exists()
    assert not OutgoingMessage.objects.filter(text__contains=REASON[:20]).exists()
    assert not any(REASON[:20] in str(entry.data) + entry.reason for entry in LogEntry.objects.all())


def test_after_a_withdrawal_the_link_is_no_longer_needed_and_the_leads_task_stays(client, link, application, cast):
    other = "/" + links(application)["ref2@demo.example"]
    client.post(link, BAD)
    applications.withdraw(application=application, by=cast.serik)
    gone = client.get(other)
    assert gone.status_code == 410 and 'data-code="no_longer_needed"' in gone.content.decode()
    assert client.post(other, GOOD).status_code == 410
    assert StaffTask.objects.visible_to(cast.dana).open().filter(kind="reference_concern").exists()
    response = ReferenceResponse.objects.get(request=asked(link))
    references.assess(response=response, by=cast.dana, result="concern", called_back=True)


def test_a_link_ends_with_its_days(client, link):
    RefereeRequest.objects.filter(pk=asked(link).pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    gone = client.get(link)
    assert gone.status_code == 410 and 'data-code="expired"' in gone.content.decode()


@pytest.mark.parametrize("token", ["x", "a" * 43, "a" * 4000, "%00", "..%2f", "қазақша"])
def test_an_unknown_link_is_gone(client, db, token):
    assert client.get(f"/kk/reference/{token}/").status_code in (404, 410)


def test_staff_and_the_applicant_himself_cannot_open_it(sign_in, link, cast):
    for somebody in (cast.aigul, cast.dana, cast.ivan, cast.root, cast.serik):
        assert sign_in(somebody).get(link).status_code == 403
        assert sign_in(somebody).post(link, GOOD).status_code == 403
    assert not ReferenceResponse.objects.filter(request=asked(link)).exists()


def test_who_cannot_says_why_and_only_the_lead_reads_it(client, link, application, cast, sign_in):
    short = client.post(link, {"can_give": "no"})
    assert '<a href="#id_reason">' in short.content.decode()
    client.post(link, {"can_give": "no", "reason": "Біз ұрысып қалдық"})
    assert asked(link).state == "declined"
    assert StaffTask.objects.visible_to(cast.aigul).filter(kind="referee_declined").count() == 1
    letter = OutgoingMessage.objects.get(letter="volunteers/another_referee_needed")
    assert letter.recipient == cast.serik
    home = sign_in(cast.serik).get("/en/my/").content.decode()
    assert "Please name another referee" in home
    for text in (letter.text, home):
        assert "ұрысып" not in text and "Ұсынушы 1" not in text
    assert "ұрысып" in ReferenceResponse.objects.get(request=asked(link)).answers


def test_the_applicant_names_somebody_else_who_is_asked_at_once(client, link, application, cast, sign_in):
    client.post(link, {"can_give": "no", "reason": "жоқ"})
    address = f"/en/my/referees/{asked(link).uuid}/"
    his = sign_in(cast.serik)
    refused = {"serik@demo.example": "own address", "ref1@demo.example": "already", "ref2@demo.example": "already"}
    for email, words in refused.items():
        assert words in his.post(address, referee(3, email=email)).content.decode()
    assert his.post(address, referee(3)).status_code == 302
    assert set(links(application)) >= {"ref3@demo.example"}
    assert asked(link).state == "replaced"
    assert client.get(link).status_code == 410
    for again in (his.post(address, referee(3)), his.post(address, referee(4)), his.get(address)):
        assert again.status_code == 409  # a second click is not told that this person was named already
    assert sign_in(cast.nurlan.user).get(address).status_code == 404


def test_two_relatives_do_not_come_about_by_replacement(client, link, application, cast):
    application.referees.filter(email="ref2@demo.example").update(relation="relative")
    client.post(link, {"can_give": "no", "reason": "жоқ"})
    with pytest.raises(Refused) as refused:
        replacing.replace(request=asked(link), by=cast.serik, referee=referee(3, relation="relative"))
    assert refused.value.codes == ["referee:relation"]


def test_a_referee_who_may_still_answer_is_not_replaced(link, cast):
    with pytest.raises(Refused) as refused:
        replacing.replace(request=asked(link), by=cast.serik, referee=referee(3))
    assert refused.value.codes == ["not_replaceable"]


def test_only_the_lead_assesses(client, link, cast):
    client.post(link, GOOD)
    response = ReferenceResponse.objects.get(request=asked(link))
    for other in (cast.aigul, cast.bolat, cast.ivan, cast.saule, cast.root, cast.serik):
        with pytest.raises(NotAllowed):
            references.assess(response=response, by=User.objects.get(pk=other.pk), result="accepted", called_back=True)
    references.assess(response=response, by=cast.dana, result="accepted", called_back=True)
    response.refresh_from_db()
    assert (response.result, response.assessed_by, response.called_back) == ("accepted", cast.dana, True)


def test_a_refusal_to_answer_is_never_accepted_as_a_reference(client, link, cast):
    client.post(link, {"can_give": "no", "reason": "жоқ"})
    response = ReferenceResponse.objects.get(request=asked(link))
    with pytest.raises(Refused) as refused:
        references.assess(response=response, by=cast.dana, result="accepted", called_back=True)
    assert refused.value.codes == ["not_an_answer"]


def test_two_accepted_references_cover_the_requirement(client, application, cast):
    from volunteers.services.guards import missing_for_approval  # noqa: PLC0415 - one test

    def codes():
        return [reason.code for reason in missing_for_approval(application)]

    for number, path in enumerate(links(application).values()):
        assert "missing:references" in codes()
        client.post("/" + path, GOOD)
        response = ReferenceResponse.objects.get(request=asked(path))
        references.assess(response=response, by=cast.dana, result="accepted", called_back=number == 0)
    assert not any("reference" in code for code in codes())


def test_the_service_demands_details_too(link, application):
    with pytest.raises(Refused) as refused:
        references.answer(token=link.rstrip("/").split("/")[-1], data={**BAD, "reason_details": ""})
    assert refused.value.codes == ["details_missing"]
    assert asked(link).state == "sent"


def test_an_answer_to_a_closed_case_is_gone(link, application):
    Application.objects.filter(pk=application.pk).update(state="approved")
    with pytest.raises(Gone) as gone:
        references.by_token(link.rstrip("/").split("/")[-1])
    assert gone.value.codes == ["no_longer_needed"]


def test_the_applicant_reads_the_answers_of_a_referee_who_agreed(client, link, application, cast, sign_in):
    """D3: only once the lead has accepted them, without the questions about reasons and warnings, and it is logged."""
    client.post(link, {**GOOD, "warned": "yes", "warned_details": "Бір рет ескерту алған", "shareable": "on"})
    request = asked(link)
    address, serik = f"/en/my/references/{request.uuid}/", sign_in(cast.serik)
    assert serik.get(address).status_code == 404
    assert address not in serik.get("/en/my/").content.decode()
    references.assess(response=request.response, by=cast.dana, result="accepted", called_back=True)
    assert address in serik.get("/en/my/").content.decode()
    page = serik.get(address)
    text = page.content.decode()
    assert page.status_code == 200 and "Мектеп үйірмесінде" in text and "Сенімді" in text
    for unsaid in ("ескерту", "Do you know", "If yes: what", GOOD["phone"], "701 555"):
        assert unsaid not in text
    assert LogEntry.objects.filter(kind="view", action="own_reference", actor=cast.serik).count() == 1
    for other in (cast.nurlan.user, cast.aigul, cast.dana, cast.root):
        assert sign_in(other).get(address).status_code == 404


def test_the_answers_of_a_referee_who_did_not_agree_stay_unread(client, link, application, cast, sign_in):
    client.post(link, GOOD)
    request = asked(link)
    references.assess(response=request.response, by=cast.dana, result="accepted", called_back=True)
    serik = sign_in(cast.serik)
    assert "/my/references/" not in serik.get("/en/my/").content.decode()
    assert serik.get(f"/en/my/references/{request.uuid}/").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_of_two_answers_sent_at_once_one_counts(settings):
    settings.DEMO_MODE = True  # elsewhere the words of a sent letter are forgotten, and the link is in them
    cast = make_cast()
    application = received(cast.serik)
    decisions.accept(application=application, by=cast.aigul, no_conflict=True)
    token = links(application)["ref1@demo.example"].rstrip("/").split("/")[-1]
    assert sorted(together(*[attempt(references.answer, token=token, data=GOOD)] * 2)) == ["done", "used"]
