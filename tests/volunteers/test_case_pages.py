"""The queue and its parts, the answers and what changed in them, the letters of a case, the lead's desk, who looked."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portal import audit, mail
from portal.models import OutgoingMessage, StaffTask
from portal.refusals import NotAllowed
from tests.volunteers.cases import check_of, complete, days_ago, declare, in_assessment, in_screening
from tests.volunteers.drafts import EXPERIENCE
from tests.volunteers.test_checks import refusal
from tests.volunteers.test_refusals import days_over, propose_decline, propose_defer
from volunteers.models import Application, ApplicationRevision, Concern, Hold, Organisation
from volunteers.services import checks, correspondence, decisions, holds, information, objections
from volunteers.states import ApplicationState


def queue(client, **filters) -> set[str]:
    page = client.get("/en/staff/applications/", filters).content.decode()
    return {part.split('"')[0] for part in page.split('data-testid="application" data-uuid="')[1:]}


def counts(client) -> dict[str, int]:
    page = client.get("/en/staff/applications/").content.decode()
    parts = [part.split("</a>")[0] for part in page.split('data-testid="tab-')[1:]]
    return {part.split('"')[0]: int(part.split('class="tag">')[1].split("<")[0]) for part in parts}


def ids(*cases) -> set[str]:
    return {str(case.uuid) for case in cases}


class TestQueue:
    @pytest.fixture
    def work(self, cast):
        """One that nobody has, one of Aigul's that waits for the applicant, one of hers that is late."""
        free = in_screening(cast)
        asked = in_assessment(cast, name="asked", number=61)
        late = in_assessment(cast, name="late", number=62)
        information.ask(application=asked, by=cast.aigul, items=[{"step": "question", "text": "?"}])
        Application.objects.filter(pk=late.pk).update(state_since=timezone.now() - timedelta(days=46))
        return free, asked, late

    def test_each_part_has_its_cases_and_their_number(self, cast, work, sign_in):
        free, asked, late = work
        client = sign_in(cast.aigul)
        assert counts(client) == {"all": 3, "mine": 2, "unassigned": 1, "applicant": 1, "late": 1}
        assert queue(client, tab="unassigned") == ids(free)
        assert queue(client, tab="applicant") == ids(asked)
        assert queue(client, tab="late") == ids(late)
        assert queue(client, tab="mine") == ids(asked, late)

    def test_too_long_begins_the_day_after_the_last_one(self, cast, work, sign_in):
        _free, _asked, late = work
        Application.objects.filter(pk=late.pk).update(state_since=timezone.now() - timedelta(days=45))
        assert queue(sign_in(cast.aigul), tab="late") == set()

    def test_the_part_on_hold_is_the_leads(self, cast, work, sign_in):
        free, _asked, _late = work
        holds.hold(application=free, by=None, reason=Hold.Reason.OTHER)
        assert queue(sign_in(cast.dana), tab="hold") == ids(free)
        assert "hold" not in counts(sign_in(cast.aigul))

    def test_by_code_by_name_and_by_organisation(self, cast, work, sign_in):
        free, asked, _late = work
        organisation = Organisation.objects.create(name_kk="Кеңес", kind="veterans", district=cast.taraz)
        Application.objects.filter(pk=free.pk).update(organisation=organisation)
        client = sign_in(cast.aigul)
        assert queue(client, name=free.code.lower()) == ids(free)
        assert queue(client, name="Asked") == ids(asked)
        assert queue(client, organisation=organisation.pk) == ids(free)
        assert queue(sign_in(cast.bolat), name=free.code) == set()  # scenario 47

    def test_one_case_and_many_cost_the_same(self, cast, work, sign_in):
        client = sign_in(cast.aigul)
        queue(client)
        with CaptureQueriesContext(
            connection,
        ) as few:
            queue(client)
        for number in range(63, 73):
            in_screening(cast, name=f"more{number}", number=number)
        with CaptureQueriesContext(connection) as many:
            queue(client)
        assert len(many) == len(few) <= 15


