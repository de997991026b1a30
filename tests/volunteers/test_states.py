"""Every state × every move: from a wrong state a move is refused and nothing changes."""

import pytest

from portal.moves import OWN, may_make
from portal.refusals import Refused
from tests.volunteers.cases import check_of, complete, days_ago, in_assessment
from volunteers.models import Application, Check
from volunteers.services import applications, checks, decisions
from volunteers.states import (
    APPLICATION_MOVES,
    CHECK_MOVES,
    CLOSED,
    OPEN,
    READ_BY_APPLICANT,
    STEPS,
    UNSEEN_BY_STAFF,
    ApplicationState,
    CheckState,
)

SEEN = [state for state in ApplicationState if state not in UNSEEN_BY_STAFF]

BY_STAFF = {
    "accept": lambda case, cast: decisions.accept(application=case, by=cast.aigul, no_conflict=True),
    "ready": lambda case, cast: decisions.ready(application=case, by=cast.aigul),
    "propose": lambda case, cast: decisions.propose(
        application=case, by=cast.aigul, rationale="In order.", no_conflict=True
    ),
    "confirm": lambda case, cast: decisions.confirm(application=case, by=cast.marat, no_conflict=True),
    "send_back": lambda case, cast: decisions.send_back(application=case, by=cast.marat, reason="Look again."),
    "withdraw": lambda case, cast: applications.withdraw(application=case, by=cast.serik),
}
ON_CHECKS = {
    "provide": lambda check, cast: checks.provide(
        check=check, by=cast.serik, number="1", issuer="", issued_on=days_ago(1), upload=(b"%PDF", "application/pdf")
    ),
    "provide_for": lambda check, cast: checks.provide(
        check=check, by=cast.aigul, number="1", issuer="", issued_on=days_ago(1)
    ),
    "verify": lambda check, cast: checks.verify(
        check=check, by=cast.aigul, method="original_sighted", number="1", issuer="", issued_on=days_ago(1)
    ),
    "fail": lambda check, cast: checks.fail(check=check, by=cast.aigul, reason="Another person's."),
    "inconclusive": lambda check, cast: checks.mark_inconclusive(check=check, by=cast.aigul, reason="Unreadable."),
    "ask_again": lambda check, cast: checks.ask_again(check=check, by=cast.aigul),
    "invalidate": lambda check, cast: checks.invalidate(
        check=check, by=cast.aigul, event="name_changed", reason="He married."
    ),
}
MOVES = {move.name: move for move in APPLICATION_MOVES}
MOVES_ON_CHECKS = {move.name: move for move in CHECK_MOVES}


@pytest.mark.parametrize("state", SEEN)
@pytest.mark.parametrize("name", BY_STAFF)
def test_a_case_moves_only_from_where_the_table_says(cast, name, state):
    application = complete(cast, ApplicationState.DECISION)
    if state == ApplicationState.PROPOSED:
        BY_STAFF["propose"](application, cast)
    Application.objects.filter(pk=application.pk).update(state=state)

    if state in MOVES[name].sources:
        BY_STAFF[name](application, cast)
        expected = MOVES[name].target
    else:
        with pytest.raises(Refused) as caught:
            BY_STAFF[name](application, cast)
        assert "wrong_state" in caught.value.codes
        expected = state
    assert Application.objects.get(pk=application.pk).state == expected


@pytest.mark.parametrize("state", CheckState)
@pytest.mark.parametrize("name", ON_CHECKS)
def test_a_check_moves_only_from_where_the_table_says(cast, name, state):
    check = check_of(complete(cast), "identity")
    Check.objects.filter(pk=check.pk).update(state=state)

    if state in MOVES_ON_CHECKS[name].sources:
        ON_CHECKS[name](check, cast)
        expected = MOVES_ON_CHECKS[name].target
    else:
        with pytest.raises(Refused) as caught:
            ON_CHECKS[name](check, cast)
        assert "wrong_state" in caught.value.codes
        expected = state
    assert Check.objects.get(pk=check.pk).state == expected


def test_every_state_is_read_in_plain_words_and_stands_in_one_step():
    for state in ApplicationState:
        if state != ApplicationState.ON_HOLD:
            text = str(READ_BY_APPLICANT[state]).lower()
            assert not any(word in text for word in ("hold", "concern", "proposed"))
    standing = [state for _name, _label, states in STEPS for state in states]
    assert len(standing) == len(set(standing))


def test_no_move_leads_out_of_a_closed_case():
    assert set(ApplicationState) == OPEN | CLOSED
    out = {move.name for move in APPLICATION_MOVES if move.sources & CLOSED}
    assert out == {"reopen", "appeal", "accept_appeal", "reject_appeal"}
    assert not any(ApplicationState.APPROVED in move.sources for move in APPLICATION_MOVES)


def test_own_moves_are_the_applicants_and_nobody_elses(cast):
    application = in_assessment(cast)
    for move in APPLICATION_MOVES:
        assert may_make(move, application, cast.serik) is (move.permission == OWN)
        assert not may_make(move, application, cast.root)
        assert not may_make(move, application, cast.bolat)
