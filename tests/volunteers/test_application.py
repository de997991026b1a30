"""The applicant's steps: drafts, sending, the same person twice, withdrawing; the wizard and its errors."""

import itertools
from datetime import timedelta

import pytest
from django.utils import timezone

from portal.management.demo.builders import iin_of
from portal.models import LogEntry, StaffTask, User
from portal.refusals import NotAllowed, Refused
from tests.people import Cast, make_cast
from tests.racing import attempt, together
from tests.volunteers.drafts import ABOUT, EXPERIENCE, draft, received, referee
from volunteers.models import Acceptance, Application, ApplicationRevision, Organisation, ProgrammeRole
from volunteers.services import answers, applications, decisions
from volunteers.states import CLOSED, ApplicationState

REFEREES = {
    f"{number}-{field}": value
    for number in (1, 2)
    for field, value in referee(number).items()
    if field != "saw_with_children"
} | {"1-saw_with_children": "on"}
OCCUPATIONS = {"1-kind": "work", "1-organisation": "Орман шаруашылығы", "1-from": "1980", "1-to": ""}
CONSENTS = dict.fromkeys(answers.CONSENTS, "on")


@pytest.fixture
def application(cast: Cast) -> Application:
    return applications.start(by=cast.serik, role=ProgrammeRole.objects.get(code="school_mentor"))


@pytest.fixture
def client(sign_in, cast):
    return sign_in(cast.serik)


def at(application, step: str) -> str:
    return f"/en/apply/{application.uuid}/{step}/"


def test_from_the_first_step_to_the_queue_of_his_district(client, application, cast):
    steps = {
        "about": {**ABOUT, "iin": f"{ABOUT['iin'][:6]} {ABOUT['iin'][6:]}"},
        "organisation": {"organisation": ""},
        "experience": EXPERIENCE,
        "history": OCCUPATIONS,
        "referees": REFEREES,
        "consents": CONSENTS,
    }
    names = [*steps, "review"]
    for step, following in itertools.pairwise(names):
        assert client.get(at(application, step)).status_code == 200
        answer = client.post(at(application, step), steps[step])
        assert (answer.status_code, answer.url) == (302, at(application, following)), step
    review = client.get(at(application, "review")).content.decode()
    assert "Әбенов" in review and ABOUT["iin"] not in review and ABOUT["iin"][-4:] in review
    assert 'data-testid="move-send"' in review
    assert client.post(f"/en/apply/{application.uuid}/send/").url == at(application, "confirm")
    application.refresh_from_db()
    assert application.state == "unconfirmed"
    assert application.person.full_name == "Әбенов Серік Маратұлы"
    assert application.person.district == cast.taraz
    assert ABOUT["iin"].encode() not in bytes(application.person.iin_sealed)
    assert ApplicationRevision.objects.get(application=application).number == 1
    assert not Application.objects.visible_to(cast.aigul).filter(pk=application.pk).exists()


def test_consents_are_accepted_on_sending_but_the_code_of_conduct_is_only_read(cast):
    received(cast.serik)
    codes = Acceptance.objects.filter(person__user=cast.serik).values_list("version__agreement__code", flat=True)
    assert set(codes) == {"data_consent", "checks_consent"}


def test_a_draft_is_private_and_survives_signing_out(client, application, cast, sign_in):
    client.post(at(application, "about"), ABOUT)
    assert not Application.objects.visible_to(cast.aigul).filter(pk=application.pk).exists()
    for stranger in (cast.aigul, cast.dana, cast.root, cast.nurlan.user):
        assert sign_in(stranger).get(at(application, "about")).status_code == 404
        assert sign_in(stranger).post(at(application, "about"), ABOUT).status_code == 404
    again = sign_in(cast.serik).get(at(application, "about")).content.decode()
    assert 'value="Маратұлы"' in again and 'value="1955-03-17"' in again


