"""What a case lacks before anybody is approved (G1, G4, G6)."""

from __future__ import annotations

import json
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from portal.refusals import Reason
from volunteers import clearance
from volunteers.clearance import Facts
from volunteers.models import (
    Application,
    Check,
    CheckType,
    Hold,
    Person,
    RefereeRequest,
    ReferenceResponse,
    Requirement,
    SelfDisclosure,
    TrainingRecord,
)
from volunteers.states import CheckState

from .people import true_of


@dataclass(frozen=True)
class Known:
    """What `missing_for_approval` looks at. `requirements` are those of the case's policy, `checks` all of the person,
    the oldest first, `responses` all that his referees ever gave, `true` the answers to the questions `unsettled`."""

    facts: Facts
    requirements: list[Requirement]
    checks: list[Check]
    responses: list[ReferenceResponse]
    true: AbstractSet[str]

    @classmethod
    def load(cls, application: Application) -> Known:
        person = application.person
        given = ReferenceResponse.objects.filter(request__application__person=person)
        return cls(
            facts=clearance.load_facts([person.pk])[person.pk],
            requirements=list(application.policy.requirements.select_related("check_type", "policy__role")),
            checks=list(person.checks.order_by("pk")),
            responses=list(given.select_related("request").order_by("request")),
            true=true_of(person, **unsettled(person)),
        )


def first_day_of_approval(application: Application, facts: Facts | None = None) -> date:
    """Today; for a renewal the day after the running approval, so that neither a gap nor an overlap arises. `facts` are
    the person's, where the caller has loaded them."""
    today = timezone.localdate()
    if application.kind != Application.Kind.RENEWAL:
        return today
    facts = facts or clearance.load_facts([application.person_id])[application.person_id]
    running = [granted for granted in facts.approvals if granted.role_id == application.role_id and granted.kept]
    return max([today, *(granted.interval.end + clearance.DAY for granted in running)])


def missing_for_approval(application: Application, known: Known | None = None) -> list[Reason]:
    """Everything that stands between this case and an approval from `first_day_of_approval` on: G1, G4 and G6. The words
    tell nobody what the safeguarding lead looks into. A page that shows the case hands over what it has loaded; whoever
    acts leaves `known` out, so that it is read under his lock."""
    known = known or Known.load(application)
    facts, on = known.facts, first_day_of_approval(application, known.facts)
    newest = {check.check_type_id: check for check in known.checks}
    failed = {check.check_type_id for check in known.checks if check.state == CheckState.FAILED}
    reasons: list[Reason] = []
    for requirement in [item for item in known.requirements if item.stage == Requirement.Stage.APPROVAL]:
        check_type, intervals = requirement.check_type, clearance.intervals_for(requirement, facts)
        counts = clearance.unbroken_end(intervals, on) is not None
        if check_type.kind == CheckType.Kind.REFERENCES:
            waived = counts and clearance.unbroken_end(facts.covered[check_type.pk], on) is None
            reasons += _references(application, check_type, known.responses, counts, waived=waived)
        else:
            found = newest.get(check_type.pk)
            reasons += _check(check_type, found, counts, intervals, on, failed=check_type.pk in failed)
    reasons += _failed_training(facts, [item.check_type_id for item in known.requirements])
    if application.kind == Application.Kind.RENEWAL and application.opinion_at is None:
        reasons.append(Reason("opinion_missing", _("The supervisor has not given his opinion yet.")))
    if any(interval.covers(on) for interval in facts.suspended):
        reasons.append(Reason("suspended", _("This person is suspended.")))
    if facts.barred or known.true & _UNSETTLED:
        reasons.append(Reason("lead_looking", _("The safeguarding lead is looking at this")))
    return reasons


_UNSETTLED = frozenset({"concern", "hold", "said_yes"})


def unsettled(person: Person) -> dict[str, QuerySet]:
    """The questions of G6, for `true_of`: an open concern, a hold in any of his cases, or a "yes" in a self-declaration
    that no lead has judged since, in that record or in a later one (`checks.problems` asks for words)."""
    judged = Check.objects.filter(
        person=person,
        check_type__code=CheckType.DECLARATION,
        state=CheckState.VERIFIED,
        verified_at__gte=OuterRef("signed_at"),
    ).exclude(result_note_sealed=None)
    said_yes = SelfDisclosure.objects.filter(evidence_of__person=person, says_yes=True)
    return {
        "concern": person.concerns.filter(closed_at=None),
        "hold": Hold.objects.filter(application__person=person, released_at=None),
        "said_yes": said_yes.exclude(Exists(judged)),
    }


