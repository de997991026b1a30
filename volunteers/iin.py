"""The individual identification number (ИИН, ЖСН) of Kazakhstan: twelve digits, the last one a control digit."""

from __future__ import annotations

import re

FIRST_WEIGHTS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)
SECOND_WEIGHTS = (3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2)
NOT_ISSUED = "000000000000"  # its control digit fits all the same


def valid_iin(text: str) -> bool:
    """Whether `text` is twelve digits with the right control digit. The first six are a birth date in old numbers
    only (before 26 August 2013), so a number is never rejected for its date."""
    if not re.fullmatch(r"[0-9]{12}", text) or text == NOT_ISSUED:
        return False
    digits = [int(digit) for digit in text]
    for weights in (FIRST_WEIGHTS, SECOND_WEIGHTS):
        control = sum(weight * digit for weight, digit in zip(weights, digits[:11], strict=True)) % 11
        if control < 10:
            return control == digits[11]
    return False  # ten both times: such a number is not given out


def masked(iin: str) -> str:
    """What a page may show: the last four digits."""
    return f"••••••••{iin[-4:]}" if iin else ""
