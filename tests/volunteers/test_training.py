"""Modules that are read alone, their quizzes, the trainer's word and his doubt."""

from __future__ import annotations

from datetime import timedelta
from html.parser import HTMLParser

import pytest
from django.urls import reverse
from django.utils import timezone, translation

from portal.access import Role
from portal.models import LogEntry, StaffTask
from portal.refusals import NotAllowed, Refused
from portal.services import grant_role
from tests.volunteers.cases import complete, days_ago, in_assessment, in_screening
from volunteers import clearance, reference
from volunteers.models import Application, Concern, QuizAttempt, TrainingModule, TrainingRecord
from volunteers.services import training
from volunteers.states import ApplicationState

pytestmark = pytest.mark.django_db
MANDATORY = ["role_and_limits", "safe_contact", "child_rights", "signs_of_harm", "safe_messages"]


def module(code: str = "safe_contact") -> TrainingModule:
    return TrainingModule.objects.get(code=code)


def right_answers(of: TrainingModule) -> list[int]:
    return [next(n for n, item in enumerate(question["answers"]) if item["right"]) for question in of.quiz]


def answers(of: TrainingModule, right: int) -> list[int]:
    """`right` of them are."""
    return [number if index < right else (number + 1) % 3 for index, number in enumerate(right_answers(of))]


def take(person, of: TrainingModule, right: int = 10, **more) -> QuizAttempt:
    return training.take_quiz(person=person, module=of, by=person.user, answers=answers(of, right), **more)


def state_of(person, code: str = "safe_contact", on=None) -> str:
    return next(item for item in training.progress_of(person, on) if item.module.code == code).state


def page(name: str, *args) -> str:
    with translation.override("en"):
        return reverse(name, args=args)


def posted(of: TrainingModule, chosen: list[int]) -> dict:
    return {f"question_{number}": value for number, value in enumerate(chosen, start=1)}


