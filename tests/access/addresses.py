"""Name of an address → the address itself, for the records of a world."""

from __future__ import annotations

from django.urls import NoReverseMatch, reverse

from events.services.assuring import link_of
from events.services.digest import link_of as stop_link_of
from tests.access.world import a_picture

# beginning of a name → the record whose uuid the address takes; the first that fits counts
UUIDS = {
    "staff_undelivered_": "undelivered", "staff_role_": "proposal", "staff_import": "imported", "staff_assist": "assisted", "staff_invitation_": "invitation", "staff_interest_": "interest",
    "staff_concern_new": "person", "staff_concern": "concern", "staff_do_not_engage_": "entry",
    "staff_application_opinion": "refused", "staff_hold": "hold", "staff_notice_answer": "decision",
    "staff_appeal": "appeal",
    "staff_disclosure": "declaration", "staff_interview": "case", "staff_exemption_grant": "person",
    "staff_exemption": "exemption", "staff_risk_sign": "person", "staff_risk": "risk",
    "staff_application": "case", "staff_person": "person", "staff_trainee": "person", "staff_check": "check",
    "staff_evidence": "paper", "staff_reference": "reference", "staff_suspension": "suspension",
    "staff_exclusions": "person", "staff_exclusion": "exclusion", "staff_visit": "booking",
    "staff_request": "asked", "school_request": "asked",
    "staff_booking_": "booking", "staff_batch": "batch", "staff_template": "template",
    "staff_task": "task", "staff_session": "session", "session_": "session", "waiting_": "turn", "swap_": "swap",
    "school_name": "session",
    "booking_": "booking", "visit_": "booking", "apply_": "case", "my_check": "check", "my_evidence": "paper",
    "my_refere": "reference", "staff_meeting": "meeting", "my_training_": "meeting",
    "my_work_": "work", "staff_work_": "work", "my_certificate": "certificate",
}  # fmt: skip
FIXED = {
    "cms_login_closed": "/cms/login/",
    "cms_people_closed": "/cms/users/",
    "wagtaildocs_serve": "/documents/1/x",
    "wagtail_serve": "/ru/",
}
CODES = {
    "role_detail": "school_mentor",
    "eligibility": "school_mentor",
    "apply_start": "school_mentor",
    "my_agreement": "code_of_conduct",
    "my_data_consent": "code_of_conduct",
    "my_module": "safe_contact",
    "my_quiz": "safe_contact",
    "my_quiz_result": "safe_contact",
    "my_role_change": "supervised_speaker",
    "staff_agreement_new": "code_of_conduct",
    "staff_policy_draft": "school_mentor",
}
SECRETS = {"invitation": "x" * 43, "reference": "x" * 43, "candidate_confirm": "x" * 43, "calendar_feed": "0" * 64}


def address(name: str, world: dict) -> str:
    """The address of `name` for the records of `world`, in the language of the moment."""
    if name in FIXED:
        return FIXED[name]
    if kwargs := _special(name, world):
        return reverse(name, kwargs=kwargs)
    try:
        return reverse(name)
    except NoReverseMatch:
        record = next(key for start, key in UUIDS.items() if name.startswith(start))
        return reverse(name, kwargs={"uuid": world[record].uuid})


def _special(name: str, world: dict) -> dict | None:
    """What the address takes, when it is not the uuid of the record that its name begins with."""
    cast = world["cast"]
    if name in CODES:
        return {"code": CODES[name]}
    if name in SECRETS:
        return {"token": SECRETS[name]}
    if name.startswith("page_"):
        return {"pk": world["page"].pk}
    if name in {"staff_import_new", "staff_import_sample"}:
        return {"kind": "members"}
    if name == "staff_account" or name.startswith("staff_account_"):
        return {"uuid": cast.saule.uuid}
    return {
        "badge": {"uuid": cast.nurlan.uuid},
        "badge_photo": {"uuid": cast.nurlan.uuid},
        "swap_withdraw": {"uuid": world["handover"].uuid},
        "my_pause_end": {"uuid": world["pause"].uuid},
        "my_organisation_answer": {
            "organisation": world["council"].pk,
            "uuid": cast.nurlan.uuid,
            "answer": "confirm",
        },
        "staff_cover_end": {"uuid": world["mentor"].uuid, "pk": world["cover"].pk},
        "staff_exit": {"uuid": world["left"].uuid},
        "staff_period": {"pk": world["period"].pk},
        "staff_period_remove": {"pk": world["period"].pk},
        "staff_opinion": {"uuid": world["renewal"].uuid},
        "staff_organisation_endorser": {"pk": world["council"].pk},
        "staff_supervised": {"uuid": cast.nurlan.uuid},
        "staff_policy_publish": {"code": "school_mentor", "number": 2},
        "staff_policy_discard": {"code": "school_mentor", "number": 2},
        "staff_assist_step": {"uuid": world["assisted"].uuid, "step": "about"},
        "apply_step": {"uuid": world["case"].uuid, "step": "about"},
        "staff_application_letter_stop": {"uuid": world["case"].uuid, "letter": world["letter"].uuid},
        "staff_application_letter_send": {"uuid": world["case"].uuid, "letter": world["letter"].uuid},
        "staff_duplicate": {"uuid": world["case"].uuid, "other": cast.nurlan.uuid},
        "certificate_check": {"serial": world["certificate"].serial},
        "staff_hours_close": {"month": "2025-01", "district": cast.taraz.slug},
        "picture": {"name": a_picture()},
        "audience_feed": {"audience": "parents"},
        "short_address": {"pk": world["page"].pk},
        "poster": {"language": "ru", "audience": "children-6-10", "size": "a4"},
        "coming": {"token": link_of(world["booking"])},
        "digest_stop": {"token": stop_link_of(world["profile"])},
        # the libraries'
        "mfa_remove_webauthn": {"pk": 1},
        "mfa_edit_webauthn": {"pk": 1},
        "wagtailcore_authenticate_with_password": {"page_view_restriction_id": 1, "page_id": 1},
        "wagtaildocs_authenticate_with_password": {"restriction_id": 1},
    }.get(name)