def test_the_draft_is_encrypted(application, cast):
    applications.save_draft(application=application, by=cast.serik, answers={"about": ABOUT})
    application.refresh_from_db()
    assert "Маратұлы".encode() not in bytes(application.answers_sealed)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("iin", "123456789012", "There is a mistake in the number: compare it with your identity card."),
        ("iin", "000000000000", "There is a mistake in the number"),
        ("birth_date", (timezone.localdate() + timedelta(days=3)).isoformat(), "This day is in the future."),
        ("birth_date", (timezone.localdate() - timedelta(days=17 * 365)).isoformat(), "Mentors are 18 or older."),
        ("birth_date", "1555-01-01", "Please check the year."),
        ("family_name", "http://evil.example", "letters only"),
        ("email", f"x@{'a' * 60}.{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 60}.kz", "at most 254"),
        ("phone", "12", "This is not a phone number"),
        ("district", "mars", "Select a valid choice"),
    ],
)
def test_a_wrong_answer_is_explained_at_its_field_and_the_rest_is_kept(client, application, field, value, message):
    page = client.post(at(application, "about"), {**ABOUT, field: value})
    text = page.content.decode()
    assert page.status_code == 200 and message in text
    assert f'<a href="#id_{field}">' in text
    assert 'value="Маратұлы"' in text
    assert "about" not in answers.read(Application.objects.get(pk=application.pk))


def test_eighteen_today_is_old_enough(client, application):
    today = timezone.localdate()
    born = today.replace(year=today.year - 18, day=min(today.day, 28))
    assert client.post(at(application, "about"), {**ABOUT, "birth_date": born.isoformat()}).status_code == 302


def test_one_of_e_mail_and_phone_is_enough_and_any_spelling_of_the_phone_does(client, application):
    neither = client.post(at(application, "about"), {**ABOUT, "email": ""}).content.decode()
    assert "Write your e-mail or your phone" in neither
    assert (
        client.post(at(application, "about"), {**ABOUT, "email": "", "phone": "8 (701) 123-45-67"}).status_code == 302
    )
    assert answers.read(Application.objects.get(pk=application.pk))["about"]["phone"] == "+77011234567"


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"1-email": "SERIK@demo.example"}, "1-email", "your own address"),
        ({"2-email": "ref1@demo.example"}, "2-email", "You named this person already"),
        ({"2-name": "ұсынушы  1"}, "2-name", "You named this person already"),
        ({"2-email": ""}, "2-email", "we will send a link"),
        ({"1-relation": "relative", "2-relation": "relative"}, "2-relation", "Both are your relatives"),
    ],
)
def test_unfit_referees_are_explained_one_by_one(client, application, changes, field, message):
    client.post(at(application, "about"), ABOUT)
    text = client.post(at(application, "referees"), {**REFEREES, **changes}).content.decode()
    assert message in text and f'<a href="#id_{field}">' in text
    assert "referees" not in answers.read(Application.objects.get(pk=application.pk))


def test_own_phone_in_another_spelling_is_own_phone(client, application):
    client.post(at(application, "about"), {**ABOUT, "phone": "+7 701 123 45 67"})
    text = client.post(at(application, "referees"), {**REFEREES, "2-phone": "8 701 1234567"}).content.decode()
    assert "your own address" in text


def test_every_consent_is_needed(client, application):
    text = client.post(at(application, "consents"), {"data_consent": "on"}).content.decode()
    assert text.count('data-testid="field-error"') == 2
    assert "<details>" in text


def test_a_newer_text_asks_for_consent_again(cast):
    application = draft(cast.serik)
    old = answers.current_versions(["data_consent"])["data_consent"]
    old.pk, old.number, old._state.adding = None, old.number + 1, True
    old.save()
    with pytest.raises(Refused) as refused:
        applications.send(application=application, by=cast.serik)
    assert refused.value.codes == ["unfinished:consents"]


def test_a_teacher_names_his_school(cast, sign_in):
    application = applications.start(by=cast.serik, role=ProgrammeRole.objects.get(code="teacher_mentor"))
    page = sign_in(cast.serik).post(at(application, "organisation"), {"organisation": ""})
    assert page.status_code == 200 and 'data-testid="field-error"' in page.content.decode()


def test_sending_leads_to_the_first_unfinished_step(client, application):
    client.post(at(application, "about"), ABOUT)
    answer = client.post(f"/en/apply/{application.uuid}/send/", follow=True)
    assert answer.redirect_chain[0][0] == at(application, "organisation")
    assert "is not finished" in answer.content.decode()
    application.refresh_from_db()
    assert application.state == "draft"


def test_who_comes_back_to_a_button_by_its_address_is_led_to_its_page(client, application, cast, sign_in):
    """After signing in again, half-way: an address that takes a POST only would show nothing."""
    send, code = f"/en/apply/{application.uuid}/send/", f"/en/apply/{application.uuid}/code/"
    assert client.get(send).url == at(application, "review")
    assert client.get(code).url == at(application, "confirm")
    paper = cast.nurlan.checks.get(check_type__code="criminal_record")
    assert sign_in(cast.nurlan.user).get(f"/en/my/checks/{paper.uuid}/renew/").url == "/en/my/"
    assert sign_in(cast.nurlan.user).get(send).status_code == 404


