"""The tables of states: what a check may become, and what holds of the table of a case (its moves: test_moves)."""

import pytest

from portal.moves import OWN, may_make
from portal.refusals import Refused
from tests.volunteers.cases import check_of, complete, days_ago, in_assessment
from volunteers.models import Check
from volunteers.services import checks
from volunteers.states import (
    APPLICATION_MOVES,
    CHECK_MOVES,
    CLOSED,
    OPEN,
    READ_BY_APPLICANT,
    STEPS,
    ApplicationState,
    CheckState,
)

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
MOVES_ON_CHECKS = {move.name: move for move in CHECK_MOVES}


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
