"""More information (T6, T7): only what was asked for opens; the answer is a new revision and the case goes back."""

import pytest
from allauth.account.models import EmailAddress

from portal.management.demo.builders import iin_of
from portal.models import LogEntry, OutgoingMessage, StaffTask
from portal.refusals import NotAllowed, Refused
from tests.people import Cast
from tests.volunteers import cases
from tests.volunteers.drafts import ABOUT, HISTORY, received, referee
from volunteers.models import Application, DoNotEngage, InfoRequest, ReasonCode
from volunteers.notifications import applicant as letters
from volunteers.services import answers, applications, decisions, holds, information, own
from volunteers.states import RefereeState

ASKED = [{"step": "history", "text": "Please write about 2011-2014."}]
OWN_WORDS = [{"step": "question", "text": "Which school is near you?"}]


@pytest.fixture
def application(cast: Cast) -> Application:
    return received(cast.serik)


@pytest.fixture
def client(sign_in, cast):
    return sign_in(cast.serik)


def ask(cast, application, items=ASKED):
    request = information.ask(application=application, by=cast.aigul, items=items)
    application.refresh_from_db()
    return request


def at(application, step="answer") -> str:
    return f"/en/apply/{application.uuid}/{step}/"


def give(application, by, **steps):
    applications.save_draft(application=application, by=by, answers=steps)


def test_scenario_7_more_information(cast, application, client):
    ask(cast, application)
    letter = OutgoingMessage.objects.get(letter="volunteers/info_needed", about=application.code)
    assert "2011-2014" in letter.text and at(application).removeprefix("/en") in letter.text
    home = client.get("/en/my/").content.decode()
    assert 'data-turn="you"' in home and at(application, "history") in home
    page = client.get(at(application)).content.decode()
    assert page.count('data-testid="asked"') == 1 and "2011-2014" in page
    for step in set(answers.STEPS) - {"history", "changes"}:
        assert client.get(at(application, step)).url == at(application)
    assert (
        client.post(
            at(application, "experience"), {"life_work": "x", "motivation": "x", "with_children": "x"}
        ).status_code
        == 409
    )
    filled = client.get(at(application, "history")).content.decode()
    assert "Орман шаруашылығы" in filled and "2011-2014" in filled
    row = {"rows": "1", "1-kind": "work", "1-organisation": "Кітапхана", "1-from": "2001", "1-to": ""}
    assert client.post(at(application, "history"), row).url == at(application)
    assert client.post(at(application)).url == "/en/my/"
    application.refresh_from_db()
    assert application.state == "screening" and application.return_to == ""
    first, second = application.revisions.all()
    assert "Кітапхана" in second.answers and "Кітапхана" not in first.answers
    assert "Балаларға керек." in second.answers  # all of it, not only what is new
    assert StaffTask.objects.visible_to(cast.aigul).filter(kind="info_answered").count() == 1
    assert client.post(at(application)).status_code == 409


def test_it_goes_back_to_where_it_was_asked(cast, application):
    decisions.accept(application=application, by=cast.aigul, interviewer=cast.ivan, no_conflict=True)
    ask(cast, application)
    assert (application.state, own.step_stage(application)) == ("more_info", "assessment")
    give(application, cast.serik, history=HISTORY)
    information.answer(application=application, by=cast.serik)
    application.refresh_from_db()
    assert application.state == "assessment"


def test_every_thing_asked_for_is_answered(cast, application):
    ask(cast, application, [*ASKED, {"step": "experience", "text": ""}, *OWN_WORDS])
    give(application, cast.serik, history=HISTORY)
    with pytest.raises(Refused) as refused:
        information.answer(application=application, by=cast.serik)
    assert refused.value.codes == ["unanswered:experience", "unanswered:question"]
    assert application.revisions.count() == 1


def test_a_question_in_own_words_is_answered_in_own_words(cast, application, client):
    ask(cast, application, OWN_WORDS)
    page = client.get(at(application, "question")).content.decode()
    assert page.count("Which school is near you?") >= 1
    assert client.post(at(application, "question"), {"answer-1": ""}).content.decode().count("field-error") == 1
    client.post(at(application, "question"), {"answer-1": "№ 7"})
    client.post(at(application))
    application.refresh_from_db()
    assert application.state == "screening"
    ask(cast, application, [{"step": "question", "text": "And the second?"}])
    client.post(at(application, "question"), {"answer-1": "№ 8"})
    client.post(at(application))
    asked = answers.read(Application.objects.get(pk=application.pk))["question"]["answers"]
    assert [one["answer"] for one in asked] == ["№ 7", "№ 8"]


