"""Who gets which page: every address of ours × every person of the cast. An address without a row here fails the suite.

GET of an address that only takes POST is asked by POST with an empty form: whoever may act gets a form error, a refusal
with reasons or a redirect; whoever may not gets 403 or 404.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone
from wagtail.models import Locale, Page

from content.models import HomePage, SectionPage, TopicPage
from content.services import let_editors_in
from events import services
from events.models import Booking, SessionBatch, SwapOffer, WaitlistEntry, WorkEntry
from events.services.assuring import link_of
from events.services.digest import link_of as stop_link_of
from events.services.session_templates import template_from
from events.states import BookingState
from mentors.models import Exclusion, Profile
from portal.management.demo import builders, sessions
from portal.management.demo import training as demo_training
from portal.models import LogEntry, NonTeachingPeriod, OutgoingMessage, StaffTask, Topic
from tests.cms import make_roots
from tests.events.asking import make_request
from tests.events.builders import at
from tests.events.visits import attended
from volunteers.models import (
    Appeal,
    Application,
    Check,
    CheckEvidence,
    CheckType,
    Concern,
    Decision,
    DoNotEngage,
    Exemption,
    ExitRecord,
    Hold,
    Interest,
    Invitation,
    Membership,
    Organisation,
    Pause,
    Person,
    PolicyVersion,
    ReasonCode,
    ReferenceResponse,
    RiskAssessment,
    SupervisorAssignment,
    Suspension,
)
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
    "a_to_z": EVERYBODY,
    "feedback_report": {"asel", "root"},
    "feedback_report_results": {"asel", "root"},
    "news_feed": EVERYBODY,
    "manifest": EVERYBODY,
    "worker": EVERYBODY,
    "page_pdf": EVERYBODY,
    "page_qr": EVERYBODY,
    "page_share": EVERYBODY,
    "page_feedback": EVERYBODY,
    "page_thanks": EVERYBODY,
    "short_address": EVERYBODY,
    "roles": EVERYBODY,
    "numbers": EVERYBODY,
    "numbers_csv": EVERYBODY,
    "numbers_json": EVERYBODY,
    "role_detail": EVERYBODY,
    "eligibility": EVERYBODY,
    "interest": EVERYBODY,
    "badge": EVERYBODY,
    "cms_login_closed": EVERYBODY,
    "home_of_user": SIGNED_IN,
    "account_settings": SIGNED_IN,
    # one's own pages
    "my_home": SIGNED_IN,
    "my_profile": MENTORS,
    "my_times": MENTORS,
    "my_times_add": MENTORS,
    "my_times_remove": MENTORS,
    "my_away_add": MENTORS,
    "my_away_remove": MENTORS,
    "my_limits": MENTORS,
    "my_bookings": MENTORS,
    "calendar_address": MENTORS,
    "apply_start": SIGNED_IN,
    "apply_step": {"applicant"},
    "apply_send": {"applicant"},
    "apply_confirm": {"applicant"},
    "apply_code": {"applicant"},
    "apply_withdraw": {"applicant"},
    "apply_answer": {"applicant"},
    "apply_notice": {"applicant"},
    "apply_appeal": {"applicant"},
    "apply_reopen": {"applicant"},
    "apply_continue": {"applicant"},
    "my_disclosure": MENTORS | {"applicant"},
    "my_renewal": MENTORS | {"applicant"},
    "my_role_change": MENTORS | {"applicant"},
    "my_check": {"applicant"},
    "my_check_renew": {"applicant"},
    "my_evidence": {"applicant"},
    "my_referee": {"applicant"},
    "my_reference": set(),  # no referee of the cast agreed to be read
    "my_agreement": MENTORS,
    "my_training": SIGNED_IN - {"serik"},
    "my_module": SIGNED_IN - {"serik"},
    "my_quiz": {"nurlan", "applicant"},
    "my_quiz_result": {"nurlan", "applicant"},
    "my_training_take": {"nurlan", "applicant"},
    "my_training_give_up": {"nurlan", "applicant"},
    "badge_qr": MENTORS,
    "badge_photo": set(),  # nobody of the cast has a photo
    "my_card": MENTORS,
    "my_photo": MENTORS,
    "my_photo_file": set(),
    "my_pause": MENTORS,
    "my_pause_end": MENTORS,
    "my_leave": MENTORS,
    "my_stay": MENTORS,
    "my_service_letter": set(),  # nobody of the cast has left
    "my_organisation": {"saule"},
    "my_organisation_answer": {"saule"},
    # the desk
    "staff_home": {"aigul", "bolat", "dana", "marat", "saule", "ivan", "gulnara", "raushan", "asel", "root"},
    "staff_task_done": {"aigul"},
    "staff_log": {"dana", "marat", "raushan"},
    "staff_letters": {"root"},
    "staff_nightly": {"root"},
    "staff_accounts": {"root"},
    "staff_account": {"root"},
    "staff_account_grant": {"root"},
    "staff_account_end_role": {"root"},
    "staff_account_close": {"root"},
    "staff_record": COORDINATORS | LEADS | {"raushan"},
    "staff_record_export": COORDINATORS | LEADS | {"raushan"},
    # cases
    "staff_applications": CASE | {"bolat", "ivan"},
    "staff_application": CASE | {"ivan"},
    "staff_application_accept": {"aigul"},
    "staff_application_interviewer": {"aigul"},
    "staff_application_take": {"aigul"},
    "staff_application_owner": {"aigul"},
    "staff_application_conflict": CASE | {"ivan"},
    "staff_application_ask": {"aigul"},
    "staff_application_hold": LEADS,
    "staff_application_release": LEADS,
    "staff_application_ready": {"aigul"},
    "staff_application_propose": CASE,
    "staff_application_propose_decline": CASE,
    "staff_application_propose_defer": CASE,
    "staff_application_confirm": LEADS,
    "staff_application_confirm_decline": LEADS,
    "staff_application_decline_at_once": LEADS,
    "staff_application_confirm_defer": LEADS,
    "staff_application_send_back": LEADS,
    "staff_application_decline": LEADS,
    "staff_application_reconsider": LEADS,
    "staff_application_read": CASE | {"ivan"},
    "staff_application_review": CASE | {"ivan"},
    "staff_application_revisions": CASE,
    "staff_application_opinion": LEADS,
    "staff_application_letters": CASE,
    "staff_application_letter_stop": CASE,
    "staff_application_letter_send": CASE,
    "staff_hold": LEADS,
    "staff_notice_answer": LEADS,
    "staff_appeals": LEADS | {"saule"},
    "staff_appeal": {"marat", "saule"},  # Dana confirmed the refusal
    "staff_appeal_decide": {"marat", "saule"},
    "staff_lead": LEADS,
    "staff_reference": LEADS,
    "staff_reference_assess": LEADS,
    "staff_reference_resend": CASE,
    "staff_reference_bounced": CASE,
    "staff_reference_offline": CASE,
    "staff_reference_replace": CASE,
    "staff_duplicate": LEADS,
    "staff_assist_new": COORDINATORS,
    "staff_assist_step": {"aigul"},
    "staff_assist_send": {"aigul"},
    "staff_assist_resend": {"aigul"},
    "staff_invitations": COORDINATORS,
    "staff_invitation_again": {"aigul"},
    "staff_interests": COORDINATORS,
    "staff_interest_called": {"aigul"},
    "staff_concerns": LEADS,
    "staff_concern": LEADS,
    "staff_concern_act": LEADS,
    "staff_concern_close": LEADS,
    "staff_concern_new": CASE | {"ivan"},
    "staff_do_not_engage": LEADS,
    "staff_do_not_engage_new": LEADS,
    "staff_do_not_engage_entry": LEADS,
    "staff_do_not_engage_confirm": LEADS,
    "staff_do_not_engage_keep": LEADS,
    "staff_do_not_engage_propose_lift": LEADS,
    "staff_do_not_engage_confirm_lift": LEADS,
    "staff_person_do_not_engage": LEADS,
    "staff_check_provide": CASE,
    "staff_check_verify": CASE,
    "staff_check_fail": CASE,
    "staff_check_renew": CASE,
    "staff_evidence": LEADS,
    "staff_check_inconclusive": CASE,
    "staff_check_ask_again": CASE,
    "staff_check_invalidate": CASE,
    "staff_disclosure": LEADS,
    "staff_interview": LEADS | {"ivan"},
    "staff_exemption_grant": LEADS,
    "staff_exemption_confirm": LEADS,
    "staff_exemption_revoke": LEADS,
    "staff_risk_sign": CASE,
    "staff_risk": CASE,
    "staff_risk_confirm": LEADS,
    "staff_risk_revoke": CASE,
    "staff_policies": LEADS,
    "staff_policy_draft": LEADS,
    "staff_policy_publish": LEADS,
    "staff_policy_discard": LEADS,
    # people
    "staff_people": CASE | {"bolat"},
    "staff_person": CASE,
    "staff_person_views": LEADS | {"raushan"},
    "staff_person_training": {"aigul", "ivan"},
    "staff_person_supervisor": CASE,
    "staff_person_suspend": CASE,
    "staff_person_cover": CASE,
    "staff_cover_end": {"aigul", "dana", "marat"},
    "staff_person_exit": CASE,
    "staff_exit": LEADS,
    "staff_opinion": {"aigul", "ivan"},
    "staff_organisations": COORDINATORS | {"root"},
    "staff_organisation_endorser": {"aigul", "root"},
    "staff_supervision": COORDINATORS | LEADS | {"ivan"},
    "staff_supervised": {"aigul", "dana", "marat"},
    "staff_suspension_propose_lift": LEADS,
    "staff_suspension_confirm_lift": LEADS,
    "staff_training": {"aigul", "bolat", "ivan"},
    "staff_trainee": {"aigul", "ivan"},
    "staff_trainee_doubt": {"aigul", "ivan"},
    "staff_meetings": {"aigul", "bolat", "ivan"},
    "staff_meeting_new": {"aigul", "bolat", "ivan"},
    "staff_meeting": {"aigul", "ivan"},
    "staff_meeting_cancel": {"aigul", "ivan"},
    "staff_meeting_record": {"aigul", "ivan"},
    "staff_agreements": LEADS | {"root"},
    "staff_agreement_new": LEADS | {"root"},
    # sessions
    "session_list": MENTORS,
    "session_detail": MENTORS | SCHOOL | LEADS,
    "session_book": MENTORS,
    "booking_cancel": {"nurlan"},
    "school_home": {"gulnara"},
    "school_name_adult": SCHOOL,
    "session_cancel": SCHOOL,
    "session_start": SCHOOL,
    "booking_confirm_visit": SCHOOL,
    "visit_cancel": SCHOOL,
    "booking_attendance": SCHOOL,
    "school_past": {"gulnara"},
    "school_requests": {"gulnara"},
    "school_request_new": {"gulnara"},
    "school_request": {"gulnara"},
    "school_request_edit": {"gulnara"},
    "school_request_send": {"gulnara"},
    "school_request_answer": {"gulnara"},
    "school_request_withdraw": {"gulnara"},
    "school_request_discard": {"gulnara"},
    "staff_requests": COORDINATORS | LEADS,
    "staff_request": {"aigul"} | LEADS,
    "staff_request_accept": {"aigul"},
    "staff_request_ask": {"aigul"},
    "staff_request_decline": {"aigul"},
    "staff_request_owner": {"aigul"},
    "staff_request_plan": {"aigul"},
    "session_arrival": {"nurlan"},
    "session_departure": {"nurlan"},
    "booking_feedback": {"nurlan"},
    "my_hours": MENTORS,
    "my_work_withdraw": {"nurlan"},
    "my_certificates": MENTORS,
    "my_certificate": {"nurlan"},
    "certificate_ask": EVERYBODY,
    "certificate_check": EVERYBODY,
    "session_code": SCHOOL,
    "session_code_picture": set(),  # the session of the cast is days away
    "session_attendance": SCHOOL,
    "booking_arrive": SCHOOL,
    "booking_depart": SCHOOL,
    "visit_feedback": {"gulnara"},
    "school_feedback": {"gulnara"},
    "staff_feedback": COORDINATORS | LEADS,
    "staff_hours": COORDINATORS | {"raushan"},
    "staff_hours_export": COORDINATORS | {"raushan"},
    "staff_hours_close": {"aigul"},
    "staff_work_confirm": {"aigul"},
    "staff_work_decline": {"aigul"},
    "staff_visit": CASE,
    "staff_visit_hours": {"aigul"},
    "staff_visit_attendance": {"aigul"},
    "staff_person_visits": CASE,
    "staff_needs": {"aigul", "bolat", "dana", "marat", "gulnara"},
    "staff_board": {"aigul", "bolat", "dana", "marat", "gulnara"},
    "staff_board_map": COORDINATORS | LEADS,
    "staff_sessions": {"aigul", "bolat", "dana", "marat", "gulnara"},
    "staff_session": {"aigul", "dana", "marat", "gulnara"},
    "staff_session_new": COORDINATORS,
    "staff_session_publish": {"aigul"},
    "staff_session_change": {"aigul"},
    "staff_session_clone": {"aigul"},
    "staff_session_series": {"aigul"},
    "staff_session_template": {"aigul"},
    "staff_booking_release": {"aigul"},
    "booking_confirm_again": {"nurlan"},
    "booking_assure": {"nurlan"},
    "coming": {"nobody", "nurlan"},
    "digest_stop": EVERYBODY,
    "staff_series_new": COORDINATORS,
    "staff_batch": {"aigul"},
    "staff_batch_undo": {"aigul"},
    "staff_templates": COORDINATORS,
    "staff_template": {"aigul"},
    "staff_template_apply": {"aigul"},
    "staff_template_retire": {"aigul"},
    "staff_periods": COORDINATORS,
    "staff_period_new": COORDINATORS,
    "staff_period": {"aigul"},
    "staff_period_remove": {"aigul"},
    "staff_session_mentors": {"aigul"},
    "staff_session_call": {"aigul"},
    "staff_visit_move": {"aigul"},
    "staff_exclusions": CASE,
    "staff_exclusion": LEADS,
    "staff_exclusion_end": CASE,
    "session_join": MENTORS,
    "waiting_accept": {"nurlan"},
    "waiting_second": {"nurlan"},
    "waiting_decline": {"nurlan"},
    "waiting_leave": {"nurlan"},
    "booking_hand_over": {"nurlan"},
    "swap_list": MENTORS,
    "swap_take": {"nurlan"},
    "swap_decline": {"nurlan"},
    "swap_withdraw": {"nurlan"},
    # by a secret that the cast does not hold
    "reference": set(),
    "invitation": set(),
    "candidate_confirm": set(),
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
    day = sessions.teaching_days(timezone.localdate() + timedelta(days=9), 1)[0]
    session = sessions.make_session(cast, cast.school, Topic.objects.exclude(parent=None)[0], day, sessions.time(10))
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
    suspension = Suspension.objects.create(
        person=suspended, reason_code=ReasonCode.objects.all()[0], note="n", opened_by=cast.aigul
    )
    more = (
        _service(cast, suspended)
        | _waivers(cast, case)
        | _safeguarding(cast, case, person)
        | _outreach(cast, case)
        | _refusal(cast, case)
        | _plans(cast, session)
        | _lines(cast, booking, suspended)
        | {
            "exclusion": Exclusion.objects.create(
                person=person, kind="school", school=cast.school, created_by=cast.dana
            )
        }
    )
    return more | {
        "cast": cast, "case": case, "person": person, "check": check, "paper": paper, "reference": referee,
        "session": session, "booking": booking, "task": task, "suspension": suspension,
        "meeting": demo_training.plan(cast, days=6), "asked": make_request(cast), "certificate": _certificate(cast),
        "profile": Profile.objects.create(person=cast.nurlan, digest=True), "page": _page(),
        "work": WorkEntry.objects.create(
            person=cast.nurlan, day=timezone.localdate(), minutes=30, kind="other", note="x"
        ),
    }  # fmt: skip


def _page() -> TopicPage:
    """A public article with its section and start page; editors may come in."""
    make_roots()
    let_editors_in()
    text = {"summary": "s", "locale": Locale.objects.get_or_create(language_code="ru")[0]}
    home = Page.get_first_root_node().add_child(instance=HomePage(title="T", slug="home-ru", **text))
    section = SectionPage(title="P", slug="p", audience="parents", tint="parent", invitation="i", **text)
    topic = TopicPage(title="A", slug="a", audience="parents", last_published_at=timezone.now(), **text)
    return home.add_child(instance=section).add_child(instance=topic)


def _certificate(cast):
    """Of one confirmed visit of Nurlan's."""
    day = timezone.localdate(attended(cast, starts_at=at(-40)).starts_at)
    return services.issue_certificate(by=cast.nurlan.user, first_day=day, last_day=day)


