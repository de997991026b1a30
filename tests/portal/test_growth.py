"""No pattern, field or list takes long over what somebody typed, however long and odd it is: a hundred thousand signs are
over within a second of the processor. Where time grows by the square they would take minutes: the bounds are wider than the
second, so that a busy machine breaks none, and far below the minutes."""

from __future__ import annotations

import importlib
import pkgutil
import re
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import product
from types import ModuleType
from typing import NamedTuple
from urllib.parse import urlencode

import pytest
from django import forms
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import connection
from django.urls import NoReverseMatch, reverse

import content
import events
import mentors
import portal
import volunteers
from content.readability import read
from content.search import clean_query, mark
from content.stems import stems
from portal.accounts import parse_phone
from portal.apps import _like
from portal.names import without_unseen
from portal.passwords import Guessable
from portal.richtext import clean
from portal.templatetags.letters import as_html, quoted
from tests.access.asking import text_of
from tests.access.forms import forms_of
from tests.access.rows import ACCESS

LENGTHS = (500, 5_000, 100_000)  # a slow one is found before it takes minutes
SECONDS = 10.0  # of the processor, for the longest; a tenth of it for shorter ones
PIECES = (
    '"', "'", " ", "\t", "\n", "(", ")", "[", "]", "{", "}", "\\", "<", ">", "=", "-", "/", ".", ",", "%", "_", "*", "@", "a", "A", "1", "қ",
    "у", "’", "»", "“", "\u2028", "\0", "a ", "a'", "a-", "1-", "a=", 'a="', "<a ", "<a>", ". ", ".)", ". (", "a.", "a@", "&amp;", "A-0",
    "http://", "www.", "/coming/", "/#41", "aаA1", "> ", "\n> ", "bytes=1-", "--a: #", "\u0301", "🙂",
)  # fmt: skip
BEFORE, AFTER = ("", "a", '"', "<a "), ("!", "a")


class Text(NamedTuple):
    """One piece again and again, between what begins a match and what spoils it."""

    before: str
    piece: str
    after: str

    def of(self, length: int) -> str:
        return self.before + (self.piece * length)[:length] + self.after


TEXTS = [Text(*parts) for parts in product(BEFORE, PIECES, AFTER)]


def seconds(ask: Callable[[], object]) -> float:
    began = time.process_time()
    with suppress(ValidationError):
        ask()
    return time.process_time() - began


def assert_quick(ask: Callable[[str], object], texts: list[Text], limit: float = SECONDS) -> None:
    """The slowest of them, and then longer and longer."""
    slowest = sorted(texts, key=lambda text: -seconds(lambda: ask(text.of(LENGTHS[0]))))[:4]
    for length, text in product(LENGTHS, slowest):
        most = limit if length == LENGTHS[-1] else limit / 10
        assert seconds(lambda length=length, text=text: ask(text.of(length))) < most, (text, length)


def modules() -> Iterator[ModuleType]:
    for package in (portal, volunteers, mentors, events, content):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if ".migrations" not in found.name and found.name != "portal.wsgi":  # that one starts a web
                yield importlib.import_module(found.name)


# --- patterns ------------------------------------------------------------------------------------------------------


def inside(value) -> Iterator[re.Pattern]:
    if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
        yield value
    elif isinstance(value, RegexValidator):
        yield re.compile(value.regex.pattern, value.flags)
    elif isinstance(value, dict | list | tuple):
        for one in value.values() if isinstance(value, dict) else value:
            yield from inside(one)


PATTERNS = {
    pattern.pattern: pattern for module in modules() for value in vars(module).values() for pattern in inside(value)
}


def test_patterns_and_validators_are_found():
    assert len(PATTERNS) > 20
    assert any("www" in pattern for pattern in PATTERNS), "the validator of names"


@pytest.mark.parametrize("pattern", PATTERNS.values(), ids=list(PATTERNS))
def test_a_pattern_takes_no_longer_than_the_text_is_long(pattern):
    assert_quick(lambda text: (pattern.search(text), pattern.fullmatch(text), pattern.sub("", text)), TEXTS)


