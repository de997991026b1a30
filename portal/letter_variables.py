"""Texts of letters that editors write in the CMS: which letters may have one, what may stand in it, how it looks with sample values.

A text knows exactly what the file of its letter shows: the same expressions with the same filters (what people wrote stays
marked as theirs), `{% if %}` about them, and the file's own loops. Anything else is refused when it is saved, and not used when
it is there all the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.core.exceptions import ValidationError
from django.template import Context, Engine, Template, TemplateSyntaxError
from django.template.base import Node, NodeList, TextNode, VariableNode
from django.template.defaulttags import ForNode, IfNode, LoadNode, TemplateLiteral, WithNode
from django.template.loader import get_template
from django.template.loader_tags import IncludeNode
from django.templatetags.i18n import BlockTranslateNode, TranslateNode
from django.utils import timezone, translation
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

# Never an editor's: codes, links that open something, and what is told about security and roles.
KEPT = ("account/", "portal/")
SECRET = {
    "events/reminder",
    "volunteers/candidate_confirm",
    "volunteers/contact_code",
    "volunteers/invitation",
    "volunteers/reference_reminder",
    "volunteers/reference_request",
}
# What law and rules want in a letter: why, in whose words, until when he may answer or appeal, how to stop it. As the file shows it.
REQUIRED = {
    "events/weekly_digest": {"stop"},
    "volunteers/appeal_decided": {"accepted", "text|quoted"},
    "volunteers/consent_withdrawn": {"version.title"},
    "volunteers/declined": {"reason.text", "text|quoted", 'appeal_until|date:"DATE_FORMAT"'},
    "volunteers/deferred": {"text|quoted", 'defer_until|date:"DATE_FORMAT"'},
    "volunteers/erasure_asked": {'day|date:"DATE_FORMAT"'},
    "volunteers/inactive": {'leaves_on|date:"DATE_FORMAT"'},
    "volunteers/notice": {"reason.text", "text|quoted", 'answer_until|date:"DATE_FORMAT"'},
    "volunteers/suspended": {"reason.text"},
}
ALLOWED = "{{ … }}, {% if … %} … {% elif … %} … {% else %} … {% endif %}, {% for … in … %} … {% endfor %}"
HALF = re.compile(r"\{[{%#]|[}%#]\}")  # a bracket without its other half
FIRST_NAME = re.compile(r"\w+")
DATES, NUMBERS = ("date", "long_day"), ("as_hours", "floatformat")  # filters


class Variables(NamedTuple):
    shown: frozenset[str]  # as between {{ and }}
    tested: frozenset[str]  # in conditions only
    loops: frozenset[str]  # such as "session in sessions"


class Reach(NamedTuple):
    always: frozenset[str]  # what every reader sees
    anywhere: frozenset[str]  # what some of them do, or what decides it


def editable() -> list[str]:
    """The names of the letters that may have a text, in order."""
    root = settings.BASE_DIR
    found = (
        file.relative_to(folder).with_suffix("").as_posix()
        for folder in root.glob("*/templates/mail")
        for file in folder.glob("*/*.txt")
        if not file.name.startswith("_")
    )
    return sorted(name for name in found if not name.startswith(KEPT) and name not in SECRET)


def words_of_file(letter: str, language: str) -> tuple[str, str]:
    """Subject and text of the file as an editor would write them in that language: translated, with its variables."""
    with translation.override(language):
        flat = "".join(_flat(get_template(f"mail/{letter}.txt").template.nodelist, {}))
    subject, text = flat.strip().split("\n", 1)
    return subject.strip(), text.strip()


def in_short(letter: str) -> str:
    """What the letter is, in the language that is active: the subject of its file without what is filled in."""
    subject, _text = words_of_file(letter, translation.get_language() or "ru")
    return Truncator(re.sub(r"{[{%].*?[}%]}", "…", subject)).chars(60)


@lru_cache(maxsize=500)
def variables(letter: str) -> Variables:
    """What a text of this letter may use."""
    return _used(_parsed(letter, "\n".join(words_of_file(letter, "en"))).nodelist)


@lru_cache(maxsize=500)
def compiled(letter: str, source: str) -> Template:
    """The template of a text. Raises `ValidationError`, which names what the letter does not know and what it does."""
    try:
        template = _parsed(letter, source)
        used = _used(template.nodelist)
    except (TemplateSyntaxError, RecursionError) as error:
        raise ValidationError(
            _("Something is not closed, or is none of these: %(allowed)s."), code="syntax", params={"allowed": ALLOWED}
        ) from error
    known = variables(letter)
    unknown = used.shown - known.shown | used.tested - known.shown - known.tested | used.loops - known.loops
    if unknown:
        raise ValidationError(
            _("This letter does not know: %(unknown)s. It knows: %(known)s."),
            code="unknown",
            params={"unknown": ", ".join(sorted(unknown)), "known": ", ".join(sorted(known.shown)) or "–"},
        )
    return template


def demand_required(letter: str, source: str) -> None:
    """Raises `ValidationError`, which names what of `REQUIRED` a text leaves out, or shows only under a condition or in a loop
    where the file has none about it."""
    text, file = (_reach(_parsed(letter, words).nodelist) for words in (source, words_of_file(letter, "en")[1]))
    required = REQUIRED.get(letter, set())
    missing = {name for name in required if name not in (text.always if name in file.always else text.anywhere)}
    if missing:
        raise ValidationError(
            _(
                "Every reader of this letter has to be told: %(missing)s. Put it back, outside of any condition of your own."
            ),
            code="left_out",
            params={"missing": ", ".join(sorted(missing))},
        )


def _reach(nodes: NodeList) -> Reach:
    used = _used(nodes)
    shown = (node.filter_expression.token for node in nodes if isinstance(node, VariableNode))
    return Reach(frozenset(shown), used.shown | used.tested)


def sample(letter: str) -> Context:
    """Values for every variable of a letter: now for what is a date, «its name» for the rest."""
    known, root = variables(letter), Sample("")
    for expression in sorted(known.shown | known.tested):
        path, _bar, filters = expression.partition("|")
        place, last = root.place_of(path)
        if filters.startswith(DATES):
            place[last] = timezone.now()
        elif filters.startswith(NUMBERS):
            place[last] = 90
        else:
            place.setdefault(last, Sample(path))
    for loop in known.loops:
        names, _in, path = loop.partition(" in ")
        item = [root.get(name, Sample(name)) for name in names.split(", ")]
        place, last = root.place_of(path)
        place[last] = [item if len(item) > 1 else item[0]] * 2
    return Context(dict(root), autoescape=False)


class Sample(dict):
    """Stands for a value and for whatever is asked of it."""

    def __init__(self, path: str):
        super().__init__()
        self.path = path

    def place_of(self, path: str) -> tuple[Sample, str]:
        """Where the value of `a.b.c` belongs: what stands for `a.b`, and "c"."""
        *way, last = path.split(".")
        place = self
        for name in way:
            place = place.setdefault(name, Sample(name))
        return place, last

    def __str__(self) -> str:
        return f"«{self.path}»"

    def __bool__(self) -> bool:
        return True


def _parsed(letter: str, source: str) -> Template:
    """With the filters of the letter's file and its parts, and nothing that reads other files."""
    return Template(source, engine=_engine(tuple(sorted(_libraries(letter)))))