def _lines(cast, booking, colleague) -> dict:
    """Nurlan waits for another session; he hands his visit over, and somebody asks him to take one over."""
    ends = timezone.now() + timedelta(days=2)
    elsewhere = sessions.make_session(
        cast, cast.other_school, booking.session.topic, booking.session.day, sessions.time(14)
    )
    other = Booking.objects.create(
        session=elsewhere, person=colleague, seat_no=1, state=BookingState.CONFIRMED,
        starts_at=elsewhere.starts_at, ends_at=elsewhere.ends_at,
    )  # fmt: skip
    return {
        "turn": WaitlistEntry.objects.create(session=elsewhere, person=cast.nurlan),
        "handover": SwapOffer.objects.create(booking=booking, expires_at=ends),
        "swap": SwapOffer.objects.create(booking=other, to_person=cast.nurlan, expires_at=ends),
    }


def _plans(cast, session) -> dict:
    """A template of Taraz, a session that was made with others, and days without lessons at another school of Taraz."""
    template = template_from(session)
    template.title, template.created_by = "x", cast.aigul
    template.save()
    batch = SessionBatch.objects.create(kind="series", created_by=cast.aigul)
    sessions.make_session(cast, cast.school, session.topic, session.day, sessions.time(17), batch=batch)
    day = timezone.localdate()
    period = NonTeachingPeriod.objects.create(
        kind="remote", first_day=day, last_day=day, school=cast.other_school, name_kk="x", name_ru="x", name_en="x"
    )
    return {"template": template, "batch": batch, "period": period}