def sent(case, **answers) -> ApplicationRevision:
    revision = ApplicationRevision(application=case, number=case.revisions.count() + 1, author=case.person.user)
    revision.answers = json.dumps(answers)
    revision.save()
    return revision


class TestRevisions:
    def test_what_changed_stands_word_by_word(self, cast, sign_in):
        case = in_screening(cast)
        sent(case, experience=EXPERIENCE | {"motivation": "I worked ten years in the forest."})
        sent(case, experience=EXPERIENCE | {"motivation": "I worked twelve years in the forest."})
        client = sign_in(cast.aigul)
        page = client.get(f"/en/staff/applications/{case.uuid}/revisions/").content.decode()
        assert "<del>ten </del>" in page and "<ins>twelve </ins>" in page
        assert page.count('data-testid="change"') == 1
        assert audit.history(case, "view").get().action == "revisions"

        older = client.get(f"/en/staff/applications/{case.uuid}/revisions/?to=2").content.decode()
        assert "<ins>" in older and "<del>" not in older
        assert client.get(f"/en/staff/applications/{case.uuid}/revisions/?to=9").status_code == 404

    def test_words_that_look_like_markup_stay_words(self, cast, sign_in):
        case = in_screening(cast)
        sent(case, experience=EXPERIENCE | {"motivation": "<script>alert(1)</script>"})
        page = sign_in(cast.aigul).get(f"/en/staff/applications/{case.uuid}/revisions/").content.decode()
        assert "<script>alert" not in page and "&lt;script&gt;" in page

    def test_gaps_in_the_history_are_on_the_page_of_the_case(self, cast, sign_in):
        case = in_screening(cast)
        entry = {"kind": "work", "organisation": "x", "with_children": False, "from": "2010-01", "to": "2019-01"}
        sent(case, history={"entries": [entry | {"reason_left": ""}], "gaps_explained": ""})
        page = sign_in(cast.aigul).get(f"/en/staff/applications/{case.uuid}/").content.decode()
        assert 'data-testid="gaps"' in page and "February 2019" in page


class TestAsking:
    def test_the_form_takes_words_for_a_part_and_a_question(self, cast, sign_in):
        case = in_assessment(cast)
        client, path = sign_in(cast.aigul), f"/en/staff/applications/{case.uuid}/ask/"
        assert f'href="{path}"' in client.get(f"/en/staff/applications/{case.uuid}/").content.decode()
        assert 'data-testid="move-ask"' in client.get(path).content.decode()
        assert client.post(path, {}).status_code == 422
        response = client.post(path, {"open_experience": "on", "text_question": "Since when in Taraz?"})
        assert response.status_code == 422 and "Since when in Taraz?" in response.content.decode()
        assert client.post(path, {"text_experience": "Which years?", "text_question": "Since when?"}).status_code == 302
        assert case.info_requests.get().items == [
            {"step": "experience", "text": "Which years?"},
            {"step": "question", "text": "Since when?"},
        ]


