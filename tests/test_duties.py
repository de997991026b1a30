"""Duties apart, as stories of several people who post to the pages what their forms would not send: each is told again with
the superuser's flag and with every role that the person may hold. What the services and the database refuse is tested with them;
roles are in portal/test_grants.py, the texts of the site in content/test_duties.py. There is no helpline in the portal yet."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator

import pytest
from django.apps import apps
from django.db.models import QuerySet
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from portal import access
from portal.access import Role
from portal.management.demo import builders
from portal.models import LogEntry, LogLink, OutgoingMessage, RateCounter, User
from portal.services import close_account, end_role, grant_role
from tests.events.builders import at, make_session
from tests.lists import take
from tests.people import Cast
from tests.volunteers import test_concerns, test_exemptions, test_policies, test_risks
from tests.volunteers.cases import check_of, complete, days_ago, in_assessment, in_screening, inquiry
from tests.volunteers.test_refusals import days_over, propose_decline, propose_defer
from volunteers.models import Membership, Organisation, Person, ReasonCode, RefereeRequest
from volunteers.services import conflicts, decisions, do_not_engage, standing
from volunteers.states import ApplicationState, CheckState

pytestmark = pytest.mark.django_db

HOUSE = {"portal", "volunteers", "mentors", "events", "content"}
REFUSED = {403, 404}
WORDS = {"rationale": "All is in order.", "no_conflict": "on"}


def everything() -> dict[str, list]:
    """Every row of every table of the house, but for the log, the counters of requests, the letter that somebody is refused
    time and again, and who signed in when."""
    return {
        model._meta.label: list(_rows(model).order_by("pk").values_list(*_columns(model)))
        for model in apps.get_models()
        if model._meta.app_label in HOUSE and model not in (LogEntry, LogLink, RateCounter)
    }


def _rows(model) -> QuerySet:
    rows = model._base_manager.all()
    return rows.exclude(letter="portal/alarm") if model is OutgoingMessage else rows


def _columns(model) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields if field.attname != "last_login"]


def fresh(user: User) -> User:
    return User.objects.get(pk=user.pk)


def as_superuser(user: User) -> User:
    """Who runs the machine and has given himself what he could."""
    for role in sorted(access.OF_CASES | {Role.TRAINER}):
        grant_role(user=user, role=role, by=None)
    User.objects.filter(pk=user.pk).update(is_superuser=True, is_staff=True)
    return fresh(user)


def staff_addresses() -> Iterator[tuple[str, list[str]]]:
    """Name and parameters of every address of the back office."""

    def walk(patterns):
        for pattern in patterns:
            if isinstance(pattern, URLResolver):
                yield from walk(pattern.url_patterns)
            elif isinstance(pattern, URLPattern) and (pattern.name or "").startswith("staff_"):
                yield pattern.name, list(pattern.pattern.converters)

    yield from walk(get_resolver().url_patterns)


def test_the_walk_finds_the_back_office():
    assert len(dict(staff_addresses())) > 120


# --- 1: nobody recommends, checks or approves himself

ABOUT_HIM = (
    "staff_application_",
    "staff_check_",
    "staff_person_",
    "staff_reference_",
    "staff_disclosure",
    "staff_interview",
)
ABOUT_HIM += ("staff_exemption_grant", "staff_risk_sign", "staff_trainee", "staff_concern_new", "staff_supervised")


@pytest.mark.parametrize("superuser", [False, True])
@pytest.mark.parametrize("state", [ApplicationState.SCREENING, ApplicationState.ASSESSMENT, ApplicationState.DECISION])
def test_nobody_does_anything_in_his_own_case(cast, sign_in, state, superuser):
    case = complete(cast, state)
    keys = {
        "staff_application_": [case.uuid],
        "staff_interview": [case.uuid],
        "staff_check_": case.checks.values_list("uuid", flat=True),
        "staff_disclosure": [check_of(case, "self_disclosure").uuid],
        "staff_reference_": case.referees.values_list("uuid", flat=True),
    }
    serik = as_superuser(cast.serik)
    User.objects.filter(pk=serik.pk).update(is_superuser=superuser)
    client, before = sign_in(fresh(serik)), everything()
    for name, parameters in staff_addresses():
        if parameters != ["uuid"] or not name.startswith(ABOUT_HIM):
            continue
        about = next((keys[start] for start in keys if name.startswith(start)), [case.person.uuid])
        for key in about:
            url = reverse(name, args=[key])
            answer = client.post(url, WORDS | {"interviewer": cast.ivan.pk, "reason": "x"})
            if answer.status_code == 405:  # a page to read
                answer = client.get(url)
            assert answer.status_code in REFUSED, (name, answer.status_code)
    assert everything() == before


# --- 2, 4, 5: the second person is another one. Dana is the first one, Marat may be the second.


def of_case(step: str, case, **data) -> tuple[str, dict]:
    return reverse(f"staff_application_{step}", args=[case.uuid]), {"no_conflict": "on", **data}


def an_approval(cast: Cast):
    case = complete(cast, ApplicationState.DECISION)
    decisions.propose(application=case, by=cast.dana, rationale="All is in order.", no_conflict=True)
    return of_case("confirm", case)


def a_refusal(cast: Cast):
    case = in_assessment(cast)
    propose_decline(case, cast.dana)
    return of_case("confirm_decline", case)


def the_end_of_a_notice(cast: Cast):
    case = in_assessment(cast)
    decision = propose_decline(case, cast.dana)
    decisions.confirm_decline(application=case, by=cast.marat, no_conflict=True)
    days_over(decision)
    return of_case("decline", case, reason="No answer.")


def a_deferral(cast: Cast):
    case = in_assessment(cast)
    propose_defer(case, cast.dana)
    return of_case("confirm_defer", case)


def an_exemption(cast: Cast):
    return reverse("staff_exemption_confirm", args=[test_exemptions.grant(cast).uuid]), {}


def a_risk(cast: Cast):
    about = {"family": "Ә", "given": "Ә", "role": "supervised_speaker"}
    guest = builders.make_mentor("guest", number=75, staff=cast, district=cast.taraz, **about)
    guest.checks.filter(check_type__code="court_ban").update(state=CheckState.INVALIDATED)
    return reverse("staff_risk_confirm", args=[test_risks.sign(cast, guest, by=cast.dana).uuid]), {}


def the_lifting_of_a_suspension(cast: Cast):
    suspension = standing.suspend(person=cast.nurlan, by=cast.dana, reason_code=inquiry(), note="A call.")
    standing.propose_lift(suspension=suspension, by=cast.dana)
    return reverse("staff_suspension_confirm_lift", args=[suspension.uuid]), {}


def barred(cast: Cast):
    return do_not_engage.list_person(
        person=cast.nurlan, by=cast.dana, reason_code=ReasonCode.objects.get(code="court_ban"), note="№ 7"
    )


def an_entry_of_the_list(cast: Cast):
    return reverse("staff_do_not_engage_confirm", args=[barred(cast).uuid]), {}


def the_end_of_an_entry(cast: Cast):
    entry = barred(cast)
    do_not_engage.confirm(entry=entry, by=cast.marat)
    do_not_engage.propose_lift(entry=entry, by=cast.dana, reason="The court cleared him.")
    return reverse("staff_do_not_engage_confirm_lift", args=[entry.uuid]), {}


def a_policy(cast: Cast):
    role = cast.nurlan.approvals.get().role
    policy = test_policies.draft(cast, role, medical="approval")
    return reverse("staff_policy_publish", args=[role.code, policy.number]), {}


def a_concern(cast: Cast):
    concern = test_concerns.write(cast.nurlan, cast.dana)
    return reverse("staff_concern_close", args=[concern.uuid]), {"outcome": "Nothing came of it."}


BY_TWO: list[Callable] = [
    an_approval, a_refusal, the_end_of_a_notice, a_deferral, an_exemption, a_risk, the_lifting_of_a_suspension,
    an_entry_of_the_list, the_end_of_an_entry, a_policy, a_concern,
]  # fmt: skip


@pytest.mark.parametrize("first_half", BY_TWO)
class TestTwoPeople:
    def test_the_first_one_is_not_the_second_and_another_is(self, cast, sign_in, first_half):
        url, data = first_half(cast)
        before = everything()
        assert sign_in(cast.dana).post(url, data).status_code == 403
        assert everything() == before
        assert sign_in(cast.marat).post(url, data).status_code == 302
        assert everything() != before

    def test_nor_with_every_role_and_as_superuser(self, cast, sign_in, first_half):
        url, data = first_half(cast)
        dana, root = as_superuser(cast.dana), as_superuser(cast.root)
        before = everything()
        for user in (dana, root):
            assert sign_in(user).post(url, data).status_code in REFUSED
        assert everything() == before

    def test_nor_by_whoever_is_tied_to_him(self, cast, sign_in, first_half):
        """3: Marat belongs to the same organisation as everybody whom this could be about."""
        url, data = first_half(cast)
        if first_half in (a_policy, an_entry_of_the_list):
            return  # about nobody; to put somebody on the list a tie is no hindrance, to take him off it is
        ours = Organisation.objects.create(kind="veterans", district=cast.taraz, endorser=cast.marat)
        for person in Person.objects.all():
            Membership.objects.get_or_create(person=person, organisation=ours)
        before = everything()
        assert sign_in(cast.marat).post(url, data).status_code in REFUSED
        assert everything() == before


# --- 3: referees and those with a tie take no part


def named_as_referee(case, user: User) -> None:
    RefereeRequest.objects.create(application=case, name="x", relation="neighbour", email=user.email.upper())


def with_a_declared_tie(case, user: User) -> None:
    conflicts.declare(application=case, by=user, kind="relative")


@pytest.mark.parametrize("superuser", [False, True])
@pytest.mark.parametrize("tie", [named_as_referee, with_a_declared_tie])
def test_whoever_is_tied_neither_recommends_nor_decides(cast, sign_in, tie, superuser):
    case, waiting = complete(cast, ApplicationState.DECISION), in_screening(cast, name="other", number=61)
    decisions.propose(application=case, by=cast.aigul, rationale="x", no_conflict=True)
    for user in (cast.aigul, cast.marat):
        tie(case, user)
        tie(waiting, user)
    if superuser:
        User.objects.filter(pk__in=[cast.aigul.pk, cast.marat.pk]).update(is_superuser=True)
    aigul, marat = sign_in(fresh(cast.aigul)), sign_in(fresh(cast.marat))
    before = everything()
    assert marat.post(*of_case("confirm", case)).status_code in REFUSED
    assert aigul.post(*of_case("accept", waiting, interviewer=cast.ivan.pk)).status_code in REFUSED
    for client in (aigul, marat):
        reasons = {"rationale": "x", "reason_codes": [inquiry().pk], "applicant_text": "x"}
        assert client.post(*of_case("propose_decline", waiting, **reasons)).status_code in REFUSED
    assert everything() == before


# --- 8: an auditor reads and writes nothing

READS = {
    "staff_record_export",
    "staff_hours_export",
    "staff_coverage_export",
}  # lists to take along, by POST, with a reason
OWN_DESK = {"staff_task_done"}


@pytest.mark.parametrize("superuser", [False, True])
def test_an_auditor_writes_nothing(cast, sign_in, superuser):
    User.objects.filter(pk=cast.raushan.pk).update(is_superuser=superuser)
    case = complete(cast, ApplicationState.DECISION)
    values = {
        "uuid": case.uuid,
        "other": uuid.uuid4(),
        "letter": uuid.uuid4(),
        "pk": 1,
        "number": 1,
        "code": "school_mentor",
    }
    values |= {"step": "about", "month": "2026-01", "district": "taraz", "kind": "schools"}
    client, before = sign_in(fresh(cast.raushan)), everything()
    for name, parameters in staff_addresses():
        if name not in READS | OWN_DESK:
            url = reverse(name, kwargs={parameter: values[parameter] for parameter in parameters})
            answer = client.post(url, WORDS)
            assert answer.status_code in REFUSED | {405}, (name, answer.status_code)
    assert everything() == before


# --- 9: whoever runs the system decides nothing, whatever else he holds


@pytest.mark.parametrize("how", ["superuser", "administrator"])
def test_an_administrator_with_every_role_takes_no_part_in_a_case(cast, sign_in, how):
    waiting, ready = in_screening(cast, name="other", number=61), complete(cast, ApplicationState.DECISION)
    busy = as_superuser(cast.root if how == "administrator" else cast.bolat)
    User.objects.filter(pk=busy.pk).update(is_superuser=how == "superuser")
    client = sign_in(fresh(busy))
    before = everything()
    paper = {"method": "register_search", "number": "1", "issuer": "x", "issued_on": days_ago(1)}
    check = reverse("staff_check_verify", args=[check_of(ready, "court_ban").uuid])
    assert client.post(check, paper).status_code in REFUSED | {409, 422}
    assert client.post(*of_case("accept", waiting, interviewer=cast.ivan.pk)).status_code in REFUSED
    assert client.post(*of_case("propose", ready, rationale="x")).status_code in REFUSED
    assert client.post(*of_case("propose_decline", ready, **WORDS)).status_code in REFUSED | {422}
    suspend = reverse("staff_person_suspend", args=[cast.nurlan.uuid])
    assert client.post(suspend, {"reason_code": inquiry().pk, "note": "x"}).status_code in REFUSED
    assert everything() == before


# --- 12: whoever takes a list along is not the only one who sees it


@pytest.mark.parametrize(("name", "who"), [
    ("staff_record_export", "aigul"), ("staff_record_export", "dana"), ("staff_record_export", "raushan"),
    ("staff_hours_export", "aigul"), ("staff_hours_export", "raushan"),
    ("staff_coverage_export", "aigul"), ("staff_coverage_export", "dana"),
])  # fmt: skip
def test_others_see_that_a_list_was_taken(cast, sign_in, name, who):
    by = getattr(cast, who)
    assert take(sign_in(by), reverse(name)).status_code == 200
    told = OutgoingMessage.objects.filter(letter="portal/list_taken")
    assert {letter.recipient for letter in told} == {cast.dana, cast.marat} - {by}
    page = sign_in(cast.raushan).get(reverse("staff_log"), {"kind": "view"}).content.decode()
    assert by.display_name in page and "For the inspection" in page


def test_an_export_without_the_right_is_none(cast, sign_in):
    for user in (cast.root, cast.saule, cast.ivan, cast.gulnara, cast.serik):
        for name in READS:
            assert take(sign_in(user), reverse(name)).status_code == 403
    assert not LogEntry.objects.filter(action="export").exists()


# --- What is taken away is gone with the next request, in sessions that were open before


def a_role(cast):
    end_role(user=cast.aigul, role=Role.COORDINATOR, by=cast.root, district=cast.taraz)


def a_district(cast):
    a_role(cast)
    grant_role(user=cast.aigul, role=Role.COORDINATOR, by=cast.root, district=cast.zhambyl)


def an_account(cast):
    close_account(user=cast.aigul, by=cast.root)


@pytest.mark.parametrize("take_away", [a_role, a_district, an_account])
def test_what_is_taken_away_is_gone_with_the_next_request(cast, sign_in, take_away):
    case = in_screening(cast)
    client = sign_in(cast.aigul)
    page = reverse("staff_application", args=[case.uuid])
    assert client.get(page).status_code == 200
    take_away(cast)
    before = everything()
    assert client.get(page).status_code in REFUSED | {302}
    answer = client.post(*of_case("accept", case, interviewer=cast.ivan.pk))
    assert answer.status_code in REFUSED or "/account/login/" in answer["Location"]
    assert everything() == before


@pytest.mark.parametrize(("who", "role", "page"), [
    ("dana", Role.SAFEGUARDING_LEAD, "staff_lead"), ("saule", Role.APPEAL_MEMBER, "staff_appeals"),
    ("ivan", Role.TRAINER, "staff_meetings"), ("raushan", Role.AUDITOR, "staff_log"), ("asel", Role.EDITOR, "wagtailadmin_home"),
    ("meruert", Role.SPECIALIST, "wagtailadmin_home"),
])  # fmt: skip
def test_so_is_every_other_role(cast, sign_in, who, role, page):
    user = getattr(cast, who)
    client = sign_in(user)
    if page != "wagtailadmin_home":  # its first page needs pages
        assert client.get(reverse(page)).status_code == 200
    end_role(user=user, role=role, by=cast.root)
    assert client.get(reverse(page)).status_code in REFUSED


def test_so_is_the_school_of_a_contact_person(cast, sign_in):
    client = sign_in(cast.gulnara)
    assert client.get(reverse("school_home")).status_code == 200
    end_role(user=cast.gulnara, role=Role.SCHOOL_CONTACT, by=cast.root, school=cast.school)
    assert client.get(reverse("school_home")).status_code in REFUSED


def test_somebody_suspended_books_nothing(cast, sign_in):
    session = make_session(cast, starts_at=at(9))
    client = sign_in(cast.nurlan.user)
    standing.suspend(person=cast.nurlan, by=cast.dana, reason_code=inquiry(), note="A call.")
    before = everything()
    assert client.post(reverse("session_book", args=[session.uuid]), {}).status_code in REFUSED | {409}
    assert everything() == before
