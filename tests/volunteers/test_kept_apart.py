"""Rules that an adversarial reader found broken; each test names the one it pins."""

from __future__ import annotations

import ast
from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.conf import settings
from django.utils import timezone

from portal.access import Role
from portal.management.demo import builders
from portal.models import StaffTask, User
from portal.refusals import NotAllowed, Refused
from tests.lists import take, words_of
from tests.volunteers.cases import (
    check_of,
    days_ago,
    declare,
    in_assessment,
    in_screening,
    verify,
)
from tests.volunteers.drafts import draft, received
from volunteers.clearance import clearance
from volunteers.models import (
    Appeal,
    Application,
    DoNotEngage,
    Person,
    ProgrammeRole,
    ReasonCode,
    RefereeRequest,
)
from volunteers.services import (
    appeals,
    applications,
    assisted,
    checks,
    conflicts,
    decisions,
    do_not_engage,
    holds,
    leaving,
    objections,
    people,
    references,
    retention,
    silence,
)
from volunteers.states import ApplicationState, CheckState


def again(record):
    return type(record).objects.get(pk=record.pk)


def list_somebody(cast, **about) -> DoNotEngage:
    code = ReasonCode.objects.get(code="court_ban")
    entry = do_not_engage.list_person(by=cast.dana, reason_code=code, note="Бұйрық № 7.", **about)
    do_not_engage.confirm(entry=entry, by=cast.marat)
    return again(entry)


def list_by_name(cast, person: Person) -> DoNotEngage:
    """The number in the entry is another one."""
    names = {name: getattr(person, name) for name in ("family_name", "given_name", "birth_date")}
    return list_somebody(cast, iin=builders.iin_of(777), **names)


def decline_early(cast, application: Application, *, at_once: bool) -> None:
    """Refused while it was looked at, before anything was asked for."""
    RefereeRequest.objects.create(application=application, name="Ұсынушы", relation="colleague", email="r@demo.example")
    decisions.propose_decline(
        application=application,
        by=cast.aigul,
        rationale="x",
        reason_codes=[ReasonCode.objects.get(code="outside_oblast")],
        applicant_text="y",
        no_conflict=True,
    )
    confirm = decisions.decline_at_once if at_once else decisions.confirm_decline
    confirm(application=again(application), by=cast.dana, no_conflict=True)


def exported(sign_in, reader: User, person: Person) -> str:
    """The line about `person` in the export of the central record."""
    lines = words_of(take(sign_in(reader), "/en/staff/record/export/?standing=checks")).splitlines()
    return next((line for line in lines if person.family_name in line), "")


# --- the do-not-engage list


@pytest.mark.parametrize("after", ["silence", "appeal"])
def test_a_closed_case_that_is_taken_up_again_is_looked_up_in_the_list(cast, after):
    application = in_screening(cast)
    if after == "silence":
        Application.objects.filter(pk=application.pk).update(state="lapsed", return_to="assessment more_info")
        list_by_name(cast, application.person)
        silence.reopen(application=again(application), by=cast.serik)
    else:
        decline_early(cast, application, at_once=True)
        list_by_name(cast, application.person)
        appeal = objections.appeal(application=again(application), by=cast.serik, text="Тыңдаңыздар")
        outcome = Appeal.Outcome.ACCEPTED
        appeals.decide(appeal=appeal, by=cast.saule, outcome=outcome, applicant_text="t", reason="r")
    application = again(application)
    assert application.state == ApplicationState.ON_HOLD
    assert application.holds.get().reason == "do_not_engage"


def test_a_mentor_of_the_same_names_and_birth_date_is_put_before_the_leads(cast):
    list_by_name(cast, cast.nurlan)
    task = StaffTask.objects.visible_to(cast.dana).get(about=cast.nurlan.code)
    assert str(cast.nurlan.uuid) in task.url
    assert clearance(cast.nurlan).ok  # a name alone stops nobody


