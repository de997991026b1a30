"""What must not be in a log: addresses that open something by themselves."""

from __future__ import annotations

import logging
import re

KEYS_IN_ADDRESSES = re.compile(r"(/reference/|/calendar/|/confirm/|/invitation/|/coming/|/letters/stop/)[^/\s]+")


class WithoutTokens(logging.Filter):
    """Leaves the links of referees, candidates, guests and mentors and the calendar's address out of a line: whoever read the log could use them."""

    def filter(self, record: logging.LogRecord) -> bool:
        line = record.getMessage()
        if (masked := KEYS_IN_ADDRESSES.sub(r"\1…", line)) != line:
            record.msg, record.args = masked, ()
        return True
