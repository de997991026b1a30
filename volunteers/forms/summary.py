"""What somebody wrote in his application, to be read by himself before sending and by staff afterwards."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from portal.models import District, Language
from volunteers.forms.applicant import AboutForm, ExperienceForm
from volunteers.iin import masked
from volunteers.models import AgreementVersion, Organisation, RefereeRequest
from volunteers.services import answers


class Section(NamedTuple):
    """One step: its code, its title, and its labels with values."""

    step: str
    title: str
    rows: list[tuple[str, str]]


def read_out(draft: dict) -> list[Section]:
    """The saved steps of a draft or of a revision in words of the active language; of the identification number only
    the last four digits. A step that was not saved is left out."""
    return [
        Section(step, str(title), _ROWS[step](draft[step])) for step, title in answers.STEPS.items() if draft.get(step)
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
    "organisation": _organisation,
    "experience": _experience,
    "referees": _referees,
    "consents": _consents,
}