def test_neither_a_tied_lead_nor_one_of_a_district_takes_somebody_off_the_list(cast):
    entry = list_somebody(cast, person=cast.nurlan)
    of_district = builders.make_user("lead2", Role.SAFEGUARDING_LEAD, district=cast.taraz)
    conflicts.declare(application=cast.nurlan.applications.first(), by=cast.marat, kind="relative")
    for by, code in ((cast.marat, "conflict"), (of_district, "not_yours")):
        with pytest.raises(NotAllowed) as refused:
            do_not_engage.propose_lift(entry=entry, by=by, reason="x")
        assert refused.value.codes == [code]
        with pytest.raises(NotAllowed):
            do_not_engage.keep(entry=entry, by=by)
    do_not_engage.propose_lift(entry=entry, by=cast.dana, reason="x")
    for by in (cast.marat, of_district):
        with pytest.raises(NotAllowed):
            do_not_engage.confirm_lift(entry=again(entry), by=by)


# --- two accounts


@pytest.fixture
def takeover(cast) -> Application:
    """A new account with the number of a cleared mentor."""
    application = draft(builders.make_user("fake"), email="fake@demo.example", iin=cast.nurlan.iin)
    with pytest.raises(Refused):
        applications.send(application=application, by=application.person.user)
    return application


def test_nobody_is_cleared_by_one_leads_word_on_whose_the_new_account_is(cast, takeover):
    people.merge(kept=cast.nurlan, duplicate=again(takeover).person, by=cast.dana, reason="Телефонмен сөйлестім")
    known = again(cast.nurlan)
    assert known.user.email == "fake@demo.example" and known.contact_confirmed_at is None
    assert not clearance(known).ok


def test_a_tied_lead_joins_nothing(cast, takeover):
    conflicts.declare(application=cast.nurlan.applications.first(), by=cast.dana, kind="relative")
    with pytest.raises(NotAllowed) as refused:
        people.merge(kept=cast.nurlan, duplicate=again(takeover).person, by=cast.dana, reason="x")
    assert refused.value.codes == ["conflict"]


def test_a_former_member_of_staff_is_refused_in_words(cast, sign_in):
    application = received(cast.serik)
    former = builders.make_user("former", Role.COORDINATOR, district=cast.taraz)
    Application.objects.filter(pk=application.pk).update(state="assessment")
    checks.request(application=again(application))
    verify(cast, check_of(application, "identity"), by=former)
    former.role_grants.update(ends_at=timezone.now())
    former = again(former)
    second = draft(former, email="former@demo.example")
    with pytest.raises(Refused):
        applications.send(application=second, by=former)
    page = f"/en/staff/duplicates/{second.uuid}/{application.person.uuid}/"
    answer = sign_in(cast.dana).post(page, {"reason": "Телефонмен сөйлестім"})
    assert answer.status_code == 409 or answer.status_code == 422
    with pytest.raises(Refused) as refused:
        people.merge(kept=application.person, duplicate=again(second).person, by=cast.dana, reason="x")
    assert "staff_account" in refused.value.codes


def test_the_lead_helps_somebody_who_mistyped_his_address(cast, sign_in):
    first = draft(cast.serik)
    applications.send(application=first, by=cast.serik)  # the code goes to an address that is not his
    user = builders.make_user("serik2")
    with pytest.raises(Refused):
        applications.send(application=draft(user, email="serik2@demo.example"), by=user)
    page = StaffTask.objects.get(kind="duplicate_person").url
    lead = sign_in(cast.dana)
    assert lead.get(page).status_code == 200
    assert lead.post(page, {"reason": "Телефонмен сөйлестім"}, follow=True).status_code == 200
    assert again(first).person.user == user


# --- who reads what