def _service(cast, person) -> dict:
    """Nurlan pauses some day and named Saule's organisation; somebody else renews, has a stand-in, and left once."""
    someday = timezone.localdate() + timedelta(days=300)
    pause = Pause.objects.create(person=cast.nurlan, starts_on=someday, ends_on=someday)
    council = Organisation.objects.create(kind="veterans", district=cast.taraz, name_kk="К", endorser=cast.saule)
    Membership.objects.create(person=cast.nurlan, organisation=council)
    renewal = builders.make_application(person, ApplicationState.ASSESSMENT, owner=cast.aigul)
    Application.objects.filter(pk=renewal.pk).update(kind=Application.Kind.RENEWAL)
    cover = SupervisorAssignment.objects.create(
        person=person, supervisor=cast.ivan, cover_for=cast.aigul, ends_on=someday
    )
    left = ExitRecord.objects.create(person=person, reason="moved", left_on=timezone.localdate() - timedelta(days=900))
    ExitRecord.objects.update(recorded_at=timezone.now() - timedelta(days=900))
    return {"pause": pause, "council": council, "renewal": renewal, "cover": cover, "left": left, "mentor": person}


def _waivers(cast, case) -> dict:
    """A declaration, an exemption and a risk assessment of the applicant, and a draft of his role's next policy."""
    today = timezone.localdate()
    days = {"person": case.person, "starts_on": today, "ends_on": today}
    types = {check_type.code: check_type for check_type in CheckType.objects.all()}
    declaration = Check.objects.create(person=case.person, application=case, check_type=types["self_disclosure"])
    exemption = Exemption.objects.create(check_type=types["interview"], reason="r", granted_by=cast.dana, **days)
    risk = RiskAssessment(activity="a", supervision="s", signed_by=cast.dana, **days)
    risk.known = "k"
    risk.save()
    PolicyVersion.objects.create(role=case.role, number=2, effective_from=today)
    return {"declaration": declaration, "exemption": exemption, "risk": risk}


