"""An application that a coordinator types for somebody who confirms it himself."""

import pytest

from portal.crypto import token_hash
from portal.models import LogEntry, OutgoingMessage, StaffTask
from portal.refusals import NotAllowed, Refused
from tests.volunteers.drafts import ABOUT, EXPERIENCE, received, referee
from tests.volunteers.links import newest_link
from volunteers.models import Application, ProgrammeRole
from volunteers.services import answers, applications, assisted
from volunteers.states import ApplicationState

OWN = "+77011112233"
HISTORY = {
    "entries": [
        {
            "kind": "household",
            "organisation": "",
            "with_children": False,
            "from": "2005-01",
            "to": "",
            "reason_left": "",
        }
    ],
    "gaps_explained": "",
}


@pytest.fixture
def typed(cast) -> Application:
    """A complete draft that Aigul typed for an 80-year-old with a phone."""
    application = assisted.start(
        by=cast.aigul, role=ProgrammeRole.objects.get(code="school_mentor"), district=cast.taraz
    )
    steps = {
        "about": {**ABOUT, "email": "", "phone": OWN, "birth_date": "1944-03-17"},
        "organisation": {"organisation": None, "other": ""},
        "experience": EXPERIENCE,
        "history": HISTORY,
        "referees": {"referees": [referee(1), referee(2)]},
    }
    wanted = answers.steps_of(application)
    assert "consents" not in wanted and set(wanted) <= set(steps)
    assisted.save_draft(application=application, by=cast.aigul, answers={step: steps[step] for step in wanted})
    application.refresh_from_db()
    return application


def consents() -> dict[str, str]:
    return dict.fromkeys(answers.CONSENTS, "on")


def sent(application, by) -> str:
    """The path of the candidate's link."""
    assisted.send(application=application, by=by)
    application.refresh_from_db()
    return newest_link("candidate_confirm", OWN)


def test_the_wizard_leads_from_the_questions_to_the_review(cast, sign_in):
    aigul = sign_in(cast.aigul)
    page = aigul.get("/en/staff/applications/new/")
    assert page.status_code == 200
    form = page.context["form"]
    good = {"age": "80", "role": ProgrammeRole.objects.get(code="school_mentor").pk, "district": cast.taraz.pk} | {
        code: "no" if question["stop_on"] == "yes" else "yes"
        for code, question in form.questions.items()
        if code != "adult"
    }
    young = aigul.post("/en/staff/applications/new/", {**good, "age": "17"})
    assert young.status_code == 422 and 'data-code="adult"' in young.content.decode()
    assert not Application.objects.filter(assisted_by=cast.aigul).exists()
    assert aigul.post("/en/staff/applications/new/", good).status_code == 302
    application = Application.objects.get(assisted_by=cast.aigul)
    about = f"/en/staff/applications/{application.uuid}/fill/about/"
    assert aigul.get(about).status_code == 200
    wrong = aigul.post(about, {**ABOUT, "email": "bolat@demo.example"})
    assert wrong.status_code == 422 and "belongs to a member of staff" in wrong.content.decode()
    assert 'value="Маратұлы"' in wrong.content.decode()
    answer = aigul.post(about, {**ABOUT, "email": "", "phone": OWN})
    assert answer.status_code == 302 and answer.url.endswith("/fill/organisation/")
    review = aigul.get(f"/en/staff/applications/{application.uuid}/fill/review/").content.decode()
    assert 'data-code="unfinished:experience"' in review and "/fill/experience/" in review
    assert ABOUT["iin"] not in review and "move-send_for" in review


@pytest.mark.parametrize(
    ("contact", "code"),
    [
        ({"email": "aigul@demo.example"}, "staff_contact"),
        ({"email": "DANA@demo.example"}, "staff_contact"),
        ({"email": "nurlan@demo.example"}, "has_account"),
        ({"email": "", "phone": "+77010000001"}, "staff_contact"),
    ],
)
def test_a_staff_members_or_somebody_elses_address_is_not_accepted(cast, typed, contact, code):
    cast.bolat.phone = "+77010000001"
    cast.bolat.save()
    about = {**answers.read(typed)["about"], **contact}
    with pytest.raises(Refused) as refused:
        assisted.save_draft(application=typed, by=cast.aigul, answers={"about": about})
    assert refused.value.codes == [code]