def test_a_declared_tie_closes_the_papers(cast, sign_in):
    application = in_assessment(cast)
    check = check_of(application, "criminal_record")
    upload = (b"%PDF-1.4 x %%EOF", "application/pdf")
    checks.provide(check=check, by=cast.serik, number="1", issuer="x", issued_on=days_ago(1), upload=upload)
    paper = f"/en/staff/evidence/{check.evidence.get().uuid}/"
    assert sign_in(cast.dana).get(paper).status_code == 200
    conflicts.declare(application=application, by=cast.dana, kind="relative")
    assert sign_in(cast.dana).get(paper).status_code == 404


def test_the_record_does_not_say_what_the_lead_thinks_of_a_declaration(cast, sign_in):
    application = in_assessment(cast)
    check = check_of(application, "self_disclosure")
    declare(check, yes="1999")
    before = {name: exported(sign_in, getattr(cast, name), application.person) for name in ("aigul", "raushan")}
    assert all("not verified yet" in line for line in before.values())
    checks.fail(check=again(check), by=cast.dana, reason="no")
    for name, line in before.items():
        assert exported(sign_in, getattr(cast, name), application.person) == line


def test_a_yes_is_not_betrayed_by_what_stood_before(cast, sign_in):
    person = cast.nurlan
    fresh = checks.renew(check=person.checks.get(check_type__code="self_disclosure"), by=person.user)
    declare(fresh, yes="2001")
    checks.fail(check=again(fresh), by=cast.dana, reason="no")
    page = f"/en/staff/people/{person.uuid}/"
    text = sign_in(cast.aigul).get(page).content.decode()
    row = text[text.index('data-code="self_disclosure"') :].split('data-testid="requirement"')[0]
    assert "Counts no more" not in text.split('<ol class="timeline"')[-1]
    assert "No longer counts: new self-declaration" not in text and cast.dana.display_name not in row
    assert "No longer counts: new self-declaration" in sign_in(cast.dana).get(page).content.decode()


def test_an_exit_note_and_older_answers_are_read_within_ones_reach_only(cast, sign_in):
    left = leaving.leave(person=cast.nurlan, by=cast.aigul, reason="standards", note="SECRET")
    builders.make_user("two", Role.SAFEGUARDING_LEAD, district=cast.zhambyl)
    two = builders.make_user("two", Role.COORDINATOR, district=cast.taraz)
    assert sign_in(again(two)).get(f"/en/staff/exits/{left.uuid}/").status_code == 404
    assert sign_in(cast.dana).get(f"/en/staff/exits/{left.uuid}/").status_code == 200

    application = received(cast.serik)
    Application.objects.filter(pk=application.pk).update(interviewer=cast.ivan)
    page = f"/en/staff/applications/{application.uuid}/revisions/"
    builders.make_user("ivan", Role.COORDINATOR, district=cast.zhambyl)
    assert sign_in(again(cast.ivan)).get(page).status_code == 404
    assert sign_in(cast.aigul).get(page).status_code == 200


class TestTasksAboutOneself:
    """A lead applies, and a referee names a reason: it is for the other lead alone."""

    @pytest.fixture
    def application(self, cast):
        person = builders.make_person(cast.dana, number=51, district=cast.taraz, family="Сейіт", given="Дана")
        application = builders.make_application(person, ApplicationState.ASSESSMENT, owner=cast.aigul)
        request = RefereeRequest.objects.create(application=application, name="R", relation="colleague", email="r@x.kz")
        references.raise_task(StaffTask.Kind.REFERENCE_CONCERN, Role.SAFEGUARDING_LEAD, request)
        holds.hold(application=application, by=None, reason="concern", note="N")
        return application

    @staticmethod
    def kinds(user) -> set[str]:
        return set(StaffTask.objects.visible_to(again(user)).open().values_list("kind", flat=True))

    def test_she_neither_reads_nor_closes_them(self, cast, application, sign_in):
        secret = {"reference_concern", "hold"}
        assert secret <= self.kinds(cast.marat)
        assert not secret & self.kinds(cast.dana)
        assert application.code not in sign_in(cast.dana).get("/kk/staff/").content.decode()
        for task in StaffTask.objects.filter(kind__in=secret):
            assert sign_in(cast.dana).post(f"/kk/staff/tasks/{task.uuid}/done/").status_code == 404
        assert secret <= self.kinds(cast.marat)

    def test_nor_does_whoever_has_declared_a_tie(self, cast, application):
        conflicts.declare(application=application, by=cast.marat, kind="relative")
        assert not {"reference_concern", "hold"} & self.kinds(cast.marat)

    def test_open_tasks_of_before_learn_whose_they_are(self, cast, application):
        StaffTask.objects.update(person=None)
        migration = import_module("volunteers.migrations.0006_tasks_of_people")
        migration.name_their_people(apps, None)
        assert set(StaffTask.objects.values_list("person", flat=True)) == {application.person.uuid}