def test_nothing_is_no_question(cast, application):
    for items, code in (
        ([], "nothing_asked"),
        ([{"step": "question", "text": " "}], "nothing_asked"),
        ([{"step": "iin", "text": "x"}], "step_unknown"),
    ):
        with pytest.raises(Refused) as refused:
            information.ask(application=application, by=cast.aigul, items=items)
        assert refused.value.codes == [code]
    assert not InfoRequest.objects.exists()


def test_only_the_coordinator_of_the_district_asks(cast, application):
    for by in (cast.bolat, cast.dana, cast.ivan, cast.root, cast.serik):
        with pytest.raises((NotAllowed, Application.DoesNotExist)):
            information.ask(application=application, by=by, items=ASKED)


def test_only_the_applicant_answers(cast, application, sign_in):
    ask(cast, application)
    for by in (cast.aigul, cast.dana, cast.root, cast.nurlan.user):
        with pytest.raises((NotAllowed, Application.DoesNotExist)):
            information.answer(application=application, by=by)
        assert sign_in(by).get(at(application)).status_code == 404


def test_a_name_that_changed_is_compared_with_the_papers_again(cast, application):
    decisions.accept(application=application, by=cast.aigul, interviewer=cast.ivan, no_conflict=True)
    cases.verify(cast, cases.check_of(application, "identity"))
    application.refresh_from_db()
    ask(cast, application, [{"step": "about", "text": "The name differs."}])
    give(application, cast.serik, about={**ABOUT, "family_name": "Әбенова"})
    information.answer(application=application, by=cast.serik)
    identity = cases.check_of(application, "identity")
    assert (identity.state, identity.verified_by) == ("provided", None)


def test_the_same_facts_again_change_nothing_verified(cast, application):
    decisions.accept(application=application, by=cast.aigul, interviewer=cast.ivan, no_conflict=True)
    cases.verify(cast, cases.check_of(application, "identity"))
    application.refresh_from_db()
    ask(cast, application, [{"step": "about", "text": "Which languages?"}])
    give(application, cast.serik, about={**ABOUT, "languages": ["kk"]})
    information.answer(application=application, by=cast.serik)
    assert cases.check_of(application, "identity").state == "verified"


@pytest.mark.parametrize(
    "change",
    [{"email": "somebody@demo.example"}, {"phone": "+77011234567"}, {"email": "", "phone": "+77011234567"}],
)
def test_a_contact_that_no_code_confirmed_is_not_taken(cast, application, client, change):
    """Letters go to it: a new e-mail or phone is confirmed in the account first."""
    ask(cast, application, [{"step": "about", "text": "The name differs."}])
    typed = {**ABOUT, "phone": "", "family_name": "Әбенова", **change}
    page = client.post(at(application, "about"), typed)
    text = page.content.decode()
    assert "change it in your account first" in text and "Әбенова" in text and "/account/email/" in text
    give(application, cast.serik, about=typed)
    with pytest.raises(Refused) as refused:
        information.answer(application=application, by=cast.serik)
    assert refused.value.codes == ["unanswered:about"]
    application.person.refresh_from_db()
    assert (application.person.email, application.person.phone) == (ABOUT["email"], "")


def test_a_contact_that_the_account_has_confirmed_is_taken(cast, application, client):
    ask(cast, application, [{"step": "about", "text": "Your e-mail?"}])
    EmailAddress.objects.create(user=cast.serik, email="new@demo.example", verified=True)
    cast.serik.phone, cast.serik.phone_verified = "+77011234567", True
    cast.serik.save()
    answer = client.post(at(application, "about"), {**ABOUT, "email": "New@demo.example", "phone": "8 701 123 45 67"})
    assert answer.url == at(application)
    client.post(at(application))
    application.person.refresh_from_db()
    assert (application.person.email, application.person.phone) == ("New@demo.example", "+77011234567")
    assert application.person.contact_confirmed_at


def test_a_number_typed_wrong_is_put_right_and_looked_up(cast, application):
    ask(cast, application, [{"step": "about", "text": "The number?"}])
    give(application, cast.serik, about={**ABOUT, "iin": iin_of(888)})
    information.answer(application=application, by=cast.serik)
    application.refresh_from_db()
    assert application.person.iin == iin_of(888)


def test_somebody_elses_number_is_refused_neutrally(cast, application):
    ask(cast, application, [{"step": "about", "text": "The number?"}])
    give(application, cast.serik, about={**ABOUT, "iin": cast.nurlan.iin})
    with pytest.raises(Refused) as refused:
        information.answer(application=application, by=cast.serik)
    assert refused.value.codes == ["cannot_accept"]
    assert StaffTask.objects.filter(kind="duplicate_person").count() == 1
    application.refresh_from_db()
    assert application.state == "more_info"