def _safeguarding(cast, case, person) -> dict:
    """A concern about the applicant, an entry of the do-not-engage list proposed by Dana, and a second account of Nurlan."""
    concern = Concern.objects.create(person=person, application=case, source="staff", level="low", raised_by=cast.aigul)
    entry = DoNotEngage.objects.create(
        iin_hash="0" * 64,
        reason_code=ReasonCode.objects.all()[0],
        decided_by=cast.dana,
        review_on=timezone.localdate(),
    )
    StaffTask.objects.create(
        kind="duplicate_person",
        role="safeguarding_lead",
        about=f"{case.code} / {cast.nurlan.code}",
        dedupe_key="duplicate",
    )
    return {"concern": concern, "entry": entry}


def _refusal(cast, case) -> dict:
    """A renewal in Taraz that Aigul and Dana refused, with all that is written in such a case, and a letter of the case."""
    person = builders.make_person(
        builders.make_user("refused", family="Р", given="Р"), number=72, district=cast.taraz, family="Р", given="Р"
    )
    refused = builders.make_application(person, ApplicationState.DECLINED)
    refused.opinion, refused.opinion_by, refused.opinion_at = "x", cast.aigul, timezone.now()
    refused.save()
    decision = Decision(
        application=refused,
        outcome="decline",
        rationale="x",
        proposed_by=cast.aigul,
        confirmed_by=cast.dana,
        confirmed_at=timezone.now(),
        answered_at=timezone.now(),
        closed_by=cast.dana,
        closed_at=timezone.now(),
    )
    decision.answer = "x"
    decision.save()
    appeal = Appeal(decision=decision, first_proposed_by=cast.aigul, first_confirmed_by=cast.dana)
    appeal.text = "x"
    appeal.save()
    letter = OutgoingMessage.objects.create(
        letter="volunteers/notice", channel="email", address="x@demo.example", language="kk", about=case.code,
        dedupe_key="letter", due_at=timezone.now(),
    )  # fmt: skip
    hold = Hold.objects.create(application=refused, reason="other", released_at=timezone.now())
    return {"refused": refused, "decision": decision, "appeal": appeal, "letter": letter, "hold": hold}


