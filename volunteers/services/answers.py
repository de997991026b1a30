"""The answers of an application: their steps, and what must hold in them before they may be sent.

They are `{step: {field: value}}` of plain JSON values, already cleaned by the forms of the steps: days as ISO text,
months as "2015-03", phones as E.164, the district's slug, codes of languages. The rules that a form explains at its
field and the service asks again on sending stand here once.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.models import District
from portal.refusals import Reason
from volunteers.iin import valid_iin
from volunteers.models import AgreementVersion, Application, InfoRequest, Organisation, RefereeRequest
from volunteers.services import terms
from volunteers.services.history import KINDS
from volunteers.states import ApplicationState

STEPS = {
    "about": _("About you"),
    "changes": _("What has changed"),
    "organisation": _("Your organisation"),
    "experience": _("Your experience"),
    "history": _("Your recent years"),
    "referees": _("Two people who know you"),
    "consents": _("Your consent"),
}
READ_BY_STAFF = {  # the same steps, where they do not speak to the applicant
    **STEPS,
    "about": _("About the applicant"),
    "organisation": _("Organisation"),
    "experience": _("Experience"),
    "history": _("Recent years"),
    "referees": _("Referees"),
    "consents": _("Consents"),
}
QUESTION = "question"  # asked by a coordinator in his own words; no step of the draft
_INITIAL = ("about", "organisation", "experience", "history", "referees", "consents")
_AGAIN = ("about", "changes", "organisation", "referees", "consents")  # of somebody who is approved already
CONSENTS = ("data_consent", "checks_consent", "code_of_conduct")
NEED_AN_ORGANISATION = ("employment", "endorsement")  # check types that somebody else confirms
EXPERIENCE = ("life_work", "motivation", "with_children")
REFEREES = 2


class RefereeProblem(NamedTuple):
    """`number` counts from 0; `field` is where the form shows `text`."""

    number: int
    field: str
    text: str


def steps_of(application: Application) -> list[str]:
    """The steps that this application is filled in by, in order. Who was approved before is asked only what changed;
    what a coordinator types for somebody has no consents: the candidate gives them himself."""
    steps = list(_INITIAL if application.kind == Application.Kind.INITIAL else _AGAIN)
    if not terms.needs_referees(application):
        steps.remove("referees")
    if application.assisted_by_id and application.confirmed_by_candidate_at is None:
        steps.remove("consents")
    return steps


def read(application: Application) -> dict:
    """The answers as they stand now: those sent last, under those saved since. A step never saved is absent."""
    if application.state == ApplicationState.DRAFT:
        return changed(application)
    newest = application.revisions.last()
    return {**(json.loads(newest.answers) if newest else {}), **changed(application)}


def changed(application: Application) -> dict:
    """What was saved and not sent yet: the draft, or the steps that were answered anew."""
    return json.loads(application.answers or "{}")


def asked(application: Application) -> InfoRequest | None:
    """What a coordinator has asked for and the applicant has not answered yet."""
    return application.info_requests.filter(answered_at=None).first()


def accepted_on_sending(application: Application) -> list[str]:
    """The texts whose acceptance counts from the sending. Newcomers only read the code of conduct here: they accept it
    after approval, before the first session."""
    return [code for code in CONSENTS if code != "code_of_conduct" or application.kind != Application.Kind.INITIAL]


def age_on(birth_date: date, day: date) -> int:
    """Full years."""
    return day.year - birth_date.year - ((day.month, day.day) < (birth_date.month, birth_date.day))


def is_adult(birth_date: date) -> bool:
    """Whether somebody born on that day is old enough for the programme today."""
    return age_on(birth_date, timezone.localdate()) >= settings.PROGRAMME["minimum_age_years"]


def current_versions(codes: Iterable[str]) -> dict[str, AgreementVersion]:
    """The newest version in force today of each of these texts; one that is not published is absent."""
    versions = AgreementVersion.objects.filter(agreement__code__in=codes, valid_from__lte=timezone.localdate())
    newest = {version.agreement.code: version for version in versions.select_related("agreement").order_by("number")}
    return {code: newest[code] for code in codes if code in newest}


def needs_organisation(application: Application) -> bool:
    """Whether the policy asks somebody else to confirm where the applicant works or belongs."""
    return application.policy.requirements.filter(check_type__code__in=NEED_AN_ORGANISATION).exists()


def own_contacts(application: Application, draft: dict) -> set[str]:
    """Every e-mail (in lower case) and phone that is the applicant's own: a referee has another one."""
    about, user = draft.get("about", {}), application.person.user
    contacts = {about.get("email"), about.get("phone"), getattr(user, "email", None), getattr(user, "phone", None)}
    return {contact.lower() for contact in contacts if contact}