@lru_cache(maxsize=20)
def _engine(libraries: tuple[str, ...]) -> Engine:
    return Engine(builtins=list(libraries), libraries={}, dirs=[])


def _libraries(letter: str) -> Iterator[str]:
    files = [Path(get_template(f"mail/{letter}.txt").origin.name)]
    while files:
        text = files.pop().read_text(encoding="utf-8")
        files += [Path(get_template(part).origin.name) for part in re.findall(r'{% include "([^"]+)"', text)]
        for names in re.findall(r"{% load ([\w ]+) %}", text):
            yield from (Engine.get_default().libraries[name] for name in names.split() if name != "i18n")


def _flat(nodes: Iterable[Node], bound: dict[str, str]) -> Iterator[str]:
    """The source of these nodes without translations, parts and names that stand for others (`bound`)."""
    for node in nodes:
        match node:
            case TextNode():
                yield node.s
            case VariableNode():
                yield f"{{{{ {_full(node.filter_expression.token, bound)} }}}}"
            case TranslateNode():
                yield node.render(Context())
            case BlockTranslateNode():
                yield _translated(node, bound)
            case IfNode():
                yield from _flat_if(node, bound)
            case ForNode():
                yield f"{{% for {_loop(node, bound)} %}}"
                yield from _flat(node.nodelist_loop, bound)
                yield "{% endfor %}"
            case WithNode():
                yield from _flat(node.nodelist, bound | _names(node.extra_context, bound))
            case IncludeNode():
                part = get_template(node.template.var).template.nodelist
                yield from _flat(part, bound | _names(node.extra_context, bound))
            case LoadNode():
                pass
            case _:  # a tag around others, such as autoescape
                yield from _flat(node.nodelist, bound)


