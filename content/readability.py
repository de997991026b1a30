"""How hard a text is to read, said to its editor. Nothing is refused for it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

WORD = re.compile(r"[^\W_]+(?:[’'][^\W_]+)*")
STOP = re.compile(r"[.!?…][»”\"’)]*$")
# A sentence ends where a mark stands before a capital letter or a figure; "т. б." goes on.
BETWEEN_SENTENCES = re.compile(r"(?<=[.!?…])[»”\"’)]*\s++(?=[«“\"(—–-]?\s*+[^\W_a-zа-яәғқңөұүһіё])")
VOWELS = {
    "kk": re.compile("[аәеёиоөұүыіэюя]|(?<![аәеёиоөұүыіэюя])у(?![аәеёиоөұүыіэюя])"),  # beside a vowel у is none
    "ru": re.compile("[аеёиоуыэюя]"),
    "en": re.compile("[aeiouy]{2,}|[aiouy]|e(?!$)"),  # "ea" is one sound, an e at the end is silent
}
# A long word has more syllables than this. Russian and Kazakh: domain.md 7.6. English has shorter words: from three on
# Gunning's fog index (1952) calls them hard.
SYLLABLES = {"kk": 4, "ru": 4, "en": 3}


@dataclass(frozen=True)
class Limits:
    """What a reader of some age takes in: words in a sentence at most and on average, and long words in a hundred."""

    words: int
    average: float
    long_words: dict[str, int]


# By the reading age up to which they hold. Words in a sentence: domain.md 7.6 (at most 15 to 20) and the checklist for
# hard subjects (12). The share of long words has no source: it is what the texts that the site began with keep to.
LIMITS = {
    8: Limits(12, 8, {"kk": 6, "ru": 8, "en": 2}),
    13: Limits(15, 10, {"kk": 8, "ru": 9, "en": 3}),
}
OLDER = Limits(20, 13, {"kk": 10, "ru": 11, "en": 6})


def limits_of(reading_age: int | None) -> Limits:
    """Without an age a text is for grown-ups."""
    return next((limits for age, limits in LIMITS.items() if reading_age and reading_age <= age), OLDER)


@dataclass(frozen=True)
class Reading:
    """`average` in words, `long_words` in a hundred; `long_sentences` are the longest first, each with its words."""

    limits: Limits
    language: str
    average: float = 0
    long_words: int = 0
    long_sentences: list[tuple[int, str]] = field(default_factory=list)

    @property
    def most_long_words(self) -> int:
        return self.limits.long_words[self.language]

    @property
    def is_plain(self) -> bool:
        """As a whole; single sentences may still be too long."""
        return self.average <= self.limits.average and self.long_words <= self.most_long_words


def sentences(text: str) -> list[str]:
    return [sentence for sentence in BETWEEN_SENTENCES.split(text) if WORD.search(sentence)]


def syllables(word: str, language: str) -> int:
    return max(1, len(VOWELS[language].findall(word.lower())))


def read(paragraphs: Iterable[str], language: str, reading_age: int | None) -> Reading:
    """Measures paragraphs, headings and points. What ends without a mark is a heading or a point: it counts for nothing
    but its length."""
    limits = limits_of(reading_age)
    counted = [(len(WORD.findall(sentence)), sentence) for text in paragraphs for sentence in sentences(text.strip())]
    whole = [count for count, sentence in counted if STOP.search(sentence)]
    words = [word for _count, sentence in counted for word in WORD.findall(sentence)]
    long_words = [word for word in words if syllables(word, language) > SYLLABLES[language]]
    return Reading(
        limits=limits,
        language=language,
        average=round(sum(whole) / len(whole), 1) if whole else 0,
        long_words=round(100 * len(long_words) / len(words)) if words else 0,
        long_sentences=sorted(((n, text) for n, text in counted if n > limits.words), key=lambda pair: -pair[0]),
    )
