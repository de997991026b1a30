"""Every move of a case × every member of the cast × every state: who may not, or not now, changes nothing."""

import pytest
from django.db import transaction
from django.utils import timezone

from portal.models import LogEntry, OutgoingMessage, StaffTask
from portal.refusals import Refused
from tests.volunteers.cases import complete, in_screening
from tests.volunteers.drafts import draft, newest_code
from tests.volunteers.test_refusals import code, days_over, propose_decline, propose_defer
from volunteers.models import Appeal, Application, Approval, Decision, Hold, InfoRequest
from volunteers.services import appeals, applications, decisions, holds, information, objections, silence
from volunteers.states import APPLICATION_MOVES, UNSEEN_BY_STAFF, ApplicationState

S = ApplicationState
MEMBERS = [
    "aigul", "bolat", "dana", "marat", "saule", "ivan", "gulnara", "raushan", "asel", "root", "nurlan", "serik",
]  # fmt: skip
OWN, COORDINATOR, LEADS = {"serik"}, {"aigul"}, {"dana", "marat"}
QUESTION = [{"step": "question", "text": "Since when?"}]
BY = {"no_conflict": True}


def ready_to_decide(cast) -> Application:
    return complete(cast, S.DECISION)


def asked(cast) -> Application:
    case = ready_to_decide(cast)
    information.ask(application=case, by=cast.aigul, items=QUESTION)
    given = {"question": {"answers": [{"asked": "Since when?", "answer": "2001"}]}}
    applications.save_draft(application=case, by=cast.serik, answers=given)
    return case


def sent(cast) -> Application:
    case = draft(cast.serik)
    applications.send(application=case, by=cast.serik)
    return case


def held(cast) -> Application:
    case = ready_to_decide(cast)
    holds.hold(application=case, by=None, reason=Hold.Reason.OTHER)
    return case


def proposed(cast) -> Application:
    case = ready_to_decide(cast)
    decisions.propose(application=case, by=cast.aigul, rationale="x", **BY)
    return case


def refusal_proposed(cast) -> Application:
    case = ready_to_decide(cast)
    propose_decline(case, cast.aigul, code("outside_oblast"))
    return case


def deferral_proposed(cast) -> Application:
    case = ready_to_decide(cast)
    propose_defer(case, cast.aigul)
    return case


def noticed(cast) -> Application:
    case = refusal_proposed(cast)
    decisions.confirm_decline(application=case, by=cast.dana, **BY)
    return case


def over(cast) -> Application:
    case = noticed(cast)
    days_over(case.decisions.get())
    return case


def declined(cast) -> Application:
    case = over(cast)
    decisions.decline(application=case, by=cast.marat, reason="x")
    return case


def appealed(cast) -> Application:
    case = declined(cast)
    case.refresh_from_db()
    objections.appeal(application=case, by=cast.serik, text="x")
    return case


def deferred(cast) -> Application:
    case = deferral_proposed(cast)
    decisions.confirm_defer(application=case, by=cast.marat, **BY)
    Application.objects.filter(pk=case.pk).update(deferred_until=timezone.localdate())
    return case


def lapsed(cast) -> Application:
    case = asked(cast)
    Application.objects.filter(pk=case.pk).update(state=S.LAPSED, return_to="decision more_info")
    return case


def decide(case, by, outcome) -> None:
    appeal = Appeal.objects.get(decision__application=case)
    appeals.decide(appeal=appeal, by=by, outcome=outcome, applicant_text="x", reason="x")