def test_every_task_about_a_person_says_whose_it_is():
    """Whatever raises a task in the rooms of people names the person, but for what is about nobody's case."""
    about_nobody = {"outreach.py", "policies.py"}
    for room in ("volunteers", "mentors"):
        for path in sorted((settings.BASE_DIR / room / "services").rglob("*.py")):
            for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                name = getattr(call.func, "attr", getattr(call.func, "id", "")) if isinstance(call, ast.Call) else ""
                if (
                    name == "raise_task"
                    and path.name not in about_nobody
                    and any(one.arg == "about" for one in call.keywords)
                ):
                    assert any(one.arg == "person" for one in call.keywords), f"{path}:{call.lineno}"


# --- ways that led nowhere


def test_considered_anew_after_an_early_refusal_everything_is_asked_for(cast):
    application = in_screening(cast)
    decline_early(cast, application, at_once=False)
    decisions.reconsider(application=again(application), by=cast.marat, reason="z")
    assert application.checks.filter(state=CheckState.REQUESTED).exists()
    assert application.referees.get().state == "sent"


def test_a_tie_to_a_draft_does_not_stop_the_erasing_and_staff_act_on_no_draft(cast, sign_in):
    role = ProgrammeRole.objects.get(code="school_mentor")
    application = assisted.start(by=cast.aigul, role=role, district=cast.taraz)
    page = f"/en/staff/applications/{application.uuid}/"
    client = sign_in(cast.aigul)
    assert client.get(page).status_code == 404
    assert client.post(f"{page}conflict/", {"conflict-kind": "relative", "kind": "relative"}).status_code == 404
    conflicts.declare(application=application, by=cast.aigul, kind="relative")
    assert retention.erase_drafts(timezone.localdate() + timedelta(days=400)) == [application.code]
    assert not Application.objects.filter(pk=application.pk).exists()


def test_withdrawing_one_case_leaves_the_other_its_checks(cast):
    first = in_assessment(cast)
    Application.objects.filter(pk=first.pk).update(kind="role_change")  # one case of a kind is open
    resting = builders.make_application(first.person, ApplicationState.ON_HOLD)
    Application.objects.filter(pk=resting.pk).update(return_to="assessment")
    asked = set(first.checks.values_list("check_type", flat=True))
    applications.withdraw(application=again(first), by=cast.serik)
    assert asked == set(resting.checks.filter(state=CheckState.REQUESTED).values_list("check_type", flat=True))


def test_nothing_is_forgotten_while_the_lead_still_holds_the_case(cast):
    application = in_screening(cast)
    holds.hold(application=application, by=cast.dana, reason="other", note="N")
    applications.withdraw(application=again(application), by=cast.serik)
    Application.objects.filter(pk=application.pk).update(state_since=timezone.now() - timedelta(days=4000))
    assert retention.anonymise_closed(timezone.localdate()) == []
    holds.release(hold=application.holds.get(), by=cast.dana, note="N")
    assert retention.anonymise_closed(timezone.localdate()) == [application.code]
