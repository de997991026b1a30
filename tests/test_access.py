"""Who gets which page: every address of ours × every person of the cast. An address without a row here fails the suite.

GET of an address that only takes POST is asked by POST with an empty form: whoever may act gets a form error, a refusal
with reasons or a redirect; whoever may not gets 403 or 404.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from events.models import Booking
from events.states import BookingState
from portal.management.demo import builders, cases
from portal.models import LogEntry, StaffTask, Topic
from volunteers.models import Check, CheckEvidence, CheckType, ReferenceResponse, Suspension
from volunteers.states import ApplicationState

pytestmark = pytest.mark.django_db

EVERYBODY = {
    "nobody", "serik", "applicant", "nurlan", "aigul", "bolat", "dana", "marat", "saule", "ivan", "gulnara", "raushan",
    "asel", "root",
}  # fmt: skip
SIGNED_IN = EVERYBODY - {"nobody"}
CASE = {"aigul", "dana", "marat"}  # staff of the Taraz case
LEADS = {"dana", "marat"}
COORDINATORS = {"aigul", "bolat"}
MENTORS = {"nurlan"}
SCHOOL = {"aigul", "gulnara"}

# name → who may; records are those of a case and a session in Taraz (see `world`)
ACCESS: dict[str, set[str]] = {
    # open to all
    "exit": EVERYBODY,
    "health_live": EVERYBODY,
    "health_ready": EVERYBODY,
    "robots": EVERYBODY,
    "sitemap": EVERYBODY,
    "search": EVERYBODY,
    "roles": EVERYBODY,
    "role_detail": EVERYBODY,
    "eligibility": EVERYBODY,
    "badge": EVERYBODY,
    "cms_login_closed": EVERYBODY,
    "home_of_user": SIGNED_IN,
    "account_settings": SIGNED_IN,
    # one's own pages
    "my_home": SIGNED_IN,
    "my_profile": MENTORS,
    "my_bookings": MENTORS,
    "calendar_address": MENTORS,
    "apply_start": SIGNED_IN,
    "apply_step": {"applicant"},
    "apply_send": {"applicant"},
    "apply_confirm": {"applicant"},
    "apply_code": {"applicant"},
    "apply_withdraw": {"applicant"},
    "my_check": {"applicant"},
    "my_check_renew": {"applicant"},
    "my_evidence": {"applicant"},
    "my_referee": {"applicant"},
    "my_agreement": MENTORS,
    "badge_qr": MENTORS,
    # the desk
    "staff_home": {"aigul", "bolat", "dana", "marat", "saule", "ivan", "gulnara", "raushan", "asel", "root"},
    "staff_task_done": {"aigul"},
    "staff_log": {"dana", "marat", "raushan"},
    "staff_letters": {"root"},
    "staff_nightly": {"root"},
    # cases
    "staff_applications": CASE | {"bolat", "ivan"},
    "staff_application": CASE | {"ivan"},
    "staff_application_accept": {"aigul"},
    "staff_application_interviewer": {"aigul"},
    "staff_application_ready": {"aigul"},
    "staff_application_propose": CASE,
    "staff_application_confirm": LEADS,
    "staff_application_send_back": LEADS,
    "staff_reference": LEADS,
    "staff_reference_assess": LEADS,
    "staff_check_provide": CASE,
    "staff_check_verify": CASE,
    "staff_check_fail": CASE,
    "staff_check_renew": CASE,
    "staff_evidence": LEADS,
    # people
    "staff_people": CASE | {"bolat"},
    "staff_person": CASE,
    "staff_person_training": {"aigul", "ivan"},
    "staff_person_supervisor": CASE,
    "staff_person_suspend": CASE,
    "staff_suspension_propose_lift": LEADS,
    "staff_suspension_confirm_lift": LEADS,
    "staff_training": {"aigul", "bolat", "ivan"},
    "staff_trainee": {"aigul", "ivan"},
    # sessions
    "session_list": MENTORS,
    "session_detail": MENTORS | SCHOOL | LEADS,
    "session_book": MENTORS,
    "booking_cancel": {"nurlan"},
    "school_home": {"gulnara"},
    "school_name_adult": SCHOOL,
    "session_cancel": SCHOOL,
    "booking_confirm_visit": SCHOOL,
    "visit_cancel": SCHOOL,
    "booking_attendance": SCHOOL,
    "staff_sessions": {"aigul", "bolat", "dana", "marat", "gulnara"},
    "staff_session": {"aigul", "dana", "marat", "gulnara"},
    "staff_session_new": COORDINATORS,
    "staff_session_publish": {"aigul"},
    # by a secret that the cast does not hold
    "reference": set(),
    "calendar_feed": set(),
    "cms_people_closed": set(),
}


def own_names() -> set[str]:
    """Names of the addresses of our own views; the libraries' are left to the libraries."""
    names = set()

    def walk(patterns):
        for pattern in patterns:
            if isinstance(pattern, URLResolver):
                walk(pattern.url_patterns)
            elif isinstance(pattern, URLPattern):
                module = getattr(pattern.callback, "__module__", "")
                if module.split(".")[0] in {"portal", "volunteers", "mentors", "events", "content"}:
                    names.add(pattern.name)

    walk(get_resolver().url_patterns)
    return names


def test_every_address_has_a_row():
    assert own_names() == set(ACCESS)


