"""The archive: `data.json` for machines (stable English keys), `index.html` to read, and one's own papers as files."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Field
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.dates import WEEKDAYS
from django.utils.formats import date_format, time_format
from django.utils.functional import Promise
from django.utils.text import camel_case_to_spaces
from django.utils.translation import gettext as _

from portal import crypto, files
from portal.models import User
from volunteers.models import CheckEvidence, Person
from volunteers.states import READ_BY_APPLICANT

from .contents import LEFT_OUT, Content, contents, looks, own_acts
from .groups import GROUPS
from .labels import LABELS

FORMAT = 1


def pack(user: User, language: str) -> bytes:
    """A ZIP of everything that `contents` finds; the page and names of reference data in `language`. Names of files are made
    here, never taken from what people typed."""
    with translation.override(language):
        found = contents(user)
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
            packed.writestr(
                "data.json", json.dumps(_data(user, found), cls=DjangoJSONEncoder, ensure_ascii=False, indent=1)
            )
            packed.writestr("index.html", _page(user, found, language))
            for name, content in _files(user):
                packed.writestr(name, content)
    return out.getvalue()


def _data(user: User, found: list[Content]) -> dict:
    return {
        "format": FORMAT,
        "made_at": timezone.now(),
        "note": str(LEFT_OUT),
        "tables": {_table(content.label): content.rows for content in found},
        "looks": looks(user),
        "own_acts": own_acts(user),
    }


def _table(label: str) -> str:
    """`volunteers.CheckEvidence` is "check_evidence"."""
    return camel_case_to_spaces(label.split(".")[1]).replace(" ", "_").replace("__", "_")


def _files(user: User) -> Iterator[tuple[str, bytes]]:
    """One's own papers that are still here, and the photo. One that cannot be opened is left out: operators find it in
    their log."""
    papers = CheckEvidence.objects.filter(evidence_of__person__user=user, purged_at=None).order_by("pk")
    stored = [(f"files/{paper.code}", paper.stored_name, paper.sealed_key, paper.mime) for paper in papers]
    for person in Person.objects.filter(user=user).exclude(photo_name=""):
        stored.append(("files/photo", person.photo_name, person.photo_key, person.photo_mime))
    for name, stored_name, sealed_key, mime in stored:
        try:
            yield f"{name}.{files.EXTENSIONS[mime]}", b"".join(files.read(stored_name, sealed_key))
        except (crypto.Unreadable, OSError):
            continue


# --- the page ----------------------------------------------------------------------------------------------------


def _page(user: User, found: list[Content], language: str) -> str:
    by_label = {content.label: content for content in found}
    groups = [
        (group.title, group.text, [rows for label in group.models for rows in _rows(by_label.get(label))])
        for group in GROUPS
    ]
    context = {
        "groups": [group for group in groups if group[2]],
        "left_out": LEFT_OUT,
        "made_at": timezone.now(),
        "language": language,
    }
    return render_to_string("volunteers/my_data_archive.html", context)


def _rows(content: Content | None) -> Iterator[list[tuple[str, str]]]:
    """Each row as labels with values; columns without a label stand in `data.json` only."""
    for row in content.rows if content else ():
        shown = [
            (label, text)
            for column, value in row.items()
            if (label := _label(column, content.columns[column]))
            and (text := _text(_in_words(content.label, column, value), content.columns[column]))
        ]
        if shown:
            yield shown


def _label(column: str, field: Field | None) -> str:
    known = LABELS.get(column)
    if known is None and field is not None and isinstance(field.verbose_name, Promise):
        known = field.verbose_name
    return str(known or "")


def _in_words(label: str, column: str, value):
    """What the page says where the value alone says little: a case in the words that its owner reads, a day by its name."""
    if (label, column) == ("volunteers.Application", "state"):
        return READ_BY_APPLICANT[value]
    return WEEKDAYS[value] if column == "weekday" else value


def _text(value, field: Field | None) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if field is not None and field.flatchoices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(value, datetime):
        return date_format(timezone.localtime(value), "DATETIME_FORMAT")
    if isinstance(value, date):
        return date_format(value)
    if isinstance(value, time):
        return time_format(value)
    if isinstance(value, dict):
        return " · ".join(filter(None, (_pair(name, one) for name, one in value.items())))
    if isinstance(value, list):
        return " · ".join(filter(None, (_text(one, None) for one in value)))
    return str(value)


def _pair(name: str, value) -> str:
    text = _text(value, None)
    return f"{LABELS[name]}: {text}" if text and name in LABELS else text
