"""The answers as a reviewer reads them first, without the name (E2, E3), and what changed from one sending to the next (B5)."""

from __future__ import annotations

import difflib
import json
import re
from dataclasses import dataclass

from django.http import Http404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from portal import audit
from portal.staff import StaffDetail
from volunteers.forms.case import ReviewForm
from volunteers.forms.summary import Section, read_out
from volunteers.models import Application, ApplicationRevision, Person
from volunteers.services import reviews
from volunteers.staff.actions import CaseAction
from volunteers.staff.case import cases, cases_in_reach

READ = ["changes", "experience", "history"]
TEMPLATE = "volunteers/staff/reading.html"


def reading(application: Application, by, form: ReviewForm | None = None) -> dict:
    """No name, photo, age, contacts, organisation: what he wrote about his experience and why he wants to help."""
    revision = application.revisions.last()
    draft = json.loads(revision.answers) if revision else {}
    sections = read_out({step: draft[step] for step in READ if step in draft}, for_staff=True)
    why_not = reviews.why_not(application, by)
    return {
        "application": application,
        "languages": application.person.languages.all(),
        "sections": [_without_name(section, application.person) for section in sections],
        "form": None if why_not else form or ReviewForm(application=application, key="review"),
        "why_not": why_not,
        "reviews": [(review, _marks(review)) for review in reviews.readable(application, by)],
    }


def _marks(review) -> list[tuple[str, int]]:
    return [(label, review.scores.get(name)) for name, label in reviews.CRITERIA.items()]


def _without_name(section: Section, person: Person) -> Section:
    """Wherever he wrote his own name, in any ending, there stand three dots."""
    names = [re.escape(name) for name in (person.family_name, person.given_name, person.patronymic) if len(name) > 2]
    if not names:
        return section
    pattern = re.compile("|".join(names), re.IGNORECASE)
    return section._replace(rows=[(label, pattern.sub("…", value)) for label, value in section.rows])


class Reading(StaffDetail):
    permission = reviews.REVIEW
    sensitive = "reading"
    fresh_for = frozenset()  # the case page shows as much
    model = Application
    template_name = TEMPLATE

    def get_queryset(self):
        return cases(self.request.user)

    def get_context_data(self, **kwargs):
        return super().get_context_data(**kwargs) | reading(self.object, self.request.user)


class SubmitReview(CaseAction):
    permission = reviews.REVIEW
    form_class = ReviewForm
    key = "review"
    done = _("Your review is in. Now you see what the others wrote.")
    service = staticmethod(reviews.submit)

    def form_invalid(self, record, form):
        audit.viewed(record, Reading.sensitive, self.request.user)
        return TemplateResponse(self.request, TEMPLATE, reading(record, self.request.user, form), status=422)

    def page(self, record):
        return reverse("staff_application_read", args=[record.uuid])


@dataclass(frozen=True)
class Change:
    """One answer that differs. `parts` are pieces of text, each kept ("equal"), taken away ("delete") or new ("insert")."""

    step: str
    label: str
    parts: list[tuple[str, str]]


def changes(before: ApplicationRevision, after: ApplicationRevision) -> list[Change]:
    """The answers that differ, word by word, in the order of the steps."""
    old, new = _fields(before), _fields(after)
    return [
        Change(step, label, _compare(old.get((step, label), ""), new.get((step, label), "")))
        for step, label in dict.fromkeys([*new, *old])
        if old.get((step, label)) != new.get((step, label))
    ]


def _fields(revision: ApplicationRevision) -> dict[tuple[str, str], str]:
    sections = read_out(json.loads(revision.answers), for_staff=True)
    return {(section.title, label): str(value) for section in sections for label, value in section.rows}


def _compare(before: str, after: str) -> list[tuple[str, str]]:
    old, new = re.findall(r"\S+\s*", before), re.findall(r"\S+\s*", after)
    parts = []
    for tag, old_start, old_end, new_start, new_end in difflib.SequenceMatcher(None, old, new).get_opcodes():
        if tag == "equal":
            parts.append(("equal", "".join(old[old_start:old_end])))
            continue
        parts.append(("delete", "".join(old[old_start:old_end])))
        parts.append(("insert", "".join(new[new_start:new_end])))
    return [(tag, text) for tag, text in parts if text]


class Revisions(StaffDetail):
    """Two neighbouring sendings side by side; `?to=` is the number of the later one, the newest without it."""

    permission = "application.view"
    sensitive = "revisions"
    fresh_for = frozenset()  # the case page shows as much
    model = Application
    template_name = "volunteers/staff/revisions.html"

    def get_queryset(self):
        return cases_in_reach(self.request.user, self.permission)

    def get_context_data(self, **kwargs):
        revisions = {revision.number: revision for revision in self.object.revisions.select_related("author")}
        wanted = self.request.GET.get("to", "")
        after = revisions.get(int(wanted) if wanted.isdecimal() else max(revisions, default=0))
        if after is None:
            raise Http404
        before = revisions.get(after.number - 1)
        return super().get_context_data(**kwargs) | {
            "revisions": list(revisions.values()),
            "before": before,
            "after": after,
            "changes": changes(before, after) if before else [],
        }
