"""What a log may hold: one line for each event, without addresses that open something by themselves, and without the words
of an error, which may be somebody's (docs/security.md)."""

from __future__ import annotations

import json
import logging
import logging.config
import re
import traceback
from datetime import UTC, datetime

from celery.signals import setup_logging
from django.conf import settings

from portal import tracing

KEYS_IN_ADDRESSES = re.compile(
    r"(/reference/|/calendar/|/confirm/|/invitation/|/coming/|/letters/stop/|/verify/)[^/\s]+"
)
BREAKS = re.compile(r"[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]+")
FRAMES = 6  # of a traceback, the innermost


class WithoutTokens(logging.Filter):
    """Leaves the links of referees, candidates, guests and mentors and the calendar's address out of a line: whoever read the log could use them."""

    def filter(self, record: logging.LogRecord) -> bool:
        line = record.getMessage()
        if (masked := KEYS_IN_ADDRESSES.sub(r"\1…", line)) != line:
            record.msg, record.args = masked, ()
        return True


class OneLine(logging.Formatter):
    """A record as one line, with the id of the request or task it belongs to. Of an error it says its kind and where it
    happened, never its words: a database repeats in them what somebody typed."""

    def format(self, record: logging.LogRecord) -> str:
        of = f" [{request}]" if (request := tracing.current.get()) else ""
        head = f"{self.formatTime(record, self.datefmt)} {record.levelname} {record.name}{of} {self.words(record)}"
        return BREAKS.sub(" ⏎ ", f"{head} | {where(record.exc_info[1])}" if has_error(record) else head)

    @staticmethod
    def words(record: logging.LogRecord) -> str:
        """Without those of an error: Celery puts them into its own sentence."""
        if not has_error(record):
            return record.getMessage()
        if record.name.startswith("celery") and isinstance(record.args, dict):
            return f"task {record.args.get('name', '')} [{record.args.get('id', '')}]"
        words, error = record.getMessage(), str(record.exc_info[1])
        return words.replace(error, "…") if error else words


class OneObject(OneLine):
    """The same as one object of JSON a line, for programs that gather logs (`LOG_FORMAT=json`)."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "words": self.words(record),
            "request": tracing.current.get(),
        }
        if has_error(record):
            line |= {"error": kind(record.exc_info[1]), "place": places(record.exc_info[1])}
        return json.dumps(line)


def has_error(record: logging.LogRecord) -> bool:
    return bool(record.exc_info and record.exc_info[1])


def where(error: BaseException) -> str:
    """The kind of an error and the places it came through."""
    return f"{kind(error)} at {places(error)}"


def kind(error: BaseException) -> str:
    """The name of its class, and of that of its cause."""
    cause = error.__cause__ or error.__context__
    return type(error).__name__ + (f" from {type(cause).__name__}" if cause else "")


def places(error: BaseException) -> str:
    """The innermost first."""
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    return " < ".join(f"{'/'.join(frame.filename.split('/')[-2:])}:{frame.lineno}" for frame in reversed(frames))


@setup_logging.connect
def as_the_web(**kwargs) -> None:
    """The worker and the clock write the same lines as the web; Celery's own setup would add others."""
    logging.config.dictConfig(settings.LOGGING)
