"""What somebody wrote in his application, to be read by himself before sending and by staff afterwards."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from portal.models import District, Language
from volunteers.forms.applicant import AboutForm, ChangesForm, ExperienceForm
from volunteers.forms.history import shown_month
from volunteers.iin import masked
from volunteers.models import AgreementVersion, Organisation, RefereeRequest
from volunteers.services import answers, history, information


class Section(NamedTuple):
    """One step: its code, its title, and its labels with values."""

    step: str
    title: str
    rows: list[tuple[str, str]]


def read_out(draft: dict, *, for_staff: bool = False) -> list[Section]:
    """The saved steps of a draft or of a revision in words of the active language; of the identification number only
    the last four digits. A step that was not saved is left out; the
    titles speak to the applicant, or `for_staff` of him."""
    return [
        Section(step, str(information.label(step, for_staff=for_staff)), _ROWS[step](draft[step]))
        for step in information.ASKABLE
        if draft.get(step)
    ]


def _about(about: dict) -> list[tuple[str, str]]:
    shown = {
        **about,
        "birth_date": date_format(date.fromisoformat(about["birth_date"])),
        "iin": masked(about["iin"]),
        "district": District.objects.get(slug=about["district"]).name,
        "languages": ", ".join(one.name for one in Language.objects.filter(code__in=about["languages"])),
    }
    return [(str(field.label), shown[name]) for name, field in AboutForm.base_fields.items() if shown.get(name)]


def _organisation(organisation: dict) -> list[tuple[str, str]]:
    chosen = Organisation.objects.filter(pk=organisation["organisation"]).first()
    name = chosen.name if chosen else organisation.get("other", "")
    return [(_("Your organisation"), name or _("none"))]


def _experience(experience: dict) -> list[tuple[str, str]]:
    return [(str(field.label), experience[name]) for name, field in ExperienceForm.base_fields.items()]


def _changes(changes: dict) -> list[tuple[str, str]]:
    return [(str(ChangesForm.base_fields["changes"].label), changes["changes"])]


def _history(told: dict) -> list[tuple[str, str]]:
    rows = []
    for entry in sorted(told["entries"], key=lambda entry: entry["from"]):
        until = shown_month(entry["to"]) if entry["to"] else _("now")
        about = [str(history.KINDS[entry["kind"]]), entry["organisation"], entry["reason_left"]]
        if entry["with_children"]:
            about.insert(2, _("with children"))
        rows.append((f"{shown_month(entry['from'])} – {until}", " · ".join(filter(None, about))))
    if told["gaps_explained"]:
        rows.append((_("Missing months"), told["gaps_explained"]))
    return rows


def _question(question: dict) -> list[tuple[str, str]]:
    return [(answer["asked"], answer["answer"]) for answer in question["answers"]]


def _referees(referees: dict) -> list[tuple[str, str]]:
    rows = []
    for referee in referees["referees"]:
        relation = RefereeRequest.Relation(referee["relation"]).label
        about = [str(relation), referee["organisation"], referee["email"], referee["phone"]]
        if referee["saw_with_children"]:
            about.append(_("has seen you with children"))
        rows.append((referee["name"], " · ".join(filter(None, about))))
    return rows


def _consents(consents: dict) -> list[tuple[str, str]]:
    versions = AgreementVersion.objects.in_bulk([pk for pk in consents.values() if pk])
    return [(version.title, _("read and agreed")) for version in versions.values()]


_ROWS = {
    "about": _about,
    "changes": _changes,
    "organisation": _organisation,
    "experience": _experience,
    "history": _history,
    "referees": _referees,
    "consents": _consents,
    answers.QUESTION: _question,
}