@pytest.fixture
def world(cast):
    """One case in Taraz with a check, a paper, references and a task; one session at Gulnara's school, booked by Nurlan."""
    cast.applicant = builders.make_user("applicant", family="Қ", given="Қ")
    person = builders.make_person(cast.applicant, number=70, district=cast.taraz, family="Қасымов", given="Қайрат")
    case = builders.make_application(person, ApplicationState.ASSESSMENT, owner=cast.aigul, interviewer=cast.ivan)
    (referee, *_rest) = builders.give_references(case, cast.dana, timezone.localdate())
    ReferenceResponse.objects.update(result="", assessed_by=None, assessed_at=None)
    criminal = CheckType.objects.get(code="criminal_record")
    check = Check.objects.create(person=person, subject=person.user, application=case, check_type=criminal)
    paper = CheckEvidence.objects.create(
        evidence_of=check, stored_name="none", sha256="", mime="application/pdf", size=1, uploaded_by=person.user
    )
    day = cases.teaching_days(timezone.localdate() + timedelta(days=9), 1)[0]
    session = cases.make_session(cast, cast.school, Topic.objects.exclude(parent=None)[0], day, cases.time(10))
    booking = Booking.objects.create(
        session=session,
        person=cast.nurlan,
        seat_no=1,
        state=BookingState.PENDING,
        starts_at=session.starts_at,
        ends_at=session.ends_at,
    )
    task = StaffTask.objects.create(
        kind="withdrawn", role="coordinator", district=cast.taraz, about=case.code, dedupe_key="k"
    )
    suspended = builders.make_mentor("stopped", number=71, staff=cast, district=cast.taraz, family="Ж", given="Ж")
    from volunteers.models import ReasonCode  # noqa: PLC0415 - only here

    suspension = Suspension.objects.create(
        person=suspended, reason_code=ReasonCode.objects.all()[0], note="n", opened_by=cast.aigul
    )
    return {
        "cast": cast, "case": case, "person": person, "check": check, "paper": paper, "reference": referee,
        "session": session, "booking": booking, "task": task, "suspension": suspension,
    }  # fmt: skip


def address(name: str, world: dict) -> str:
    """The address of `name` for the records of `world`."""
    uuids = {
        "staff_application": "case", "staff_person": "person", "staff_trainee": "person", "staff_check": "check",
        "staff_evidence": "paper", "staff_reference": "reference", "staff_suspension": "suspension",
        "staff_task": "task", "staff_session": "session", "session_": "session", "school_name": "session",
        "booking_": "booking", "visit_": "booking", "apply_": "case", "my_check": "check", "my_evidence": "paper",
        "my_referee": "reference",
    }  # fmt: skip
    special = {
        "role_detail": {"code": "school_mentor"},
        "eligibility": {"code": "school_mentor"},
        "apply_start": {"code": "school_mentor"},
        "my_agreement": {"code": "code_of_conduct"},
        "calendar_feed": {"token": "0" * 64},
        "reference": {"token": "x" * 43},
        "badge": {"uuid": world["cast"].nurlan.uuid},
        "apply_step": {"uuid": world["case"].uuid, "step": "about"},
    }
    without = {"staff_applications", "staff_sessions", "staff_session_new", "session_list", "badge_qr"}
    if name == "cms_login_closed":
        return "/cms/login/"
    if name == "cms_people_closed":
        return "/cms/users/"
    if name in special:
        return reverse(name, kwargs=special[name])
    record = None if name in without else next((key for start, key in uuids.items() if name.startswith(start)), None)
    return reverse(name, kwargs={"uuid": world[record].uuid} if record else None)


ACTIONS = {
    "session_book",
    "booking_cancel",
    "calendar_address",
}  # a GET of these, after signing in half-way, leads back to the session


def may(client, url: str, *, by_post: bool = False) -> tuple[bool, int]:
    """Whether the client is let in, by GET, or by an empty POST where the address takes nothing else."""
    response = client.post(url, {}) if by_post else client.get(url)
    if response.status_code == 405:
        response = client.post(url, {})
    refused = response.status_code in {403, 404, 410} or "/account/login/" in response.headers.get("Location", "")
    refused = refused and not url.startswith("/cms/login")
    assert response.status_code < 500, (url, response.status_code)
    return not refused, response.status_code


def who_is(world: dict, person: str):
    found = getattr(world["cast"], person)
    return getattr(found, "user", found)


@pytest.mark.parametrize("name", sorted(ACCESS))
def test_who_gets_in(name, world, sign_in, client, settings):
    settings.DEMO_MODE = True
    url = address(name, world)
    answers = {"nobody": may(client, url, by_post=name in ACTIONS)}
    for person in sorted(SIGNED_IN):
        answers[person] = may(sign_in(who_is(world, person)), url, by_post=name in ACTIONS)
    allowed = {person for person, (let_in, _status) in answers.items() if let_in}
    statuses = {person: status for person, (_let_in, status) in answers.items()}
    assert (allowed - ACCESS[name], ACCESS[name] - allowed) == (set(), set()), statuses


@pytest.mark.parametrize("name", [name for name in sorted(ACCESS) if "staff_" in name or "school_" in name])
def test_a_refused_post_changes_nothing(name, world, sign_in):
    """Bolat, coordinator of another district, posts to everything that is not his."""
    if "bolat" in ACCESS[name]:
        return
    before = LogEntry.objects.filter(kind="change").count()
    response = sign_in(world["cast"].bolat).post(address(name, world), {"reason": "x", "no_conflict": "on"})
    assert response.status_code in {403, 404, 405}
    assert LogEntry.objects.filter(kind="change").count() == before
