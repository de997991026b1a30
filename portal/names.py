"""What may stand where a name is asked for, and the signs that nothing we send carries."""

from __future__ import annotations

import re

from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

# They end a line, or hide or turn round what stands beside them (Unicode: Cc, Zl, Zp, and the marks of direction).
BREAKS = [*range(10), *range(11, 32), *range(127, 160), 0x2028, 0x2029]
TURNS = [0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
UNSEEN = dict.fromkeys(BREAKS, " ") | dict.fromkeys(TURNS)  # for str.translate; "\n" stays

# A name stands in letters, where a mail program would make a link of an address.
name_alone = RegexValidator(
    rf"[@/\\<>\n{re.escape(''.join(map(chr, UNSEEN)))}]|www\.",
    _("Please write only the name here: no addresses, no links."),
    code="address_in_name",
    inverse_match=True,
    flags=re.IGNORECASE,
)


def without_unseen(text: str) -> str:
    """`text` without signs that are no letters; its lines stay lines, and end where their words do."""
    return "\n".join(line.rstrip() for line in text.translate(UNSEEN).split("\n"))