def test_an_organisation_that_was_closed_meanwhile_is_asked_for_again(cast):
    application = draft(cast.serik)
    organisation = Organisation.objects.create(kind="other", district=cast.taraz, name_kk="Х", name_ru="Х", name_en="X")
    chosen = {"organisation": {"organisation": organisation.pk, "other": ""}}
    applications.save_draft(application=application, by=cast.serik, answers=chosen)
    organisation.delete()
    with pytest.raises(Refused) as refused:
        applications.send(application=application, by=cast.serik)
    assert refused.value.codes == ["unfinished:organisation"]


def test_the_service_gives_all_unfinished_steps_at_once(application, cast):
    with pytest.raises(Refused) as refused:
        applications.send(application=application, by=cast.serik)
    assert refused.value.codes == [f"unfinished:{step}" for step in answers.steps_of(application)]


def test_the_same_number_from_another_account_is_not_submitted_and_says_nothing(cast, sign_in):
    received(cast.serik)
    other = User.objects.create_user(email="double@demo.example", password="x")
    second = draft(other, email="double@demo.example", family_name="Басқа")
    answer = sign_in(other).post(f"/en/apply/{second.uuid}/send/")
    text = answer.content.decode()
    assert answer.status_code == 409 and 'data-code="cannot_accept"' in text
    assert "number" not in text.split('data-testid="reasons"')[1].split("</ul>")[0]
    second.refresh_from_db()
    assert (second.state, second.person.iin_hash) == ("draft", None)
    task = StaffTask.objects.visible_to(cast.dana).get(kind="duplicate_person")
    assert second.code in task.about
    assert not StaffTask.objects.visible_to(cast.aigul).filter(kind="duplicate_person").exists()
    sign_in(other).post(f"/en/apply/{second.uuid}/send/")
    assert StaffTask.objects.filter(kind="duplicate_person").count() == 1


def test_somebody_elses_number_after_a_withdrawal_is_refused(cast):
    applications.withdraw(application=received(cast.serik), by=cast.serik)
    second = draft(cast.serik, iin=iin_of(777))
    with pytest.raises(Refused) as refused:
        applications.send(application=second, by=cast.serik)
    assert refused.value.codes == ["iin_differs"]


def test_a_new_name_sends_verified_checks_back(cast):
    person = cast.nurlan
    person.approvals.update(valid_to=timezone.localdate() - timedelta(days=1))
    same = draft(
        person.user, family_name="Мұсаев", given_name="Нұрлан", patronymic="", iin=iin_of(1), birth_date="1958-05-09"
    )
    applications.send(application=same, by=person.user)
    assert person.checks.filter(state="verified").exists()
    applications.withdraw(application=same, by=person.user)
    renamed = draft(person.user, family_name="Жаңаев", iin=iin_of(1))
    applications.send(application=renamed, by=person.user)
    still = person.checks.filter(state="verified").values_list("check_type__code", flat=True)
    assert set(still) == {"interview"}  # it speaks of the man, not of his papers
    assert not person.checks.exclude(verified_by=None).filter(state="provided").exists()


def test_withdrawing_ends_everything_and_tells_the_coordinator_once(cast, sign_in):
    application = received(cast.serik)
    decisions.accept(application=application, by=cast.aigul, no_conflict=True)
    client = sign_in(cast.serik)
    assert 'data-testid="move-withdraw"' in client.get(at(application, "withdraw")).content.decode()
    application.refresh_from_db()
    assert application.state == "assessment"
    client.post(at(application, "withdraw"), {"reason": ""})
    application.refresh_from_db()
    assert application.state == "withdrawn"
    assert set(application.referees.values_list("state", flat=True)) == {"cancelled"}
    assert set(application.checks.values_list("state", flat=True)) == {"cancelled"}
    assert StaffTask.objects.visible_to(cast.aigul).filter(kind="withdrawn").count() == 1
    assert not StaffTask.objects.visible_to(cast.bolat).filter(kind="withdrawn").exists()
    assert client.post(at(application, "withdraw"), {}).status_code == 409


def test_a_withdrawn_draft_is_erased_and_told_to_nobody(cast):
    application = draft(cast.serik)
    applications.withdraw(application=application, by=cast.serik)
    application.refresh_from_db()
    assert application.answers_sealed is None
    assert not StaffTask.objects.filter(kind="withdrawn").exists()


