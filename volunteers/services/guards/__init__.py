"""What must hold before anybody is let near children. The services refuse by it, the case page shows it beforehand.

Two kinds of reasons: what *bars a person* from acting in a case (he may not, 403), and what *the case lacks*
(not yet, 409). Locks are taken here too: the person first, then whatever belongs to him.
"""

from .lacks import Known, first_day_of_approval, missing_for_approval, unsettled
from .locks import demand, demand_permission, holds, lock_application, lock_check, lock_person
from .people import (
    bonds,
    bound_to,
    may_act_on,
    may_close,
    may_confirm,
    may_decide,
    open_decision,
    proposer,
    proposer_ties,
    runs_the_system,
    second_person,
    ties_to,
    true_of,
    undeclared,
)

__all__ = [
    "Known",
    "bonds",
    "bound_to",
    "demand",
    "demand_permission",
    "first_day_of_approval",
    "holds",
    "lock_application",
    "lock_check",
    "lock_person",
    "may_act_on",
    "may_close",
    "may_confirm",
    "may_decide",
    "missing_for_approval",
    "open_decision",
    "proposer",
    "proposer_ties",
    "runs_the_system",
    "second_person",
    "ties_to",
    "true_of",
    "undeclared",
    "unsettled",
]