class TestLetters:
    @pytest.fixture
    def noticed(self, cast):
        case = in_assessment(cast)
        propose_decline(case, cast.aigul)
        decisions.confirm_decline(application=case, by=cast.dana, no_conflict=True)
        case.refresh_from_db()
        return case

    def letter(self) -> OutgoingMessage:
        return OutgoingMessage.objects.get(letter="volunteers/notice")

    def test_the_letter_is_read_before_it_is_confirmed(self, cast, sign_in):
        case = in_assessment(cast)
        decision = propose_decline(case, cast.aigul)
        page = sign_in(cast.dana).get(f"/en/staff/applications/{case.uuid}/").content.decode()
        assert 'data-testid="preview"' in page and decision.applicant_text in page
        assert not OutgoingMessage.objects.filter(letter="volunteers/notice").exists()

    def test_stopped_it_does_not_leave_and_may_leave_after_all(self, cast, noticed, sign_in):
        client, letter = sign_in(cast.dana), self.letter()
        page = f"/en/staff/applications/{noticed.uuid}/letters/"
        path = f"{page}{letter.uuid}"
        assert page in client.get(f"/en/staff/applications/{noticed.uuid}/").content.decode()
        assert letter.text.split("\n")[0] in client.get(page).content.decode()
        assert client.post(f"{path}/stop/").status_code == 302
        mail.sweep(now=timezone.now() + timedelta(days=1))
        assert self.letter().state == OutgoingMessage.State.CANCELLED
        assert client.post(f"{path}/send/").status_code == 302
        mail.sweep()
        assert self.letter().state == OutgoingMessage.State.SENT
        assert client.post(f"{path}/stop/").status_code == 409

    def test_a_letter_that_is_no_longer_true_does_not_leave(self, cast, noticed):
        letter = self.letter()
        decisions.reconsider(application=noticed, by=cast.marat, reason="x")
        call = {"application": noticed, "message": letter, "by": cast.dana}
        letter.refresh_from_db()
        assert refusal(correspondence.resume, **call) == ["letter_gone"]

    def test_other_letters_and_other_cases_are_out_of_reach(self, cast, noticed, sign_in):
        other = in_screening(cast, name="other", number=64)
        received = OutgoingMessage.objects.filter(about=noticed.code).exclude(letter="volunteers/notice").first()
        call = {"application": other, "message": self.letter(), "by": cast.dana}
        assert refusal(correspondence.stop, **call) == ["letter_gone"]
        if received:
            assert refusal(correspondence.stop, **call | {"application": noticed, "message": received}) == [
                "letter_gone"
            ]
        path = f"/en/staff/applications/{other.uuid}/letters/{self.letter().uuid}/stop/"
        assert sign_in(cast.dana).post(path).status_code == 404
        with pytest.raises(NotAllowed):
            correspondence.stop(application=noticed, message=self.letter(), by=cast.ivan)

    def test_words_with_a_code_or_a_link_are_not_shown(self, cast, sign_in):
        case = in_screening(cast)
        mail.queue(
            "volunteers/contact_code", cast.serik, {"code": "123456", "hours": 24},
            dedupe_key="x", about=case.code, is_secret=True,
        )  # fmt: skip
        page = sign_in(cast.aigul).get(f"/en/staff/applications/{case.uuid}/letters/").content.decode()
        assert 'data-letter="volunteers/contact_code"' in page and "123456" not in page
        assert sign_in(cast.ivan).get(f"/en/staff/applications/{case.uuid}/letters/").status_code == 403


class TestDesk:
    def desk(self, client) -> dict[str, str]:
        page = client.get("/en/staff/lead/").content.decode()
        parts = page.split('data-testid="part" data-part="')[1:]
        return {part.split('"')[0]: part.split('data-testid="count">')[1].split("<")[0] for part in parts}

    def test_what_waits_stands_where_it_belongs(self, cast, sign_in):
        refused = in_assessment(cast)
        propose_decline(refused, cast.dana)
        held = in_screening(cast, name="held", number=65)
        holds.hold(application=held, by=None, reason=Hold.Reason.OTHER)
        over = in_assessment(cast, name="over", number=66)
        decision = propose_decline(over, cast.aigul)
        decisions.confirm_decline(application=over, by=cast.marat, no_conflict=True)
        days_over(decision)
        Concern.objects.create(person=held.person, source="staff", level="low")

        desk = self.desk(sign_in(cast.marat))
        assert [desk[name] for name in ("decisions", "holds", "notices", "concerns")] == ["1", "1", "1", "1"]
        assert self.desk(sign_in(cast.dana))["decisions"] == "0"  # she proposed it

    def test_his_own_record_is_not_on_it(self, cast, sign_in):
        case = in_assessment(cast)
        type(case.person).objects.filter(pk=case.person_id).update(user=cast.marat)
        holds.hold(application=case, by=None, reason=Hold.Reason.OTHER)
        Concern.objects.create(person=case.person, source="staff", level="low")
        desk = self.desk(sign_in(cast.marat))
        assert desk["holds"] == desk["concerns"] == "0"

    def test_one_record_and_many_cost_the_same(self, cast, sign_in):
        client = sign_in(cast.marat)
        holds.hold(application=in_screening(cast), by=None, reason=Hold.Reason.OTHER)
        self.desk(client)
        with CaptureQueriesContext(connection) as few:
            self.desk(client)
        for number in range(66, 69):
            holds.hold(application=in_screening(cast, name=f"n{number}", number=number), by=None, reason="other")
        with CaptureQueriesContext(connection) as many:
            self.desk(client)
        assert len(many) == len(few)


