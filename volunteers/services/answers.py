"""The draft of an application: its steps, and what must hold in them before it may be sent.

A draft is `{step: {field: value}}` of plain JSON values, already cleaned by the forms of the steps: days as ISO text,
phones as E.164, the district's slug, codes of languages. The rules that a form explains at its field and the service
asks again on sending stand here once.
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
from volunteers.models import AgreementVersion, Application, Organisation, RefereeRequest

STEPS = {
    "about": _("About you"),
    "organisation": _("Your organisation"),
    "experience": _("Your experience"),
    "referees": _("Two people who know you"),
    "consents": _("Your consent"),
}
CONSENTS = ("data_consent", "checks_consent", "code_of_conduct")
# The code of conduct is only read here; it is accepted after approval, before the first session.
ACCEPTED_ON_SENDING = ("data_consent", "checks_consent")
NEED_AN_ORGANISATION = ("employment", "endorsement")  # check types that somebody else confirms
EXPERIENCE = ("life_work", "motivation", "with_children")
REFEREES = 2


class RefereeProblem(NamedTuple):
    """`number` counts from 0; `field` is where the form shows `text`."""

    number: int
    field: str
    text: str


def read(application: Application) -> dict:
    """The draft as it was saved last; a step that was never saved is absent."""
    return json.loads(application.answers or "{}")


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
    contacts = {about.get("email"), about.get("phone"), user.email, user.phone}
    return {contact.lower() for contact in contacts if contact}


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
        and about["languages"]
    )


def _organisation(application: Application, draft: dict) -> bool:
    chosen = draft["organisation"]["organisation"]
    if chosen:  # it may have been closed since the draft was saved
        return Organisation.objects.filter(pk=chosen, is_active=True).exists()
    return not needs_organisation(application)


def _experience(application: Application, draft: dict) -> bool:
    return all(draft["experience"][field] for field in EXPERIENCE)


def _referees(application: Application, draft: dict) -> bool:
    referees = draft["referees"]["referees"]
    return len(referees) == REFEREES and not referee_problems(referees, own_contacts(application, draft))


def _consents(application: Application, draft: dict) -> bool:
    versions = current_versions(CONSENTS)
    return all(code in versions and draft["consents"][code] == versions[code].pk for code in CONSENTS)


_IS_COMPLETE = {
    "about": _about,
    "organisation": _organisation,
    "experience": _experience,
    "referees": _referees,
    "consents": _consents,
}


def unfinished(application: Application) -> list[Reason]:
    """One reason per step that is not ready to be sent, `unfinished:<step>`, in the order of the steps.

    A text that has a newer version since it was agreed to makes the step of consents unfinished again.
    """
    draft = read(application)
    return [
        Reason(
            f"unfinished:{step}",
            _("The step “%(step)s” is not finished.") % {"step": label},
            reverse("apply_step", args=[application.uuid, step]),
        )
        for step, label in STEPS.items()
        if step not in draft or not _IS_COMPLETE[step](application, draft)
    ]
