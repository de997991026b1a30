"""Scenario 11: what the applicant reads and gets by letter, over every step that a case can take."""

import pytest
from django.utils import timezone

from portal.models import OutgoingMessage
from tests.people import Cast
from tests.volunteers import cases
from tests.volunteers.drafts import HISTORY, draft, newest_code, received
from volunteers.models import Application, ReasonCode, StageDuration
from volunteers.services import answers, applications, decisions, holds, information, objections, own, silence
from volunteers.states import STEPS, USUAL_DAYS, ApplicationState

FORBIDDEN = ("hold", "concern", "proposed", "Айгүл", "Есімова", "Маратова", "Сейітқазы")
HIS_TURN = {"draft", "unconfirmed", "more_info", "notice"}


class Watch:
    """The applicant beside his page and his letter-box."""

    def __init__(self, application: Application, client):
        self.application, self.client = application, client
        self.letters, self.step = set(), self._step()
        self.fresh()

    def _step(self) -> int | None:
        stage = own.step_stage(Application.objects.get(pk=self.application.pk))
        return next((number for number, (_c, _l, states) in enumerate(STEPS) if stage in states), None)

    def fresh(self) -> list[str]:
        """Kinds of the letters that have come since."""
        person = self.application.person
        rows = OutgoingMessage.objects.filter(recipient=person.user) | OutgoingMessage.objects.filter(
            address=person.email
        )
        new = {row.pk: row.letter.removeprefix("volunteers/") for row in rows if row.pk not in self.letters}
        self.letters |= set(new)
        return sorted(new.values())

    def after(self, what: str) -> list[str]:
        """His page says nothing inner; letters came only at his turn or with another step of the five."""
        page = self.client.get("/en/my/").content.decode()
        words = (
            page.split('aria-labelledby="where"', 1)[1].split("</section>", 1)[0].lower()
        )  # the texts he agreed to aside
        assert not [word for word in FORBIDDEN if word.lower() in words], what
        new, step = self.fresh(), self._step()
        told = own.stage(Application.objects.get(pk=self.application.pk))
        assert not new or told in HIS_TURN or step != self.step, (what, new)
        self.step = step
        return new


def test_scenario_11_plain_words(cast: Cast, sign_in):
    application = received(cast.serik)
    watch = Watch(application, sign_in(cast.serik))

    def now() -> Application:
        return Application.objects.get(pk=application.pk)

    hold = holds.hold(application=application, by=cast.dana, reason="concern", note="n")
    assert watch.after("hold") == []
    holds.release(hold=hold, by=cast.marat, note="n")
    assert watch.after("release") == []
    information.ask(application=now(), by=cast.aigul, items=[{"step": "history", "text": "2011?"}])
    assert watch.after("ask") == ["info_needed"]
    applications.save_draft(application=now(), by=cast.serik, answers={"history": HISTORY})
    information.answer(application=now(), by=cast.serik)
    assert watch.after("answer") == []
    decisions.accept(application=now(), by=cast.aigul, interviewer=cast.ivan, no_conflict=True)
    assert watch.after("accept") == ["accepted"]
    hold = holds.hold(application=now(), by=cast.dana, reason="other", note="n")
    assert watch.after("hold in checks") == []
    holds.release(hold=hold, by=cast.marat, note="n")
    decisions.propose_decline(
        application=now(),
        by=cast.aigul,
        rationale="r",
        reason_codes=[ReasonCode.objects.get(code="references_insufficient")],
        applicant_text="t",
        no_conflict=True,
    )
    assert watch.after("propose a refusal") == []
    decisions.send_back(application=now(), by=cast.marat, reason="n")
    assert watch.after("send back") == []


def test_scenario_11_to_an_approval(cast: Cast, sign_in):
    application = cases.complete(cast)
    watch = Watch(application, sign_in(cast.serik))
    decisions.ready(application=application, by=cast.aigul)
    assert watch.after("ready") == []
    decisions.propose(application=application, by=cast.aigul, rationale="r", no_conflict=True)
    assert watch.after("propose") == []
    decisions.confirm(application=application, by=cast.marat, no_conflict=True)
    assert watch.after("confirm") == ["approved"]


def test_scenario_11_to_a_refusal(cast: Cast, sign_in):
    application = cases.in_assessment(cast)
    watch = Watch(application, sign_in(cast.serik))
    decisions.propose_decline(
        application=application,
        by=cast.aigul,
        rationale="r",
        reason_codes=[ReasonCode.objects.get(code="references_insufficient")],
        applicant_text="t",
        no_conflict=True,
    )
    assert watch.after("propose a refusal") == []
    decisions.confirm_decline(application=application, by=cast.marat, no_conflict=True)
    assert watch.after("notice") == ["notice"]
    objections.answer_notice(application=application, by=cast.serik, text="x")
    assert watch.after("his answer") == []
    decisions.decline(application=application, by=cast.dana, reason="n")
    assert watch.after("refuse") == ["declined"]
    objections.appeal(application=application, by=cast.serik, text="x")
    assert watch.after("appeal") == []


def test_a_question_leaves_the_bar_where_it_was(cast: Cast, sign_in):
    application = cases.in_assessment(cast)
    before = sign_in(cast.serik).get("/en/my/").context["steps"]
    information.ask(application=application, by=cast.aigul, items=[{"step": "about", "text": "?"}])
    assert sign_in(cast.serik).get("/en/my/").context["steps"] == before


def test_contact_first_and_then_silence(cast: Cast, sign_in):
    application = draft(cast.serik)
    applications.send(application=application, by=cast.serik)
    watch = Watch(application, sign_in(cast.serik))
    silence.lapse(cases.days_ago(-3))
    assert watch.after("reminder") == ["reminder"]
    applications.confirm_contact(application=application, by=cast.serik, code=newest_code(application))
    assert watch.after("confirmed") == ["application_received"]


@pytest.mark.parametrize("state", ["screening", "assessment", "decision", "proposed", "on_hold"])
def test_how_long_it_takes_is_the_plan_until_it_was_measured(cast: Cast, sign_in, state):
    application = cases.in_screening(cast)
    Application.objects.filter(pk=application.pk).update(
        state=state, return_to="screening" if state == "on_hold" else ""
    )
    shown = {"proposed": "decision", "on_hold": "screening"}.get(state, state)
    client = sign_in(cast.serik)
    assert f'data-days="{USUAL_DAYS[shown][0]}"' in client.get("/en/my/").content.decode()
    StageDuration.objects.create(state=shown, median_days=17, cases=9, computed_on=timezone.localdate())
    assert 'data-days="17"' in client.get("/en/my/").content.decode()


def test_no_time_is_told_where_it_is_his_turn(cast: Cast, sign_in):
    application = cases.in_screening(cast)
    for state in HIS_TURN:
        Application.objects.filter(pk=application.pk).update(state=state)
        assert "data-days" not in sign_in(cast.serik).get("/en/my/").content.decode()


@pytest.mark.parametrize("state", list(ApplicationState))
def test_the_source_of_the_page_has_no_inner_word(cast: Cast, sign_in, state):
    application = cases.in_screening(cast)
    Application.objects.filter(pk=application.pk).update(state=state, return_to="assessment")
    page = sign_in(cast.serik).get("/en/my/").content.decode().lower()
    assert "on_hold" not in page and "proposed" not in page and "concern" not in page


def test_steps_are_those_of_the_kind(cast: Cast):
    assert answers.steps_of(cases.in_screening(cast)) == [
        "about",
        "organisation",
        "experience",
        "history",
        "referees",
        "consents",
    ]