def unconfirmed_contacts(application: Application, about: dict) -> list[str]:
    """Which of "email" and "phone" were changed after the sending to something that the account has not confirmed: our
    letters go there, so a slip of the finger would send them to somebody else. Taking one away counts as a change."""
    if application.submitted_at is None:  # the code of the application will confirm it
        return []
    person, user = application.person, application.person.user
    known = {"email": {person.email.lower()}, "phone": {person.phone}}
    if user:
        confirmed = user.emailaddress_set.filter(verified=True).values_list("email", flat=True)
        known["email"] |= {email.lower() for email in confirmed}
        known["phone"] |= {user.phone} if user.phone_verified else set()
    return [field for field, contacts in known.items() if about[field].lower() not in contacts]


def referee_problems(referees: list[dict], own: set[str]) -> list[RefereeProblem]:
    """What is wrong with the chosen people together: unreachable, the applicant himself, the same twice, all relatives."""
    problems = contact_problems(referees, own)
    if len(referees) > 1 and all(one["relation"] == RefereeRequest.Relation.RELATIVE for one in referees):
        text = _("Both are your relatives. At least one of the two must not be a relative.")
        problems.append(RefereeProblem(len(referees) - 1, "relation", text))
    return problems


def contact_problems(referees: list[dict], own: set[str]) -> list[RefereeProblem]:
    """Those of one person: no address, the applicant's own, or somebody who stands earlier in the list."""
    problems = []
    seen: set[str] = set()
    for number, referee in enumerate(referees):
        contacts = {field: referee[field].lower() for field in ("email", "phone") if referee[field]}
        if not contacts:
            problems.append(
                RefereeProblem(number, "email", _("Write an e-mail or a phone: we will send a link to it."))
            )
        marks = {**contacts, "name": " ".join(referee["name"].lower().split())}
        for field, mark in marks.items():
            if mark in own:
                text = _("This is your own address or phone. Write the other person's.")
                problems.append(RefereeProblem(number, field, text))
            elif mark in seen:
                text = _("You named this person already. Two different people are needed.")
                problems.append(RefereeProblem(number, field, text))
        seen.update(marks.values())
    return problems


def _about(application: Application, draft: dict) -> bool:
    about = draft["about"]
    return bool(
        about["family_name"]
        and about["given_name"]
        and is_adult(date.fromisoformat(about["birth_date"]))
        and valid_iin(about["iin"])
        and District.objects.filter(slug=about["district"]).exists()
        and (about["email"] or about["phone"])
        and not unconfirmed_contacts(application, about)
        and about["languages"]
    )


def _organisation(application: Application, draft: dict) -> bool:
    chosen = draft["organisation"]["organisation"]
    if chosen:  # it may have been closed since the draft was saved
        return Organisation.objects.filter(pk=chosen, is_active=True).exists()
    return not needs_organisation(application)


def _experience(application: Application, draft: dict) -> bool:
    return all(draft["experience"][field] for field in EXPERIENCE)


def _changes(application: Application, draft: dict) -> bool:
    return bool(draft["changes"]["changes"])


def _history(application: Application, draft: dict) -> bool:
    this_month = f"{timezone.localdate():%Y-%m}"
    entries = draft["history"]["entries"]
    return bool(entries) and all(
        entry["kind"] in KINDS and entry["from"] <= (entry["to"] or this_month) <= this_month for entry in entries
    )


def _question(application: Application, draft: dict) -> bool:
    given = {answer["asked"]: answer["answer"] for answer in draft[QUESTION]["answers"]}
    return all(given.get(question) for question in questions(application))


def questions(application: Application) -> list[str]:
    """What a coordinator asks in his own words and waits for."""
    request = asked(application)
    return [item["text"] for item in request.items if item["step"] == QUESTION] if request else []


def _referees(application: Application, draft: dict) -> bool:
    referees = draft["referees"]["referees"]
    return len(referees) == REFEREES and not referee_problems(referees, own_contacts(application, draft))


def _consents(application: Application, draft: dict) -> bool:
    versions = current_versions(CONSENTS)
    return all(code in versions and draft["consents"][code] == versions[code].pk for code in CONSENTS)


_IS_COMPLETE = {
    "about": _about,
    "changes": _changes,
    "organisation": _organisation,
    "experience": _experience,
    "history": _history,
    "referees": _referees,
    "consents": _consents,
    QUESTION: _question,
}


def is_complete(application: Application, draft: dict, step: str) -> bool:
    """Whether the step was saved and holds what is needed. A text with a newer version than the one agreed to makes the
    step of consents incomplete again."""
    return step in draft and _IS_COMPLETE[step](application, draft)


def unfinished(application: Application) -> list[Reason]:
    """One reason per step that is not ready to be sent, `unfinished:<step>`, in the order of the steps."""
    draft = read(application)
    return [
        Reason(
            f"unfinished:{step}",
            _("The step “%(step)s” is not finished.") % {"step": STEPS[step]},
            reverse("apply_step", args=[application.uuid, step]),
        )
        for step in steps_of(application)
        if not is_complete(application, draft, step)
    ]