def test_a_slow_pattern_would_be_found():
    with pytest.raises(AssertionError):
        assert_quick(re.compile(r'([\w-]+)="([^"]*)"').search, TEXTS, limit=0.1)


# --- what reads long texts -----------------------------------------------------------------------------------------

READERS = {
    "a letter as HTML": as_html,
    "words in a letter": quoted,
    "signs that nobody sees": without_unseen,
    "rich text": clean,
    "a phone": parse_phone,
    "a password": Guessable().validate,
    "LIKE on SQLite": lambda text: _like(f"%{connection.ops.prep_for_like_query(text)}%", "Ахметова Айгүл"),
    "LIKE in a long text": lambda text: _like("%a\\%%a%", text),
    "how hard a text is to read": lambda text: read([text], "kk", 8),
    "what is searched": clean_query,
    "stems": lambda text: stems(clean_query(text), "kk"),
    "marks of what was found": lambda text: mark(text, "бала", "kk"),
}


@pytest.mark.parametrize("reader", READERS)
def test_a_long_text_is_read_quickly(reader):
    assert_quick(READERS[reader], [Text("", piece, after) for piece in PIECES for after in ("", "!")])


# --- fields --------------------------------------------------------------------------------------------------------


def own_fields() -> dict[str, forms.Field]:
    """One of each kind that our forms have; those that choose from rows are asked as pages."""
    list(modules())
    found, classes = {}, [forms.BaseForm]
    while classes:
        form = classes.pop()
        classes += form.__subclasses__()
        if form.__module__.split(".")[0] in {"portal", "volunteers", "mentors", "events", "content"}:
            for name, field in getattr(form, "base_fields", {}).items():
                if not isinstance(field, forms.ModelChoiceField | forms.FileField):
                    kind = (type(field), tuple(str(getattr(one, "regex", type(one))) for one in field.validators))
                    found.setdefault(kind, (f"{form.__name__}.{name}", field))
    return dict(found.values())


FIELDS = own_fields()


@pytest.mark.parametrize("name", FIELDS)
def test_a_field_is_judged_quickly(name):
    texts = [Text(before, piece, "!") for before in ("", "a") for piece in PIECES]
    assert_quick(FIELDS[name].clean, texts)


# --- lists, filters and searches -----------------------------------------------------------------------------------

WHO = ("dana", "aigul", "marat", "root", "gulnara", "nurlan", "serik")
READ_BY_VIEWS = {
    "page",
    "q",
    "tab",
    "name",
    "month",
    "week",
    "day",
    "year",
    "show",
    "window",
    "fact",
    "code",
    "audience",
}
TYPED = ('"', "a ", " ", "(", "'", "\\", "%", "қ")


def without_arguments(name: str) -> bool:
    with suppress(NoReverseMatch):
        return bool(reverse(name))
    return False


LISTS = sorted(name for name, row in ACCESS.items() if row.get & {*WHO} and without_arguments(name))


@pytest.mark.django_db
@pytest.mark.usefixtures("in_demo_mode")
@pytest.mark.parametrize("name", LISTS)
def test_a_list_answers_quickly_whatever_is_looked_for(name, cast, sign_in):
    """Each field of its forms, and what a page may read from its address beside them, with a hundred thousand signs."""
    person = getattr(cast, next(one for one in WHO if one in ACCESS[name].get))
    client, page = sign_in(getattr(person, "user", person)), reverse(name)
    plain = client.get(page)
    forms_there = forms_of(text_of(plain), page) if "html" in plain.headers.get("Content-Type", "") else []
    fields = {field.name for form in forms_there if form.method == "get" for field in form.fields}
    if not fields:
        return
    for number, names in enumerate([[name] for name in sorted(fields)] + [sorted(READ_BY_VIEWS - fields)]):
        cache.clear()
        piece = TYPED[number % len(TYPED)]
        query = urlencode(dict.fromkeys(names, Text("", piece, "!").of(LENGTHS[-1])))
        taken = seconds(lambda query=query: client.get(page, QUERY_STRING=query))
        assert taken < SECONDS, (names, piece, taken)