def _outreach(cast, case) -> dict:
    """What waits for the coordinators of Taraz before an application, and one that Aigul types for somebody."""
    assisted = Application.objects.create(
        person=Person.objects.create(district=cast.taraz), role=case.role, policy=case.policy, assisted_by=cast.aigul
    )
    invitation = Invitation.objects.create(
        name="x",
        email="x@demo.example",
        role=case.role,
        district=cast.taraz,
        token_hash="0" * 64,
        sent_by=cast.aigul,
        expires_at=timezone.now() + timedelta(days=1),
    )
    interest = Interest.objects.create(name="x", phone="+77010000000", district=cast.taraz, language="kk")
    return {"assisted": assisted, "invitation": invitation, "interest": interest}


def address(name: str, world: dict) -> str:
    """The address of `name` for the records of `world`."""
    uuids = {
        "staff_assist": "assisted", "staff_invitation_": "invitation", "staff_interest_": "interest",
        "staff_concern_new": "person", "staff_concern": "concern", "staff_do_not_engage_": "entry",
        "staff_application_opinion": "refused", "staff_hold": "hold", "staff_notice_answer": "decision",
        "staff_appeal": "appeal",
        "staff_disclosure": "declaration", "staff_interview": "case", "staff_exemption_grant": "person",
        "staff_exemption": "exemption", "staff_risk_sign": "person", "staff_risk": "risk",
        "staff_application": "case", "staff_person": "person", "staff_trainee": "person", "staff_check": "check",
        "staff_evidence": "paper", "staff_reference": "reference", "staff_suspension": "suspension",
        "staff_exclusions": "person", "staff_exclusion": "exclusion", "staff_visit_": "booking",
        "staff_request": "asked", "school_request": "asked",
        "staff_booking_": "booking", "staff_batch": "batch", "staff_template": "template",
        "staff_task": "task", "staff_session": "session", "session_": "session", "waiting_": "turn", "swap_": "swap", "school_name": "session",
        "booking_": "booking", "visit_": "booking", "apply_": "case", "my_check": "check", "my_evidence": "paper",
        "my_refere": "reference", "staff_meeting": "meeting", "my_training_": "meeting",
        "my_work_": "work", "staff_work_": "work",
    }  # fmt: skip
    special = {
        "badge_photo": {"uuid": world["cast"].nurlan.uuid},
        "swap_withdraw": {"uuid": world["handover"].uuid},
        "my_pause_end": {"uuid": world["pause"].uuid},
        "my_organisation_answer": {
            "organisation": world["council"].pk,
            "uuid": world["cast"].nurlan.uuid,
            "answer": "confirm",
        },
        "staff_cover_end": {"uuid": world["mentor"].uuid, "pk": world["cover"].pk},
        "staff_exit": {"uuid": world["left"].uuid},
        "staff_period": {"pk": world["period"].pk},
        "staff_period_remove": {"pk": world["period"].pk},
        "staff_opinion": {"uuid": world["renewal"].uuid},
        "staff_organisation_endorser": {"pk": world["council"].pk},
        "staff_supervised": {"uuid": world["cast"].nurlan.uuid},
        "staff_policy_draft": {"code": "school_mentor"},
        "staff_policy_publish": {"code": "school_mentor", "number": 2},
        "staff_policy_discard": {"code": "school_mentor", "number": 2},
        "staff_assist_step": {"uuid": world["assisted"].uuid, "step": "about"},
        "staff_application_letter_stop": {"uuid": world["case"].uuid, "letter": world["letter"].uuid},
        "staff_application_letter_send": {"uuid": world["case"].uuid, "letter": world["letter"].uuid},
        "staff_duplicate": {"uuid": world["case"].uuid, "other": world["cast"].nurlan.uuid},
        "invitation": {"token": "x" * 43},
        "my_certificate": {"uuid": world["certificate"].uuid},
        "certificate_check": {"serial": world["certificate"].serial},
        "staff_hours_close": {"month": "2025-01", "district": "taraz"},
        "staff_visit": {"uuid": world["booking"].uuid},
        "short_address": {"pk": world["page"].pk},
        **{name: {"pk": world["page"].pk} for name in ACCESS if name.startswith("page_")},
        "role_detail": {"code": "school_mentor"},
        "eligibility": {"code": "school_mentor"},
        "apply_start": {"code": "school_mentor"},
        "my_agreement": {"code": "code_of_conduct"},
        "my_module": {"code": "safe_contact"},
        "my_quiz": {"code": "safe_contact"},
        "my_quiz_result": {"code": "safe_contact"},
        "staff_agreement_new": {"code": "code_of_conduct"},
        "calendar_feed": {"token": "0" * 64},
        **{
            name: {"uuid": world["cast"].saule.uuid}
            for name in ACCESS
            if name.startswith("staff_account_") or name == "staff_account"
        },
        "reference": {"token": "x" * 43},
        "coming": {"token": link_of(world["booking"])},
        "digest_stop": {"token": stop_link_of(world["profile"])},
        "candidate_confirm": {"token": "x" * 43},
        "my_role_change": {"code": "supervised_speaker"},
        "badge": {"uuid": world["cast"].nurlan.uuid},
        "apply_step": {"uuid": world["case"].uuid, "step": "about"},
    }
    without = {
        "staff_requests",
        "school_requests",
        "school_request_new",
        "staff_applications",
        "staff_appeals",
        "staff_sessions",
        "staff_session_new",
        "staff_templates",
        "session_list",
        "swap_list",
        "badge_qr",
        "staff_assist_new",
        "staff_invitations",
        "staff_interests",
        "staff_concerns",
        "staff_do_not_engage",
        "staff_do_not_engage_new",
        "staff_meetings",
        "staff_meeting_new",
    }
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
    "session_join",
    "swap_decline",
    "swap_take",
    "swap_withdraw",
    "waiting_accept",
    "waiting_second",
    "waiting_decline",
    "waiting_leave",
    "booking_cancel",
    "calendar_address",
    "my_work_withdraw",
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
