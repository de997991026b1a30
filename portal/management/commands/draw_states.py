from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db.models import TextChoices
from django.utils.translation import override

from events.states import (
    BOOKING_MOVES,
    REQUEST_MOVES,
    SESSION_MOVES,
    SWAP_MOVES,
    WAITING_MOVES,
    WORK_MOVES,
    BookingState,
    RequestState,
    SessionState,
    SwapState,
    WaitState,
    WorkState,
)
from portal.access import PERMISSIONS, Role
from portal.moves import OWN, RETURN, SYSTEM, Move
from volunteers.clearance.judgement import PRECEDENCE
from volunteers.states import APPLICATION_MOVES, CHECK_MOVES, ApplicationState, CheckState

FILE = settings.BASE_DIR / "docs" / "states.md"
MANY_SOURCES = 4  # moves from more states than this would hide the picture: they are written below it
FIRST = {
    ApplicationState: "draft",
    CheckState: "requested",
    RequestState: "draft",
    SessionState: "draft",
    BookingState: "pending",
    WaitState: "waiting",
    SwapState: "open",
    WorkState: "submitted",
}
TABLES = [
    ("An application", ApplicationState, APPLICATION_MOVES, "the applicant himself"),
    ("A check", CheckState, CHECK_MOVES, "the person himself"),
    ("A school's request", RequestState, REQUEST_MOVES, "the school"),
    ("A school session", SessionState, SESSION_MOVES, "the person himself"),
    ("A booking", BookingState, BOOKING_MOVES, "the mentor himself"),
    ("A place in the waiting list", WaitState, WAITING_MOVES, "the mentor himself"),
    ("A handover", SwapState, SWAP_MOVES, "the mentor himself"),
    ("Work outside sessions", WorkState, WORK_MOVES, "the mentor himself"),
]
HEAD = """# The lives of cases, as pictures

Drawn from the tables in `volunteers/states.py` and `events/states/` by `manage.py draw_states`; a test fails while this
page differs from the code. What must hold before a move is made stands in [rules.md](rules.md); nobody makes a move in a
case about himself except those marked as his own.
"""
STANDING = """## Standing

No state of a mentor is stored: it is computed for a day by `volunteers.clearance`. The first of these that is true of him:

`%s`
"""


def page() -> str:
    """The whole page, in English."""
    with override("en"):
        return "\n".join([HEAD, *(_section(*table) for table in TABLES), STANDING % " > ".join(PRECEDENCE)])


def _section(title: str, states: type[TextChoices], moves: list[Move], owner: str) -> str:
    drawn = [move for move in moves if move.target and len(move.sources) <= MANY_SOURCES]
    others = [move for move in moves if move.target and len(move.sources) > MANY_SOURCES]
    parts = [
        f"## {title}\n",
        "```mermaid",
        "stateDiagram-v2",
        *_states(states, drawn),
        *_arrows(states, drawn),
        "```\n",
    ]
    parts += [f"* **{move.label}** → {_target(states, move)}, from: {_sources(states, move)}." for move in others]
    return "\n".join([*parts, *([""] if others else []), _table(states, moves, owner)])


def _states(states: type[TextChoices], drawn: list[Move]) -> Iterable[str]:
    yield from (f'    state "{state.label}" as {state.value}' for state in states)
    if any(move.target == RETURN for move in drawn):
        yield f'    state "the state it came from" as {RETURN}'
    yield f"    [*] --> {FIRST[states]}"


def _arrows(states: type[TextChoices], drawn: list[Move]) -> Iterable[str]:
    """One arrow for each pair of states, with all moves that lead along it."""
    labels: dict[tuple[str, str], list[str]] = defaultdict(list)
    for move in drawn:
        for source in _in_order(states, move.sources):
            labels[source, move.target].append(str(move.label))
    for (source, target), names in labels.items():
        yield f"    {source} --> {target} : {' / '.join(dict.fromkeys(names))}"
    left = {source for move in drawn for source in move.sources}
    entered = {move.target for move in drawn}
    yield from (f"    {state.value} --> [*]" for state in states if state.value in entered - left)


def _table(states: type[TextChoices], moves: list[Move], owner: str) -> str:
    lines = ["| move | from | to | who | reason |", "|---|---|---|---|---|"]
    for move in moves:
        cells = [move.label, _sources(states, move), _target(states, move), _who(move, owner)]
        lines.append(f"| {' | '.join(str(cell) for cell in cells)} | {'required' if move.needs_reason else ''} |")
    return "\n".join(lines) + "\n"


def _in_order(states: type[TextChoices], some: Iterable[str]) -> list[str]:
    return [state.value for state in states if state.value in some]


def _sources(states: type[TextChoices], move: Move) -> str:
    return " · ".join(str(states(value).label) for value in _in_order(states, move.sources))


def _target(states: type[TextChoices], move: Move) -> str:
    if move.target is None:
        return "stays"
    return "the state it came from" if move.target == RETURN else str(states(move.target).label)


def _who(move: Move, owner: str) -> str:
    if move.permission in (OWN, SYSTEM):
        return owner if move.permission == OWN else "the portal itself"
    return ", ".join(str(role.label) for role in Role if role in PERMISSIONS[move.permission])


class Command(BaseCommand):
    help = "Draws the state tables of the code into docs/states.md."

    def handle(self, *args, **options):
        FILE.write_text(page(), encoding="utf-8")
        self.stdout.write(str(FILE))