def test_an_address_that_became_a_colleagues_is_refused_on_sending_too(cast, typed):
    cast.bolat.phone = OWN
    cast.bolat.save()
    with pytest.raises(Refused) as refused:
        assisted.send(application=typed, by=cast.aigul)
    assert refused.value.codes == ["staff_contact"]


def test_only_the_one_who_types_sees_it(cast, typed, sign_in):
    page = f"/en/staff/applications/{typed.uuid}/fill/review/"
    assert sign_in(cast.aigul).get(page).status_code == 200
    for name, status in {"bolat": 404, "dana": 403, "ivan": 403, "gulnara": 403, "root": 403, "serik": 403}.items():
        assert sign_in(getattr(cast, name)).get(page).status_code == status, name
    with pytest.raises((NotAllowed, Application.DoesNotExist)):
        assisted.send(application=typed, by=cast.bolat)


def test_an_unfinished_draft_is_not_sent(cast, typed):
    Application.objects.filter(pk=typed.pk).update(answers_sealed=None)
    with pytest.raises(Refused) as refused:
        assisted.send(application=typed, by=cast.aigul)
    assert "unfinished:about" in refused.value.codes and "unfinished:consents" not in refused.value.codes


def test_scenario_6_only_the_candidate_confirms(cast, typed, sign_in, client):
    link = sent(typed, cast.aigul)
    assert typed.state == ApplicationState.UNCONFIRMED
    letter = OutgoingMessage.objects.get(letter="volunteers/candidate_confirm")
    assert (letter.channel, letter.address, letter.is_secret) == ("sms", OWN, True)
    token = link.rstrip("/").split("/")[-1]
    assert typed.candidate_token_hash == token_hash(token)
    assert not any(token in str(entry.data) for entry in LogEntry.objects.all())
    aigul = sign_in(cast.aigul)
    assert aigul.get(link).status_code == 403  # not even with the link in her hand
    assert aigul.post(f"/en/staff/applications/{typed.uuid}/accept/", {"no_conflict": "on"}).status_code in {
        403,
        404,
        409,
    }
    with pytest.raises((NotAllowed, Refused)):
        applications.confirm_contact(application=typed, by=cast.aigul, code="000000")
    typed.refresh_from_db()
    assert typed.state == ApplicationState.UNCONFIRMED
    assert not StaffTask.objects.filter(kind="new_application", about=typed.code).exists()
    assert client.get(link).status_code == 200
    assert client.post(link, consents()).status_code == 200
    typed.refresh_from_db()
    assert typed.state == ApplicationState.SCREENING and typed.confirmed_by_candidate_at
    case = aigul.get(f"/en/staff/applications/{typed.uuid}/").content.decode()
    assert f"Typed by {cast.aigul.display_name}" in case and "confirmed by the candidate on" in case


def test_a_new_link_replaces_the_old_one(cast, typed, sign_in, client):
    link = sent(typed, cast.aigul)
    assert sign_in(cast.aigul).post(f"/en/staff/applications/{typed.uuid}/resend-for/").status_code == 302
    fresh = newest_link("candidate_confirm", OWN)
    assert fresh != link
    assert client.get(link).status_code == 410 and client.get(fresh).status_code == 200
    for _number in range(assisted.LINKS_A_DAY - 2):
        assisted.resend(application=typed, by=cast.aigul)
    with pytest.raises(Refused) as refused:
        assisted.resend(application=typed, by=cast.aigul)
    assert refused.value.codes == ["too_many_links"]


def test_a_number_that_is_known_is_not_taken_and_the_lead_gets_a_task(cast, typed):
    received(cast.serik)
    with pytest.raises(Refused) as refused:
        assisted.send(application=typed, by=cast.aigul)
    assert refused.value.codes == ["cannot_accept"]
    assert StaffTask.objects.visible_to(cast.dana).filter(kind="duplicate_person").exists()
    typed.refresh_from_db()
    assert typed.state == ApplicationState.DRAFT


def test_another_districts_candidate_is_left_to_its_coordinator(cast, typed):
    about = {**answers.read(typed)["about"], "district": "zhambyl"}
    with pytest.raises(Refused) as refused:
        assisted.save_draft(application=typed, by=cast.aigul, answers={"about": about})
    assert refused.value.codes == ["other_district"]
    with pytest.raises(NotAllowed):
        assisted.start(by=cast.aigul, role=typed.role, district=cast.zhambyl)
