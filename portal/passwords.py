"""Which passwords are refused: what is guessed first, here, and what stands in the lists of stolen ones."""

from __future__ import annotations

import hashlib
import logging
import os
from functools import cache
from pathlib import Path

from django.conf import settings
from django.core import checks
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from zxcvbn import zxcvbn

from portal.models import User

logger = logging.getLogger(__name__)

SCORE_NEEDED = 3  # of zxcvbn's 0–4: more than a hundred million guesses
LENGTH_JUDGED = 72  # characters that zxcvbn reads
WORDS = Path(__file__).parent / "reference" / "easy_words.txt"

# The same keys: "йцукен" is typed where "qwerty" is, and "gfhjkm" is «пароль» with the keyboard left at English.
LATIN = "qwertyuiop[]asdfghjkl;'zxcvbnm,.`"
RUSSIAN = "йцукенгшщзхъфывапролджэячсмитьбюё"
KAZAKH, DIGITS = "әіңғүұқө", "2345890-"  # the row of digits of the Kazakh keyboard
TO_LATIN = str.maketrans(RUSSIAN + KAZAKH, LATIN + DIGITS)
TO_RUSSIAN = str.maketrans(LATIN, RUSSIAN)


class Guessable:
    """Refuses what a program guesses soon: frequent passwords, walks over the keyboard, dates, repeats. Frequent words of
    this country, in either keyboard layout, and the person's own name, e-mail and phone count for nothing."""

    def validate(self, password: str, user: User | None = None) -> None:
        typed = password.lower()[:LENGTH_JUDGED]
        words = sorted([*_own_words(user), *easy_words()], key=len, reverse=True)
        for variant in {typed, typed.translate(TO_LATIN), typed.translate(TO_RUSSIAN)}:
            for word in words:
                variant = variant.replace(word, "")
            if zxcvbn(variant)["score"] < SCORE_NEEDED:
                raise ValidationError(
                    _(
                        "This password is easy to guess. Take three or four words that have nothing to do with each other."
                    ),
                    code="password_guessable",
                )

    def get_help_text(self) -> str:
        return _(
            "No names, dates or frequent words: best are three or four words that have nothing to do with each other."
        )


class Breached:
    """Refuses what stands in the file `BREACHED_PASSWORDS` (docs/operations.md). Nothing leaves the machine. A file that
    cannot be read refuses nobody; `manage.py check` tells of it."""

    def validate(self, password: str, user: User | None = None) -> None:
        try:
            found = is_listed(Path(settings.BREACHED_PASSWORDS), password)
        except OSError as error:
            logger.error("BREACHED_PASSWORDS cannot be read: %s", type(error).__name__)
            return
        if found:
            raise ValidationError(
                _("This password was stolen somewhere else and stands in lists that thieves try. Take another one."),
                code="password_breached",
            )

    def get_help_text(self) -> str:
        return _("None that was stolen somewhere else.")


def is_listed(file: Path, password: str) -> bool:
    """Whether the SHA-1 of the password stands in a file of lines `HASH:count`, ordered by hash, as "Pwned Passwords" is
    given out. Reads some forty lines of it, whatever its size. Raises `OSError`."""
    wanted = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper().encode()
    with file.open("rb") as lines:
        low, high = 0, lines.seek(0, os.SEEK_END)
        while low < high:  # the first line that begins at or after `low` and is not before `wanted`
            middle = (low + high) // 2
            line = _line_after(lines, middle)
            if line and line[: len(wanted)].upper() < wanted:
                low = middle + 1
            else:
                high = middle
        return _line_after(lines, low)[: len(wanted)].upper() == wanted


def _line_after(lines, place: int) -> bytes:
    """The first whole line that begins at `place` or later."""
    lines.seek(max(place - 1, 0))
    if place:
        lines.readline()
    return lines.readline()


def _own_words(user: User | None) -> list[str]:
    if user is None:
        return []
    phone = (user.phone or "").removeprefix("+7")
    email = (user.email or "").lower()
    words = {user.first_name, user.last_name, email, *email.replace("@", ".").split("."), phone, phone[-7:]}
    return [word.lower() for word in words if len(word) > 2]


@cache
def easy_words() -> tuple[str, ...]:
    """What people here take for passwords or put into them."""
    return tuple(word for word in WORDS.read_text(encoding="utf-8").split("\n") if word and not word.startswith("#"))


@checks.register()
def breached_passwords_can_be_read(app_configs, **kwargs):
    if not settings.BREACHED_PASSWORDS or os.access(settings.BREACHED_PASSWORDS, os.R_OK):
        return []
    return [checks.Error("BREACHED_PASSWORDS names a file that cannot be read.", id="portal.E030")]
