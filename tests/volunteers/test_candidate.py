"""An assisted application becomes one only by the candidate's own word (scenario 6, his side)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from portal.models import OutgoingMessage, StaffTask, User
from portal.refusals import Gone, NotAllowed, Refused
from tests.people import Cast
from tests.volunteers.drafts import ABOUT, EXPERIENCE, HISTORY, referee
from volunteers.models import Acceptance, Application, ProgrammeRole
from volunteers.services import answers, applications, assisted, candidate, silence

HIS = {"email": "bauyrzhan@demo.example", "phone": ""}
CONSENTS = dict.fromkeys(answers.CONSENTS, "on")


def typed(cast: Cast, **about) -> Application:
    """Aigul typed it for a man of eighty, and the link went to him."""
    role = ProgrammeRole.objects.get(code="school_mentor")
    application = assisted.start(by=cast.aigul, role=role, district=cast.taraz)
    steps = {
        "about": {**ABOUT, **HIS, **about},
        "organisation": {"organisation": None, "other": ""},
        "experience": EXPERIENCE,
        "history": HISTORY,
        "referees": {"referees": [referee(1), referee(2)]},
    }
    assisted.save_draft(application=application, by=cast.aigul, answers=steps)
    assisted.send(application=application, by=cast.aigul)
    application.refresh_from_db()
    return application


@pytest.fixture
def application(cast: Cast) -> Application:
    return typed(cast)


def link(application, letter="volunteers/candidate_confirm") -> str:
    newest = OutgoingMessage.objects.filter(letter=letter, about=application.code).first()
    return "/" + next(word for word in newest.text.split() if "/confirm/" in word).split("/", 3)[-1]


def token(application) -> str:
    return link(application).rstrip("/").split("/")[-1]


def consents() -> dict[str, int]:
    return {code: version.pk for code, version in answers.current_versions(answers.CONSENTS).items()}


def test_scenario_6_he_reads_it_and_says_it_is_right(application, client, cast):
    page = client.get(link(application))
    text = page.content.decode()
    assert page.status_code == 200 and "Әбенов" in text and ABOUT["iin"] not in text
    assert "no-store" in page.headers["Cache-Control"] and page.headers["Referrer-Policy"] == "same-origin"
    assert "Айгүл" not in text and "Есімова" not in text
    missing = client.post(link(application), {"data_consent": "on"})
    assert missing.status_code == 422 and 'data-testid="field-error"' in missing.content.decode()
    assert not Application.objects.visible_to(cast.dana).filter(pk=application.pk).exists()
    address = link(application)
    assert 'data-testid="candidate-done"' in client.post(address, CONSENTS).content.decode()
    application.refresh_from_db()
    assert application.state == "screening"
    assert application.confirmed_by_candidate_at and application.submitted_at
    user = application.person.user
    assert (user.email, user.has_usable_password()) == (HIS["email"], False)
    assert user.emailaddress_set.get().verified
    accepted = Acceptance.objects.filter(person=application.person).values_list("version__agreement__code", flat=True)
    assert set(accepted) == {"data_consent", "checks_consent"}
    assert [revision.author for revision in application.revisions.all()] == [cast.aigul, user]
    assert StaffTask.objects.visible_to(cast.aigul).filter(kind="new_application").count() == 1
    assert client.get(address).status_code == 410
    assert client.post(address, CONSENTS).status_code == 410


def test_the_coordinator_cannot_confirm_it_herself(application, cast, sign_in):
    for by in (cast.aigul, cast.dana, cast.root):
        assert sign_in(by).get(link(application)).status_code == 403
        assert sign_in(by).post(link(application), CONSENTS).status_code == 403
        with pytest.raises((NotAllowed, Refused, Application.DoesNotExist)):
            applications.confirm_contact(application=application, by=by, code="000000")
    application.refresh_from_db()
    assert (application.state, application.person.user) == ("unconfirmed", None)


def test_he_signs_in_by_a_code_afterwards_and_finds_his_page(application, client, sign_in):
    client.post(link(application), CONSENTS)
    application.refresh_from_db()
    assert 'data-state="screening"' in sign_in(application.person.user).get("/en/my/").content.decode()


def test_somebody_without_e_mail_gets_an_account_by_phone(cast, client):
    application = typed(cast, email="", phone="+77011230000")
    client.post(link(application), CONSENTS)
    application.refresh_from_db()
    user = application.person.user
    assert (user.email, user.phone, user.phone_verified) == (None, "+77011230000", True)


def test_who_did_not_ask_for_it_ends_it(application, client, cast):
    address = link(application)
    assert client.post(address, {"disown": "1"}).status_code == 200
    application.refresh_from_db()
    assert (application.state, application.person.user, application.answers_sealed) == ("withdrawn", None, None)
    assert client.get(address).status_code == 410
    assert StaffTask.objects.visible_to(cast.aigul).filter(kind="withdrawn").count() == 1
    assert not User.objects.filter(email=HIS["email"]).exists()


def test_an_account_made_meanwhile_is_not_taken_over(application):
    User.objects.create_user(email=HIS["email"].upper(), password="x")
    with pytest.raises(Refused) as refused:
        candidate.confirm(token=token(application), consents=consents())
    assert refused.value.codes == ["has_account"]


def test_an_older_text_is_no_consent(application):
    with pytest.raises(Refused) as refused:
        candidate.confirm(token=token(application), consents={**consents(), "data_consent": 0})
    assert refused.value.codes == ["consent_missing"]


def test_a_wrong_link_and_an_old_one_open_nothing(application, client, cast):
    old = link(application)
    assisted.resend(application=application, by=cast.aigul)
    assert client.get(old).status_code == 410
    assert client.get(link(application)).status_code == 200
    with pytest.raises(Gone):
        candidate.by_token("x" * 43)


def test_the_reminder_brings_a_new_link_of_its_own(application, client):
    silence.lapse(timezone.localdate() + timedelta(days=3))
    assert client.get(link(application)).status_code == 410
    assert client.get(link(application, "volunteers/reminder")).status_code == 200
    assert OutgoingMessage.objects.get(letter="volunteers/reminder").is_secret


def test_whoever_never_answers_is_closed(application, client, cast):
    for day in (3, 5, 7):
        silence.lapse(timezone.localdate() + timedelta(days=day))
    application.refresh_from_db()
    assert application.state == "lapsed"
    assert client.get(link(application, "volunteers/reminder")).status_code == 410
    assert StaffTask.objects.visible_to(cast.aigul).filter(kind="lapsed").count() == 1
    text = OutgoingMessage.objects.get(letter="volunteers/lapsed").text
    assert "/my/" not in text


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_the_page_speaks_every_language(application, client, language):
    path = link(application).split("/", 2)[2]
    assert client.get(f"/{language}/{path}").status_code == 200
