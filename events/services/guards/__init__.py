"""One set of questions for the button, the page's explanation and the service: may this mentor book this session, and are
there enough adults. Both answer with all reasons."""

from .adults import (
    adult_is_a_mentor,
    adults_in,
    beginners_on,
    clearances_on,
    relatives_among,
    too_few_adults,
    why_too_few,
)
from .offered import fitting, kilometres, offered, ways_from, why_not_then
from .reasons import OVERRIDABLE, against_him, why_not
from .situation import Situation, lists_of, situation_of, situations_from, situations_of
from .words import for_staff

__all__ = [
    "OVERRIDABLE",
    "Situation",
    "adult_is_a_mentor",
    "adults_in",
    "against_him",
    "beginners_on",
    "clearances_on",
    "fitting",
    "for_staff",
    "kilometres",
    "lists_of",
    "offered",
    "relatives_among",
    "situation_of",
    "situations_from",
    "situations_of",
    "too_few_adults",
    "ways_from",
    "why_not",
    "why_not_then",
    "why_too_few",
]