def test_nobody_leaves_the_do_not_engage_list_by_another_number(cast, application):
    DoNotEngage.objects.create(
        iin_hash=application.person.iin_hash,
        reason_code=ReasonCode.objects.first(),
        decided_by=cast.dana,
        confirmed_by=cast.marat,
        confirmed_at=application.created_at,
        review_on=cases.days_ago(-900),
    )
    ask(cast, application, [{"step": "about", "text": "The number?"}])
    give(application, cast.serik, about={**ABOUT, "iin": iin_of(888)})
    information.answer(application=application, by=cast.serik)
    application.refresh_from_db()
    assert application.state == "on_hold" and application.holds.get().reason == "do_not_engage"


def test_a_new_referee_is_asked_and_the_one_left_out_no_longer(cast, application):
    decisions.accept(application=application, by=cast.aigul, interviewer=cast.ivan, no_conflict=True)
    application.refresh_from_db()
    ask(cast, application, [{"step": "referees", "text": "Somebody else, please."}])
    give(application, cast.serik, referees={"referees": [referee(1), referee(3)]})
    information.answer(application=application, by=cast.serik)
    states = dict(application.referees.values_list("email", "state"))
    assert states == {
        "ref1@demo.example": RefereeState.SENT,
        "ref2@demo.example": RefereeState.REPLACED,
        "ref3@demo.example": RefereeState.SENT,
    }


def test_referees_named_while_it_is_read_are_not_asked_yet(cast, application):
    ask(cast, application, [{"step": "referees", "text": ""}])
    give(application, cast.serik, referees={"referees": [referee(1), referee(3)]})
    information.answer(application=application, by=cast.serik)
    assert not application.referees.exclude(state__in=["created", "replaced"]).exists()


def test_a_hold_is_not_noticed_by_whoever_answers(cast, application, client):
    """He reads "We need something from you", answers, and reads "We received it": the case goes on resting."""
    ask(cast, application)
    holds.hold(application=application, by=cast.dana, reason="concern", note="n")
    before = client.get("/en/my/").content.decode()
    assert 'data-state="more_info"' in before
    give(application, cast.serik, history=HISTORY)
    assert client.post(at(application)).url == "/en/my/"
    assert 'data-state="screening"' in client.get("/en/my/").content.decode()
    application.refresh_from_db()
    assert (application.state, application.return_to) == ("on_hold", "screening")
    holds.release(hold=application.holds.get(), by=cast.marat, note="n")
    application.refresh_from_db()
    assert (application.state, application.return_to) == ("screening", "")


def test_asking_anew_after_the_case_was_moved_on_replaces_the_open_request(cast, application):
    ask(cast, application)
    Application.objects.filter(pk=application.pk).update(state="decision", return_to="")
    application.refresh_from_db()
    ask(cast, application, OWN_WORDS)
    assert InfoRequest.objects.get().items == OWN_WORDS


def test_neither_question_nor_answer_stands_in_the_log(cast, application):
    ask(cast, application)
    give(application, cast.serik, history=HISTORY)
    information.answer(application=application, by=cast.serik)
    log = " ".join(str(entry.data) + entry.reason for entry in LogEntry.objects.all())
    assert "2011-" not in log and "Орман" not in log


class TestWhoMoved:
    """Letters of the case go where he is reached now: his old address may be somebody else's by this time."""

    def addresses(self, cast, application) -> set[str]:
        ask(cast, application)
        return {one.address for one in OutgoingMessage.objects.filter(letter="volunteers/info_needed")}

    def test_to_another_e_mail(self, cast, application):
        cast.serik.email = "new@demo.example"
        cast.serik.save()
        assert self.addresses(cast, Application.objects.get(pk=application.pk)) == {"new@demo.example"}

    @pytest.mark.parametrize(("verified", "reached"), [(True, "+77010000002"), (False, "+77010000001")])
    def test_to_another_phone_once_it_is_verified(self, cast, application, verified, reached):
        type(application.person).objects.update(email="", phone="+77010000001")
        cast.serik.email, cast.serik.phone, cast.serik.phone_verified = None, "+77010000002", verified
        cast.serik.save()
        assert self.addresses(cast, Application.objects.get(pk=application.pk)) == {reached}

    def test_staff_call_him_where_he_is_now(self, cast, application, sign_in):
        cast.serik.phone, cast.serik.phone_verified = "+77010000002", True
        cast.serik.save()
        type(application.person).objects.update(phone="+77010000001")
        page = sign_in(cast.aigul).get(f"/ru/staff/applications/{application.uuid}/").content.decode()
        assert "tel:+77010000002" in page and "+77010000001" not in page

    def test_the_code_that_shows_an_address_to_be_his_goes_to_that_address(self, application):
        type(application.person).objects.update(email="given@demo.example")
        letters.contact_code(Application.objects.get(pk=application.pk), "123456")
        assert OutgoingMessage.objects.latest("pk").address == "given@demo.example"