def _check(
    check_type: CheckType, newest: Check | None, counts: bool, intervals: list, on: date, *, failed: bool
) -> list[Reason]:
    """`failed`: a record of this type failed, and the safeguarding lead has not set it aside; a newer one hides it not."""
    code, name = check_type.code, {"check": check_type.name}
    if check_type.is_declaration and (failed or (newest and _lead_reads(newest, counts))):
        text = _("%(check)s: the safeguarding lead is looking at this.") % name
        return [Reason(f"missing:{code}", text)]
    if failed:
        return [Reason(f"failed:{code}", _("%(check)s: failed.") % name)]
    if counts:
        return []
    if newest and newest.state == CheckState.PROVIDED:
        return [Reason(f"missing:{code}", _("%(check)s: provided, not verified yet.") % name)]
    past = [interval.end for interval in intervals if interval.end < on]
    if past and max(past) >= timezone.localdate():  # a renewal: it does not reach into the new term
        text = _("%(check)s: ends on %(date)s.") % {**name, "date": date_format(max(past))}
        return [Reason(f"expired:{code}", text)]
    if past:
        text = _("%(check)s: ended on %(date)s.") % {**name, "date": date_format(max(past))}
        return [Reason(f"expired:{code}", text)]
    return [Reason(f"missing:{code}", _("%(check)s: missing.") % name)]


def _lead_reads(declaration: Check, counts: bool) -> bool:
    """Whether a self-declaration awaits the lead; of one that failed no more is told than of this."""
    open_states = {CheckState.PROVIDED, CheckState.INCONCLUSIVE}
    return declaration.state in open_states and not counts


def _references(
    application: Application,
    check_type: CheckType,
    responses: list[ReferenceResponse],
    counts: bool,
    *,
    waived: bool,
) -> list[Reason]:
    """G4: enough accepted, one from somebody who saw him with children, one called back, from independent people; and
    none lies unjudged. `waived` says that they count without being there."""
    accepted = [item for item in responses if item.result == ReferenceResponse.Result.ACCEPTED]
    reasons = []
    if not counts:
        numbers = {
            "check": check_type.name,
            "count": len(accepted),
            "needed": settings.PROGRAMME["references_needed"],
        }
        text = _("%(check)s: %(count)s of %(needed)s accepted.") % numbers
        reasons.append(Reason("missing:references", text))
    elif not waived:
        if not any(_speaks_of_children(item) for item in accepted):
            text = _("No accepted reference comes from somebody who has seen the person with children.")
            reasons.append(Reason("references_children", text))
        if not any(item.called_back for item in accepted):
            reasons.append(Reason("references_call_back", _("No referee has been called back yet.")))
        if not _independent(application.person, [item.request for item in accepted]):
            text = _("The references must come from two people who are not both relatives, each with an own address.")
            reasons.append(Reason("references_independent", text))
    unjudged = {"", ReferenceResponse.Result.CONCERN}
    if any(item.result in unjudged for item in responses if item.request.application_id == application.pk):
        reasons.append(Reason("lead_looking", _("The safeguarding lead is still looking at a reference.")))
    return reasons


def _independent(person: Person, requests: list[RefereeRequest]) -> bool:
    """Enough of them are different people, none reached at the applicant's own address, not all of them relatives."""
    user = person.user
    own = (person.email, person.phone, user.email, user.phone) if user else (person.email, person.phone)
    seen, people = {mark.lower() for mark in own if mark}, []
    for request in requests:
        marks = {mark.lower() for mark in (request.email, request.phone, request.name) if mark}
        if not marks & seen:
            people.append(request)
            seen |= marks
    strangers = [request for request in people if request.relation != RefereeRequest.Relation.RELATIVE]
    return len(people) >= settings.PROGRAMME["references_needed"] and bool(strangers)


def _speaks_of_children(response: ReferenceResponse) -> bool:
    """The referee's own word; what the applicant said of him where the form did not ask; or a fellow of the organisation."""
    word = json.loads(response.answers or "{}").get("saw_with_children", "")
    saw = word == "yes" if word else response.request.saw_with_children
    return saw or response.request.relation == RefereeRequest.Relation.ORGANISATION


def _failed_training(facts: Facts, check_type_ids: list[int]) -> list[Reason]:
    """The newest record of each required module, where it is no pass."""
    if not facts.failed_trainings:
        return []
    failed = TrainingRecord.objects.filter(pk__in=facts.failed_trainings, module__check_type__in=check_type_ids)
    reasons = []
    for record in failed.select_related("module").order_by("module__position"):
        text = _("%(module)s: %(result)s, %(date)s.") % {
            "module": record.module.name,
            "result": record.get_result_display(),
            "date": date_format(record.held_on),
        }
        reasons.append(Reason("training_failed", text))
    return reasons
