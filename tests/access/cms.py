"""Wagtail's tree for editors below /cms/, as addresses."""

from __future__ import annotations

import re

from django.apps import apps

from tests.access.resolver import CMS, patterns

EDITORS = {"asel", "meruert", "root"}
ARGUMENT = re.compile(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>[^)]*\)|(\([^)]*\))")
WORDS = {
    "app_label": "content",
    "content_type_app_name": "content",
    "model_name": "topicpage",
    "content_type_model_name": "topicpage",
    "language_code": "ru",
}
# Of Wagtail's own pages: the beginning of the path, the error, why it stands.
KNOWN_TO_FAIL = (
    ("/cms/failwhale/", "Exception: This is a test", "fails on purpose, so that its error page can be seen"),
    ("/cms/", "ValueError: Field 'id' expected a number", "a chooser asks for whatever is in its hidden field"),
    ("/cms/", "NoReverseMatch: Reverse for", "what `next` says is looked for among the names of addresses first"),
    ("/cms/", "fts5: syntax error", "SQLite is given signs of its own language of search"),
    ("/cms/", "OverflowError", "a choice of several rows is asked for with a number that no column holds"),
    ("/cms/pages/", "MultiValueDictKeyError", "a form of blocks without the hidden number of its blocks"),
    ("/cms/", "'Coalesce' object has no attribute 'target'", "words and the filter by use do not go together"),
)


def addresses_of_cms(world: dict) -> list[str]:
    """Every address of the tree, filled with the page of the world, with a row of the model where it names one, with words
    and numbers else."""
    return sorted({"/" + _filled(route, world) for route, _pattern in patterns() if route.startswith(CMS)})


def _filled(route: str, world: dict) -> str:
    def value(found: re.Match) -> str:
        name = found[1] or found[2] or ""
        if "page" in name:
            return str(world["page"].pk)
        if snippet := re.search(r"snippets/(content|portal|volunteers)/(\w+)/", route):
            row = apps.get_model(*snippet.groups())._base_manager.first()
            return str(row.pk) if row else "1"
        return WORDS.get(name, "1")

    return re.sub("/+", "/", ARGUMENT.sub(value, re.sub(r"[\^$\\]", "", route)))


def is_known(path: str, what: str) -> bool:
    """Whether the failure is one of the library's that are pinned."""
    return any(path.startswith(start) and error in what for start, error, _reason in KNOWN_TO_FAIL)