MOVES = {
    "save": (
        {ApplicationState.DRAFT},
        lambda application, by: applications.save_draft(application=application, by=by, answers={"about": ABOUT}),
    ),
    "send": ({ApplicationState.DRAFT}, lambda application, by: applications.send(application=application, by=by)),
    "code": (
        {ApplicationState.UNCONFIRMED},
        lambda application, by: applications.send_code(application=application, by=by),
    ),
    "confirm": (
        {ApplicationState.UNCONFIRMED},
        lambda application, by: applications.confirm_contact(application=application, by=by, code="000000"),
    ),
    "withdraw": (
        frozenset(ApplicationState) - CLOSED,
        lambda application, by: applications.withdraw(application=application, by=by),
    ),
}


@pytest.mark.parametrize("name", MOVES)
def test_no_step_is_made_from_a_state_that_does_not_know_it_and_no_inner_word_is_said(cast, name):
    sources, make = MOVES[name]
    application = received(cast.serik)
    for state in set(ApplicationState) - sources:
        Application.objects.filter(pk=application.pk).update(state=state, return_to="screening")
        before = LogEntry.objects.count()
        with pytest.raises(Refused) as refused:
            make(application, cast.serik)
        text = str(refused.value.reasons[0].text).lower()
        assert not {"hold", "concern", "proposed", "screening"} & set(text.replace(".", "").split())
        assert Application.objects.get(pk=application.pk).state == state
        assert LogEntry.objects.count() == before


@pytest.mark.parametrize("name", MOVES)
def test_nobody_makes_the_applicants_steps_for_him(cast, name):
    sources, make = MOVES[name]
    application = received(cast.serik)
    Application.objects.filter(pk=application.pk).update(state=next(iter(sorted(sources))))
    for other in (cast.aigul, cast.bolat, cast.dana, cast.root, cast.nurlan.user):
        with pytest.raises((NotAllowed, Application.DoesNotExist)):
            make(application, User.objects.get(pk=other.pk))


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
@pytest.mark.parametrize("state", list(ApplicationState))
def test_the_page_of_the_applicant_opens_in_every_state_without_inner_words(cast, sign_in, state, language):
    application = received(cast.serik)
    decisions.accept(application=application, by=cast.aigul, no_conflict=True)
    Application.objects.filter(pk=application.pk).update(state=state, return_to="assessment")
    page = sign_in(cast.serik).get(f"/{language}/my/")
    text = page.content.decode()
    assert page.status_code == 200
    assert 'data-testid="state"' in text and 'data-testid="turn"' in text
    assert 'data-state="on_hold"' not in text
    if language == "en":
        words = text.lower()
        assert not any(word in words for word in (" hold:", "concern", "waiting for the second person"))
    assert "Айгүл" not in text and "Есімова" not in text


def test_the_page_asks_for_what_is_missing_and_says_whose_turn_it_is(cast, sign_in):
    application, client = draft(cast.serik), sign_in(cast.serik)
    assert 'data-turn="you"' in client.get("/en/my/").content.decode()
    applications.send(application=application, by=cast.serik)
    assert at(application, "confirm") in client.get("/en/my/").content.decode()
    Application.objects.filter(pk=application.pk).update(state="screening", submitted_at=timezone.now())
    assert 'data-turn="us"' in client.get("/en/my/").content.decode()
    application.refresh_from_db()
    decisions.accept(application=application, by=cast.aigul, no_conflict=True)
    text = client.get("/en/my/").content.decode()
    assert 'data-turn="you"' in text and 'data-code="check:identity"' in text
    assert 'data-testid="check" data-code="offenders_register"' in text


def test_who_has_no_application_is_led_to_the_roles(cast, sign_in):
    assert "/en/become-a-mentor/" in sign_in(cast.serik).get("/en/my/").content.decode()


@pytest.mark.django_db(transaction=True)
def test_of_two_accounts_that_send_one_number_at_once_one_gets_through():
    cast = make_cast()
    second = User.objects.create_user(email="double@demo.example", password="x")
    pairs = [(cast.serik, draft(cast.serik)), (second, draft(second, email="double@demo.example"))]
    acts = (attempt(applications.send, application=application, by=user) for user, application in pairs)
    assert sorted(together(*acts)) == ["cannot_accept", "done"]
    assert Application.objects.filter(state="unconfirmed", person__user__in=[cast.serik, second]).count() == 1
    assert StaffTask.objects.filter(kind="duplicate_person").count() == 1