class TestWhoLooked:
    def test_every_look_at_whatever_belongs_to_the_person(self, cast, sign_in):
        case = in_screening(cast)
        opened = holds.hold(application=case, by=None, reason=Hold.Reason.OTHER)
        sign_in(cast.dana).get(f"/en/staff/holds/{opened.uuid}/")
        sign_in(cast.aigul).get(f"/en/staff/applications/{case.uuid}/revisions/")
        for user in (cast.marat, cast.raushan):
            page = sign_in(user).get(f"/en/staff/people/{case.person.uuid}/views/").content.decode()
            assert page.count('data-testid="look"') == 2
            assert opened.code in page and cast.dana.display_name in page

    def test_not_for_coordinators(self, cast, sign_in):
        case = in_screening(cast)
        assert sign_in(cast.aigul).get(f"/en/staff/people/{case.person.uuid}/views/").status_code == 403


class TestSealedPages:
    def test_the_answer_to_a_notice_is_the_leads_and_logged(self, cast, sign_in):
        case = in_assessment(cast)
        decision = propose_decline(case, cast.aigul)
        decisions.confirm_decline(application=case, by=cast.dana, no_conflict=True)
        case.refresh_from_db()
        objections.answer_notice(application=case, by=cast.serik, text="I was in hospital.")
        path = f"/en/staff/decisions/{decision.uuid}/answer/"
        assert "I was in hospital." in sign_in(cast.marat).get(path).content.decode()
        assert audit.history(decision, "view").get().actor == cast.marat
        assert sign_in(cast.aigul).get(path).status_code == 403
        assert (
            "I was in hospital." not in sign_in(cast.aigul).get(f"/en/staff/applications/{case.uuid}/").content.decode()
        )


def test_tasks_of_a_desk_have_pages(cast, sign_in):
    StaffTask.objects.bulk_create(
        StaffTask(kind="hold", role="safeguarding_lead", about=f"A-{number}", dedupe_key=str(number))
        for number in range(60)
    )
    client = sign_in(cast.dana)
    first, third = client.get("/en/staff/").content.decode(), client.get("/en/staff/?page=3").content.decode()
    assert first.count('data-testid="task"') == 25 and third.count('data-testid="task"') == 10