def _flat_if(node: IfNode, bound: dict[str, str]) -> Iterator[str]:
    for turn, (condition, nodes) in enumerate(node.conditions_nodelists):
        yield (
            "{% else %}" if condition is None else f"{{% {'elif' if turn else 'if'} {_condition(condition, bound)} %}}"
        )
        yield from _flat(nodes, bound)
    yield "{% endif %}"


def _translated(node: BlockTranslateNode, bound: dict[str, str]) -> str:
    message, names = node.render_token_list(node.singular)
    own = {name: expression.token for name, expression in node.extra_context.items()}
    shown = {name: f"{{{{ {_full(own.get(name, name), bound)} }}}}" for name in names}
    return translation.gettext(message) % shown


def _names(given: dict, bound: dict[str, str]) -> dict[str, str]:
    return {name: _full(expression.token, bound) for name, expression in given.items()}


def _full(expression: str, bound: dict[str, str]) -> str:
    return FIRST_NAME.sub(lambda found: bound.get(found.group(), found.group()), expression, count=1)


def _loop(node: ForNode, bound: dict[str, str]) -> str:
    return f"{', '.join(node.loopvars)} in {_full(node.sequence.token, bound)}"


def _condition(tree, bound: dict[str, str]) -> str:
    """`tree` is what Django makes of the words behind `if`."""
    if isinstance(tree, TemplateLiteral):
        return _full(tree.text, bound) if tree.text[:1] not in "'\"" else tree.text
    words = [_condition(side, bound) for side in (tree.first, tree.second) if side is not None]
    return f" {tree.id} ".join(words) if len(words) > 1 else f"{tree.id} {words[0]}"


def _used(nodes: NodeList, *, in_loop: bool = False) -> Variables:
    """What a text uses. Raises `TemplateSyntaxError` for any tag but `if` and `for`, and for a loop within a loop: it could
    grow without end."""
    shown, tested, loops = set(), set(), set()
    for node in nodes:
        inner: list[NodeList] = []
        match node:
            case TextNode() if not HALF.search(node.s):
                pass
            case VariableNode():
                shown.add(node.filter_expression.token)
            case IfNode():
                inner = [part for _condition, part in node.conditions_nodelists]
                tested = tested.union(
                    *(_tested(condition) for condition, _part in node.conditions_nodelists if condition)
                )
            case ForNode() if not in_loop and not node.is_reversed:
                inner = [node.nodelist_loop, node.nodelist_empty]
                loops.add(_loop(node, {}))
            case _:
                raise TemplateSyntaxError
        for part in inner:
            found = _used(part, in_loop=in_loop or isinstance(node, ForNode))
            shown, tested, loops = shown | found.shown, tested | found.tested, loops | found.loops
    return Variables(frozenset(shown), frozenset(tested), frozenset(loops))


def _tested(tree) -> frozenset[str]:
    """The variables in a condition; words in quotation marks and numbers are none."""
    if isinstance(tree, TemplateLiteral):
        is_variable = getattr(tree.value.var, "lookups", None) or tree.value.filters
        return frozenset({tree.text}) if is_variable else frozenset()
    return _tested(tree.first) | (_tested(tree.second) if tree.second is not None else frozenset())