class Tags(HTMLParser):
    """What stands in a text, and whether every tag is closed in order."""

    def __init__(self, text: str):
        super().__init__()
        self.used, self.open, self.attributes = set(), [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.used.add(tag)
        self.open.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


class TestModuleFiles:
    @pytest.mark.parametrize("words", reference.training_files(), ids=lambda words: words["code"])
    def test_each_is_whole(self, words):
        texts = [words["name"], words["outcome"], words["html"]]
        assert len(words["question"]) == 10
        for question in words["question"]:
            assert len(question["answer"]) == 3
            assert [answer["right"] for answer in question["answer"]].count(True) == 1
            texts += [question["text"], *(answer[key] for answer in question["answer"] for key in ("text", "why"))]
        assert all(set(text) == {"kk", "ru", "en"} and all(word.strip() for word in text.values()) for text in texts)
        for text in words["html"].values():
            tags = Tags(text)
            assert tags.used <= {"h2", "h3", "p", "ul", "ol", "li", "strong", "em", "blockquote"}
            assert (tags.open, tags.attributes) == ([], [])

    def test_there_are_ten_and_five_are_needed(self):
        alone = TrainingModule.objects.filter(check_type=None)
        assert list(alone.values_list("position", flat=True)) == list(range(1, 11))
        assert list(alone.filter(mandatory=True).values_list("code", flat=True)) == MANDATORY

    @pytest.mark.parametrize("words", reference.training_files(), ids=lambda words: words["code"])
    def test_the_right_answer_has_no_place_of_its_own(self, words):
        places = {[answer["right"] for answer in question["answer"]].index(True) for question in words["question"]}
        assert places == {0, 1, 2}


class TestQuiz:
    @pytest.mark.parametrize(("right", "passed"), [(10, True), (8, True), (7, False), (0, False)])
    def test_passed_at_eight_of_ten(self, cast, right, passed):
        person = in_assessment(cast).person
        attempt = take(person, module(), right)
        assert (attempt.right, attempt.questions, attempt.passed) == (right, 10, passed)
        assert state_of(person) == ("passed" if passed else "begun")
        entry = LogEntry.objects.get(action="quiz")
        assert entry.data == {"module": "safe_contact", "right": right, "questions": 10}

    def test_the_same_post_twice_is_one_try_and_later_it_is_another(self, cast):
        now = timezone.now()
        first = take(cast.nurlan, module(), now=now)
        assert take(cast.nurlan, module(), now=now + timedelta(seconds=30)) == first
        assert take(cast.nurlan, module(), now=now + timedelta(minutes=2)) != first
        assert QuizAttempt.objects.count() == 2

    def test_other_answers_at_once_are_another_try(self, cast):
        now = timezone.now()
        take(cast.nurlan, module(), 5, now=now)
        assert take(cast.nurlan, module(), 10, now=now).passed

    def test_a_later_failure_takes_no_pass_away(self, cast):
        now = timezone.now()
        take(cast.nurlan, module(), 10, now=now)
        take(cast.nurlan, module(), 3, now=now + timedelta(minutes=5))
        assert state_of(cast.nurlan) == "passed"

    @pytest.mark.parametrize("chosen", [[], [0] * 9, [0] * 11, [0] * 9 + [3], [0] * 9 + [-1]])
    def test_every_question_needs_one_of_its_answers(self, cast, chosen):
        with pytest.raises(Refused) as refusal:
            training.take_quiz(person=cast.nurlan, module=module(), by=cast.nurlan.user, answers=chosen)
        assert refusal.value.codes == ["unanswered"]

    def test_the_induction_has_no_quiz(self, cast):
        with pytest.raises(Refused):
            training.take_quiz(person=cast.nurlan, module=module("induction"), by=cast.nurlan.user, answers=[])

    def test_nobody_answers_for_another(self, cast):
        with pytest.raises(NotAllowed):
            training.take_quiz(person=cast.nurlan, module=module(), by=cast.ivan, answers=answers(module(), 10))

    def test_somebody_without_an_application_on_its_way_takes_none(self, cast):
        case = in_screening(cast)
        Application.objects.filter(pk=case.pk).update(state=ApplicationState.WITHDRAWN)
        with pytest.raises(NotAllowed) as refusal:
            take(case.person, module())
        assert refusal.value.codes == ["not_a_trainee"]

    def test_it_is_to_be_refreshed_before_two_years_are_over(self, cast):
        take(cast.nurlan, module())
        today = timezone.localdate()
        states = [state_of(cast.nurlan, on=today + timedelta(days=days)) for days in (0, 669, 670, 730, 731)]
        assert states == ["passed", "passed", "refresh", "refresh", "refresh"]
        ends = [item for item in training.progress_of(cast.nurlan, today + timedelta(days=730)) if item.counts]
        assert [item.module.code for item in ends] == ["safe_contact"]
        assert not any(item.counts for item in training.progress_of(cast.nurlan, today + timedelta(days=731)))


class TestRecord:
    def record(self, cast, person, code="induction", **more):
        call = {"held_on": timezone.localdate(), "result": "passed", **more}
        training.record_training(person=person, module=module(code), by=cast.ivan, **call)

    def test_the_induction_needs_the_five_modules(self, cast):
        person = in_assessment(cast).person
        for code in MANDATORY[:4]:
            take(person, module(code))
        with pytest.raises(Refused) as refusal:
            self.record(cast, person)
        assert refusal.value.codes == ["modules_missing"]
        assert str(module("safe_messages").name) in str(refusal.value.reasons[0].text)
        take(person, module("safe_messages"))
        self.record(cast, person)
        assert TrainingRecord.objects.get(person=person).in_person is False

    def test_or_going_through_them_together(self, cast):
        person = in_assessment(cast).person
        self.record(cast, person, in_person=True)
        assert TrainingRecord.objects.get(person=person).in_person
        states = {item.module.code: item.state for item in training.progress_of(person)}
        assert {code for code, state in states.items() if state == "passed"} == set(MANDATORY)

    def test_a_pass_that_is_too_old_is_missing(self, cast):
        person = in_assessment(cast).person
        for code in MANDATORY:
            take(person, module(code), now=timezone.now() - timedelta(days=740))
        with pytest.raises(Refused) as refusal:
            self.record(cast, person)
        assert refusal.value.codes == ["modules_missing"]

    def test_a_failure_needs_no_modules(self, cast):
        self.record(cast, in_assessment(cast).person, result="failed", note="Did not come back after the break.")
        assert TrainingRecord.objects.get(result="failed")

    def test_the_trainers_word_on_a_module_stands_until_the_next_pass(self, cast):
        now = timezone.now()
        take(cast.nurlan, module(), now=now - timedelta(days=2))
        self.record(cast, cast.nurlan, "safe_contact", result="repeat", note="Once more.")
        assert state_of(cast.nurlan) == "begun"
        take(cast.nurlan, module(), now=now + timedelta(minutes=1))
        assert state_of(cast.nurlan) == "passed"

    def test_the_form_names_what_is_missing_and_takes_the_tick(self, cast, sign_in):
        person = in_assessment(cast).person
        ivan, path = sign_in(cast.ivan), page("staff_person_training", person.uuid)
        form = {"module": module("induction").pk, "held_on": days_ago(0), "result": "passed"}
        refused = ivan.post(path, form)
        assert (refused.status_code, 'data-code="modules_missing"' in refused.content.decode()) == (409, True)
        assert ivan.post(path, form | {"in_person": "on"}).status_code == 302
        assert TrainingRecord.objects.get(person=person).in_person

    def test_the_trainer_sees_which_modules_are_passed(self, cast, sign_in):
        person = in_assessment(cast).person
        take(person, module())
        html = sign_in(cast.ivan).get(page("staff_trainee", person.uuid)).content.decode()
        assert html.count('data-testid="module"') == 10
        assert html.count('data-state="passed"') == 1


class TestApprovedButNotReady:
    """Scenario 35."""

    def test_the_booking_is_refused_with_the_list_and_works_afterwards(self, cast, sign_in):
        from tests.events.builders import make_session  # noqa: PLC0415 - only here

        case = complete(cast, ApplicationState.DECISION)
        person = case.person
        from portal.management.demo import builders  # noqa: PLC0415 - only here

        builders.approve(case, cast.aigul, cast.marat, days_ago(1))
        session, serik = make_session(cast), sign_in(cast.serik)
        refused = serik.post(page("session_book", session.uuid))
        assert refused.status_code == 409
        found = [code for code in ("missing:induction", "missing:code_of_conduct", "no_supervisor")
                 if f'data-code="{code}"' in refused.content.decode()]  # fmt: skip
        assert found == ["missing:induction", "missing:code_of_conduct", "no_supervisor"]

        form = {"module": module("induction").pk, "held_on": days_ago(0), "result": "passed", "in_person": "on"}
        grant_role(user=cast.serik, role=Role.TRAINER, by=None)
        assert serik.post(page("staff_person_training", person.uuid), form).status_code == 404
        with pytest.raises(NotAllowed):
            training.record_training(
                person=person, module=module("induction"), by=cast.serik, held_on=days_ago(0), result="passed"
            )
        assert sign_in(cast.ivan).post(page("staff_person_training", person.uuid), form).status_code == 302
        assert serik.post(page("my_agreement", "code_of_conduct")).status_code == 302
        supervisor = {"supervisor": cast.aigul.pk}
        assert sign_in(cast.aigul).post(page("staff_person_supervisor", person.uuid), supervisor).status_code == 302

        assert clearance.clearance(person).ok
        assert serik.post(page("session_book", session.uuid)).status_code == 302
        assert session.bookings.holding().get().person == person


class TestOwnPages:
    def test_the_list_says_how_far_he_is(self, cast, sign_in):
        person = in_assessment(cast).person
        take(person, module(), 10)
        take(person, module("child_rights"), 2)
        html = sign_in(cast.serik).get(page("my_training")).content.decode()
        assert html.count('data-testid="module"') == 10
        counts = {state: html.count(f'data-state="{state}"') for state in ("passed", "begun", "new")}
        assert counts == {"passed": 1, "begun": 1, "new": 8}
        assert "Passed: 1 of 5" in html

    def test_a_module_is_read_and_its_questions_are_answered(self, cast, sign_in):
        in_assessment(cast)
        serik, contact = sign_in(cast.serik), module()
        read = serik.get(page("my_module", contact.code)).content.decode()
        assert contact.html_en[:40].split("<")[1].split(">")[1][:10] in read
        quiz = serik.get(page("my_quiz", contact.code)).content.decode()
        assert (quiz.count('type="radio"'), quiz.count("<fieldset")) == (30, 10)
        done = serik.post(page("my_quiz", contact.code), posted(contact, answers(contact, 9)))
        assert done["Location"] == page("my_quiz_result", contact.code)
        result = serik.get(done["Location"]).content.decode()
        assert 'data-state="passed"' in result and "9 of 10" in result
        assert (result.count('data-right="yes"'), result.count('data-right="no"')) == (9, 1)
        assert result.count('data-testid="chosen"') == 10
        for item in contact.quiz[0]["answers"]:
            assert item["why"]["en"][:12] in result

    def test_an_unanswered_question_is_shown_and_the_rest_is_kept(self, cast, sign_in):
        in_assessment(cast)
        chosen = posted(module(), answers(module(), 10))
        del chosen["question_3"]
        response = sign_in(cast.serik).post(page("my_quiz", "safe_contact"), chosen)
        html = response.content.decode()
        assert response.status_code == 422
        assert (html.count("checked"), html.count('data-testid="error-summary"')) == (9, 1)
        assert 'href="#id_question_3"' in html
        assert not QuizAttempt.objects.exists()

    def test_before_the_first_try_the_result_leads_to_the_questions(self, cast, sign_in):
        in_assessment(cast)
        response = sign_in(cast.serik).get(page("my_quiz_result", "safe_contact"))
        assert response["Location"] == page("my_quiz", "safe_contact")

    @pytest.mark.parametrize("name", ["my_module", "my_quiz"])
    def test_the_induction_is_no_module_for_reading(self, cast, sign_in, name):
        in_assessment(cast)
        assert sign_in(cast.serik).get(page(name, "induction")).status_code == 404

    def test_staff_read_and_take_no_quiz(self, cast, sign_in):
        ivan = sign_in(cast.ivan)
        assert ivan.get(page("my_training")).status_code == 200
        read = ivan.get(page("my_module", "safe_contact"))
        assert (read.status_code, 'data-testid="to-quiz"' in read.content.decode()) == (200, False)
        assert ivan.get(page("my_quiz", "safe_contact")).status_code == 404

    def test_somebody_who_did_not_apply_reads_nothing(self, cast, sign_in):
        assert sign_in(cast.serik).get(page("my_training")).status_code == 404

    def test_nothing_typed_by_an_editor_runs(self, cast, sign_in):
        TrainingModule.objects.filter(code="safe_contact").update(
            html_en='<p onclick="alert(1)">Words<script>alert(2)</script><a href="https://x.example">x</a></p>'
        )
        html = sign_in(cast.nurlan.user).get(page("my_module", "safe_contact")).content.decode()
        text = html.split('data-testid="text">')[1].split("</div>")[0]
        assert text == "<p>Wordsx</p>"


class TestDoubt:
    def test_the_case_rests_and_the_lead_alone_reads_why(self, cast, sign_in):
        case = in_assessment(cast)
        ivan = sign_in(cast.ivan)
        response = ivan.post(page("staff_trainee_doubt", case.person.uuid), {"text": "Shouted at a colleague."})
        assert response["Location"] == page("staff_training")
        case.refresh_from_db()
        assert (case.state, case.holds.get().reason) == (ApplicationState.ON_HOLD, "suitability")
        concern = Concern.objects.get(person=case.person)
        assert (concern.source, concern.text, concern.raised_by) == ("trainer", "Shouted at a colleague.", cast.ivan)
        for url in (page("staff_training"), page("staff_trainee", case.person.uuid)):
            assert "Shouted" not in ivan.get(url).content.decode()
        assert "Shouted" not in sign_in(cast.aigul).get(page("staff_application", case.uuid)).content.decode()
        assert not LogEntry.objects.filter(reason__contains="Shouted").exists()

    def test_of_a_mentor_the_leads_get_a_task(self, cast):
        training.suitability_remark(person=cast.nurlan, by=cast.ivan, text="Spoke badly of a class.")
        assert StaffTask.objects.filter(kind=StaffTask.Kind.CONCERN, role=Role.SAFEGUARDING_LEAD).count() == 1
        assert clearance.clearance(cast.nurlan).ok

    def test_it_needs_words_and_they_are_kept_in_the_form(self, cast, sign_in):
        case = in_assessment(cast)
        assert sign_in(cast.ivan).post(page("staff_trainee_doubt", case.person.uuid), {"text": " "}).status_code == 422
        with pytest.raises(Refused) as refusal:
            training.suitability_remark(person=case.person, by=cast.ivan, text="")
        assert refusal.value.codes == ["text_missing"]

    @pytest.mark.parametrize("name", ["bolat", "dana", "gulnara", "root"])
    def test_others_have_other_ways(self, cast, name):
        with pytest.raises(NotAllowed):
            training.suitability_remark(person=cast.nurlan, by=getattr(cast, name), text="x")


def test_the_person_page_shows_the_modules(cast, sign_in):
    html = sign_in(cast.aigul).get(page("staff_person", cast.nurlan.uuid)).content.decode()
    assert html.count('data-testid="module"') == 10