class TestCasePage:
    def test_a_typed_deferral_is_kept_when_something_is_missing(self, cast, sign_in):
        case = in_assessment(cast)
        path = f"/en/staff/applications/{case.uuid}/propose-defer/"
        data = {"defer_until": "2000-01-01", "applicant_text": "Come in spring.", "rationale": "He moves."}
        response = sign_in(cast.aigul).post(path, data)
        page = response.content.decode()
        assert response.status_code == 422 and "Come in spring." in page and "He moves." in page

    def test_only_what_was_proposed_is_offered_for_confirmation(self, cast, sign_in):
        case = in_assessment(cast)
        propose_defer(case, cast.aigul)
        page = sign_in(cast.dana).get(f"/en/staff/applications/{case.uuid}/").content.decode()
        assert 'data-testid="move-confirm_defer"' in page
        for other in ("confirm", "confirm_decline", "decline_at_once"):
            assert f'data-testid="move-{other}"' not in page

    def test_one_letter_and_many_cost_the_same(self, cast, sign_in):
        case = complete(cast, ApplicationState.DECISION)
        client = sign_in(cast.aigul)
        path = f"/en/staff/applications/{case.uuid}/letters/"
        client.get(path)
        with CaptureQueriesContext(connection) as few:
            client.get(path)
        for number in range(5):
            mail.queue("volunteers/sent_back", cast.aigul, {"code": case.code}, dedupe_key=str(number), about=case.code)
        with CaptureQueriesContext(connection) as many:
            client.get(path)
        assert len(many) == len(few), len(few)

    def test_a_refusal_is_proposed_on_a_page_of_its_own_that_keeps_what_was_typed(self, cast, sign_in):
        case, client = in_assessment(cast), sign_in(cast.aigul)
        path = f"/en/staff/applications/{case.uuid}/propose-decline/"
        assert f'href="{path}"' in client.get(f"/en/staff/applications/{case.uuid}/").content.decode()
        assert 'data-testid="move-propose_decline"' in client.get(path).content.decode()
        response = client.post(path, {"rationale": "He never came."})
        assert response.status_code == 422 and "He never came." in response.content.decode()

        propose_decline(case, cast.aigul)
        assert client.get(path)["Location"] == f"/en/staff/applications/{case.uuid}/"

    @pytest.mark.parametrize("address", ["owner", "interviewer"])
    def test_who_works_on_it_is_named_on_a_page_of_its_own(self, cast, sign_in, address):
        case, client = in_assessment(cast), sign_in(cast.aigul)
        path = f"/en/staff/applications/{case.uuid}/{address}/"
        assert f'href="{path}"' in client.get(f"/en/staff/applications/{case.uuid}/").content.decode()
        assert f'data-testid="move-{address}"' in client.get(path).content.decode()
        assert client.post(path, {}).status_code == 422

        Application.objects.filter(pk=case.pk).update(state=ApplicationState.WITHDRAWN)
        assert client.get(path)["Location"] == f"/en/staff/applications/{case.uuid}/"
        assert path not in client.get(f"/en/staff/applications/{case.uuid}/").content.decode()

    def test_earlier_holds_stay_readable_for_the_lead(self, cast, sign_in):
        case = in_assessment(cast)
        opened = holds.hold(application=case, by=cast.dana, reason=Hold.Reason.CONCERN, note="x")
        holds.release(hold=opened, by=cast.marat, note="Cleared up.")
        page = sign_in(cast.dana).get(f"/en/staff/applications/{case.uuid}/").content.decode()
        assert "a concern was raised" in page and f"/en/staff/holds/{opened.uuid}/" in page
        note = sign_in(cast.dana).get(f"/en/staff/holds/{opened.uuid}/").content.decode()
        assert f"Released by {cast.marat.display_name}" in note


class TestRenewButton:
    """It stands beside a record only where the service would ask for a fresh one."""

    def offered(self, client, check) -> bool:
        page = client.get(f"/en/staff/applications/{check.application.uuid}/").content.decode()
        own = page.split(f'data-uuid="{check.uuid}"')[1].split('data-testid="check"')[0]
        return 'data-testid="move-renew"' in own

    @pytest.mark.parametrize("code", ["identity", "self_disclosure"])
    def test_beside_a_record_that_is_asked_for_again_nothing_is_renewed(self, cast, sign_in, code):
        former, verifier = check_of(complete(cast), code), cast.dana
        coordinator, lead = sign_in(cast.aigul), sign_in(cast.dana)
        assert self.offered(coordinator, former)
        fresh = checks.renew(check=former, by=cast.aigul)
        if code == "self_disclosure":
            declare(fresh)
        else:
            checks.provide(check=fresh, by=cast.aigul, number="1", issuer="x", issued_on=days_ago(1))
            verifier = cast.aigul
        assert not self.offered(coordinator, former)
        fresh.refresh_from_db()
        checks.fail(check=fresh, by=verifier, reason="Another person.")
        assert refusal(checks.renew, check=former, by=cast.aigul) == ["wrong_state"]
        assert not self.offered(coordinator, former) and not self.offered(lead, former)
        assert not self.offered(coordinator, fresh) and self.offered(lead, fresh)  # she sets it aside