# move → (a case that is ready for it, the call, who makes it)
CALLS = {
    "send": (lambda cast: draft(cast.serik), lambda case, by: applications.send(application=case, by=by), OWN),
    "confirm_contact": (
        sent,
        lambda case, by: applications.confirm_contact(application=case, by=by, code=newest_code(case)),
        OWN,
    ),
    "hold": (
        ready_to_decide,
        lambda case, by: holds.hold(application=case, by=by, reason=Hold.Reason.OTHER, note="x"),
        LEADS,
    ),
    "release": (held, lambda case, by: holds.release(hold=case.holds.get(), by=by, note="x"), LEADS),
    "ask": (
        ready_to_decide,
        lambda case, by: information.ask(application=case, by=by, items=QUESTION),
        COORDINATOR,
    ),
    "answer": (asked, lambda case, by: information.answer(application=case, by=by), OWN),
    "accept": (in_screening, lambda case, by: decisions.accept(application=case, by=by, **BY), COORDINATOR),
    "ready": (complete, lambda case, by: decisions.ready(application=case, by=by), COORDINATOR),
    "propose": (
        ready_to_decide,
        lambda case, by: decisions.propose(application=case, by=by, rationale="x", **BY),
        COORDINATOR | LEADS,
    ),
    "propose_decline": (ready_to_decide, propose_decline, COORDINATOR | LEADS),
    "propose_defer": (ready_to_decide, propose_defer, COORDINATOR | LEADS),
    "confirm": (proposed, lambda case, by: decisions.confirm(application=case, by=by, **BY), LEADS),
    "send_back": (
        proposed,
        lambda case, by: decisions.send_back(application=case, by=by, reason="x"),
        LEADS,
    ),
    "confirm_decline": (
        refusal_proposed,
        lambda case, by: decisions.confirm_decline(application=case, by=by, **BY),
        LEADS,
    ),
    "decline_at_once": (
        refusal_proposed,
        lambda case, by: decisions.decline_at_once(application=case, by=by, **BY),
        LEADS,
    ),
    "confirm_defer": (
        deferral_proposed,
        lambda case, by: decisions.confirm_defer(application=case, by=by, **BY),
        LEADS,
    ),
    "answer_notice": (
        noticed,
        lambda case, by: objections.answer_notice(application=case, by=by, text="x"),
        OWN,
    ),
    "decline": (over, lambda case, by: decisions.decline(application=case, by=by, reason="x"), LEADS),
    "reconsider": (over, lambda case, by: decisions.reconsider(application=case, by=by, reason="x"), LEADS),
    "continue": (deferred, lambda case, by: silence.resume(application=case, by=by), OWN),
    "withdraw": (ready_to_decide, lambda case, by: applications.withdraw(application=case, by=by), OWN),
    "reopen": (lapsed, lambda case, by: silence.reopen(application=case, by=by), OWN),
    "appeal": (declined, lambda case, by: objections.appeal(application=case, by=by, text="x"), OWN),
    "accept_appeal": (appealed, lambda case, by: decide(case, by, Appeal.Outcome.ACCEPTED), {"saule"}),
    "reject_appeal": (appealed, lambda case, by: decide(case, by, Appeal.Outcome.REJECTED), {"saule"}),
}
MOVES = {move.name: move for move in APPLICATION_MOVES}
QUIET = {"release"}  # of a case that does not rest any more only the hold ends


def user_of(cast, name):
    member = getattr(cast, name)
    return getattr(member, "user", member)


def everything(case) -> list:
    """Whatever a move may touch."""
    rows = [Decision, LogEntry, OutgoingMessage, StaffTask, Approval, InfoRequest, Appeal]
    here = Application.objects.filter(pk=case.pk)
    return [
        *here.values_list("state", "return_to", "state_since", "owner", "deferred_until"),
        *Decision.objects.filter(application=case).values_list(
            "confirmed_at", "sent_back_at", "closed_at", "answered_at"
        ),
        *Hold.objects.filter(application=case).values_list("released_at", "release_proposed_by"),
        *(model.objects.count() for model in rows),
    ]


def attempt(case, call, by) -> list[str] | None:
    """None when it was done, else the codes of the refusal; taken back in any case."""
    before, refused = everything(case), None
    with transaction.atomic():
        try:
            call(Application.objects.select_related("person").get(pk=case.pk), by)
        except Refused as refusal:
            refused = refusal.codes
        except (Application.DoesNotExist, Appeal.DoesNotExist):
            refused = ["not_there"]
        if refused:
            assert everything(case) == before
        transaction.set_rollback(True)
    return refused


def test_every_move_that_somebody_makes_is_tried():
    made_elsewhere = {"send_for", "lapse"}  # test_assisted, test_silence
    assert set(CALLS) | made_elsewhere == set(MOVES)


@pytest.mark.parametrize("name", CALLS)
def test_only_who_may_makes_a_move(cast, name):
    make, call, allowed = CALLS[name]
    case = make(cast)
    results = {member: attempt(case, call, user_of(cast, member)) for member in MEMBERS}
    assert {member for member, refused in results.items() if refused is None} == allowed, results


@pytest.mark.parametrize("name", CALLS)
def test_a_move_is_made_only_from_where_the_table_says(cast, name):
    make, call, allowed = CALLS[name]
    case, by = make(cast), user_of(cast, sorted(allowed)[-1])
    for state in set(S) - MOVES[name].sources:
        Application.objects.filter(pk=case.pk).update(state=state)
        if name in QUIET:
            with transaction.atomic():
                if state not in UNSEEN_BY_STAFF:
                    call(Application.objects.get(pk=case.pk), by)
                assert Application.objects.get(pk=case.pk).state == state
                transaction.set_rollback(True)
            continue
        refused = attempt(case, call, by)
        hidden = state in UNSEEN_BY_STAFF and allowed != OWN and "appeal" not in name
        assert refused == ["not_there"] if hidden else "wrong_state" in (refused or []), (state, refused)
