"""Self-declarations: what somebody says of his own past, encrypted, for the safeguarding lead's eyes only."""

from __future__ import annotations

import json

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal import moves, services
from portal.access import Role
from portal.models import StaffTask, User
from portal.refusals import Reason
from volunteers import clearance
from volunteers.models import Check, CheckType, Person, SelfDisclosure
from volunteers.reference import disclosure_questions
from volunteers.services import guards
from volunteers.states import INVALIDATE, PROVIDE, CheckState


def form_version() -> int:
    """Grows when a question changes its meaning."""
    return 1


def open_check(person: Person) -> Check | None:
    """The record that a declaration sent now belongs to: one that waits for it, else the newest that has one."""
    checks = person.checks.filter(check_type__code=CheckType.DECLARATION, state__in=PROVIDE.sources)
    newest_first = list(checks.select_related("check_type", "person").order_by("-pk"))
    return next((check for check in newest_first if check.state == CheckState.REQUESTED), (newest_first or [None])[0])


@transaction.atomic
def disclose(*, check: Check, by: User, answers: dict[str, dict], signed_name: str) -> SelfDisclosure:
    """Keeps a signed declaration, dated today. `answers` has for each question (`reference.disclosure_questions`)
    `{"answer": "yes" | "no", "words": …}`.

    The record waits to be verified, also one that was verified before: then the apps above are told. A "yes" ends earlier
    declarations of the person too, and the leads get a task. What was sent is shown to nobody but
    the leads. Raises `NotAllowed` (`not_yours`) and `Refused` with all of `wrong_state`, `not_a_declaration`,
    `unanswered`, `words_missing`, `name_differs`.
    """
    check = guards.lock_check(check, by)
    person, missing = check.person, _problems(check, answers, signed_name)
    guards.demand(PROVIDE, check, by, missing=missing)
    says_yes = any(answer["answer"] == "yes" for answer in answers.values())
    disclosure = SelfDisclosure(
        evidence_of=check,
        application=check.application,
        form_version=form_version(),
        says_yes=says_yes,
        signed_name=signed_name.strip(),
    )
    disclosure.answers = json.dumps(answers, ensure_ascii=False)
    disclosure.save()
    counted = check.state == CheckState.VERIFIED
    check.number = check.issuer = check.method = check.result_note = ""
    check.issued_on, check.expires_on, check.provided_by = timezone.localdate(), None, by
    check.verified_by = check.verified_at = None
    moves.advance(PROVIDE, check, by, check_type=check.check_type.code, disclosure=disclosure.code)
    if (says_yes and _end_earlier(check)) or counted:
        clearance.changed(person)
    if says_yes:
        _tell_the_leads(check, disclosure)
    return disclosure


def _end_earlier(check: Check) -> int:
    """Verified declarations of the same person count no more; returns how many did."""
    earlier = check.person.checks.filter(check_type=check.check_type, state=CheckState.VERIFIED)
    ended = list(earlier.exclude(pk=check.pk).select_for_update(of=("self",)))
    for one in ended:
        one.invalidated_by_event = Check.Event.NEW_DISCLOSURE
        moves.advance(INVALIDATE, one, None, check_type=check.check_type.code, event=one.invalidated_by_event)
    return len(ended)


def _tell_the_leads(check: Check, disclosure: SelfDisclosure) -> None:
    services.raise_task(
        StaffTask.Kind.DISCLOSURE,
        role=Role.SAFEGUARDING_LEAD,
        about=check.code,
        person=check.person.uuid,
        url=reverse("staff_disclosure", args=[check.uuid]),
        district=check.person.district,
        once=disclosure.code,
    )


def _problems(check: Check, answers: dict[str, dict], signed_name: str) -> list[Reason]:
    codes = [question["code"] for question in disclosure_questions()]
    given = {code: answers.get(code, {}) for code in codes}
    problems = []
    if not check.check_type.is_declaration:
        problems.append(Reason("not_a_declaration", _("This paper is handed in on another page.")))
    if any(answer.get("answer") not in {"yes", "no"} for answer in given.values()):
        problems.append(Reason("unanswered", _("Please answer every question.")))
    if any(answer.get("answer") == "yes" and not answer.get("words", "").strip() for answer in given.values()):
        problems.append(Reason("words_missing", words_missing()))
    if not is_name_of(check.person, signed_name):
        problems.append(Reason("name_differs", name_differs()))
    return problems


def words_missing() -> str:
    return _("You answered yes: please write what happened and when.")


def name_differs() -> str:
    return _("Write your family name and given name, as in your application.")


def is_name_of(person: Person, signed: str) -> bool:
    """Whether the typed signature holds the family name and the given name, in any order and case."""
    words = signed.casefold().split()
    wanted = f"{person.family_name} {person.given_name}".casefold().split()
    return bool(wanted) and all(word in words for word in wanted)
