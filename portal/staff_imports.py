"""Bringing in lists: send, look, apply, take back. Which lists somebody may bring in says `kinds`, each with a permission."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.generic import DetailView, ListView, View

from portal import access, audit, broker, exports, step_up
from portal.imports import kinds, planning
from portal.imports.forms import ColumnsForm, ListForm
from portal.imports.tables import UNREADABLE, Unreadable
from portal.models import Import, ImportFile
from portal.models.imports import PERMISSIONS
from portal.refusals import NotAllowed, Reason
from portal.services import imports
from portal.staff import NearestPage, StaffAction, StaffView
from portal.tasks import work_on_import

REFRESH_SECONDS = 3
COUNTS = {  # in the order in which a page shows them; the looks of each
    planning.CREATE: (_("new"), "good"),
    planning.CHANGE: (_("changed"), "good"),
    planning.SAME: (_("there already"), ""),
    planning.REFUSED: (_("left out"), "bad"),
    "removed": (_("taken away again"), ""),
    "restored": (_("as before again"), ""),
    "left": (_("stay as they are"), "wait"),
}
WARNINGS = {
    "letters_lost": _(
        "Kazakh letters seem to be lost in this file: there are question marks in words. Save it as CSV UTF-8 or XLSX."
    ),
    "no_heads": _(
        "No name of a column is known in this file: its first line is taken for the names and is not brought in. If it holds "
        "data, write a line of names above it and send the file again."
    ),
}
FAILURES = {
    **UNREADABLE,
    "changed": _("Something changed since you looked, so nothing was brought in. Look once more."),
}


class OfKind(StaffView, View):
    """A page of one kind of list, whose name stands in the address."""

    permission = "import.use"

    @property
    def kind(self) -> type[kinds.Kind]:
        try:
            return kinds.kinds()[self.kwargs["kind"]]
        except KeyError as error:
            raise Http404 from error

    def dispatch(self, request, *args, **kwargs):
        if not access.allows(request.user, PERMISSIONS[self.kind.code]):
            raise NotAllowed(Reason("no_role", _("This page is for people with another role.")))
        return super().dispatch(request, *args, **kwargs)


class ImportList(NearestPage, StaffView, ListView):
    """Which lists were brought in, by whom and what came of it; and the doors to the next one."""

    permission = "import.use"
    template_name = "staff/imports.html"
    paginate_by = 25

    def get_queryset(self):
        return Import.objects.visible_to(self.request.user).select_related("by")

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        mine = [kind for code, kind in kinds.kinds().items() if access.allows(self.request.user, PERMISSIONS[code])]
        for row in context["object_list"]:
            row.label, row.numbers = kinds.kinds()[row.kind].label, numbers(row)
        return context | {"kinds": mine}


def numbers(imported: Import) -> list[tuple[str, int, str, str]]:
    """What became of the rows: words, how many, looks, code."""
    counts = imported.counts
    return [(words, counts[code], looks, code) for code, (words, looks) in COUNTS.items() if counts.get(code)]


class NewImport(OfKind):
    """What the columns are, and the form to send the list."""

    fresh_for = step_up.ACTING

    def get(self, request, kind):
        return self._page(ListForm())

    def post(self, request, kind):
        form = ListForm(request.POST, request.FILES)
        if not form.is_valid():
            return self._page(form, status=422)
        imported = imports.send(kind=kind, content=form.cleaned_data["file"], by=request.user)
        go_on(imported, size=form.weight)
        return redirect("staff_import", imported.uuid)

    def _page(self, form: ListForm, status: int = 200):
        return render(self.request, "staff/import_new.html", {"kind": self.kind, "form": form}, status=status)


def go_on(imported: Import, size: int = 0) -> None:
    """The next step: here and now where it is short, else by a worker."""
    if imports.is_small(imported, size):
        imports.work(imported.pk)
    else:
        broker.ask(work_on_import, imported.pk)


class SampleList(OfKind):
    """A list with invented rows, its columns named in the reader's language."""

    def get(self, request, kind):
        header = [field.label for field in self.kind.fields]
        return exports.as_csv(exports.Table(f"{kind}-sample", header, self.kind.samples))


class ImportPage(StaffView, DetailView):
    """One list: how far it is, what applying it would do, or what it did. That somebody else looks is logged."""

    permission = "import.use"
    slug_field = slug_url_kwarg = "uuid"
    template_name = "staff/import.html"

    def get_queryset(self):
        return Import.objects.visible_to(self.request.user).select_related("by")

    def get_object(self, queryset=None):
        imported = super().get_object(queryset)
        if imported.by_id != self.request.user.pk:
            audit.viewed(imported, "import", self.request.user)
        return imported

    def render_to_response(self, context, **kwargs):
        response = super().render_to_response(context, **kwargs)
        if context["at_work"]:
            response["Refresh"] = str(REFRESH_SECONDS)
        return response

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        return context | facts_of(self.object, self.request.user)


def facts_of(imported: Import, user, form: ColumnsForm | None = None) -> dict:
    """What its page shows."""
    kind = kinds.kinds()[imported.kind]
    kept = set(imported.files.values_list("what", flat=True))
    facts = {
        "kind": kind,
        "numbers": numbers(imported),
        "at_work": imported.state in imports.AT_WORK,
        "progress": imports.progress(imported),
        "failure": FAILURES.get(imported.failure, ""),
        "reasons": sorted(
            ((kinds.PROBLEMS[code], number) for code, number in imported.counts.get("reasons", {}).items()),
            key=lambda reason: -reason[1],
        ),
        "has_report": ImportFile.What.REPORT in kept and bool(imported.counts.get("reasons")),
        "may_undo": imported.state == Import.State.APPLIED and ImportFile.What.UNDO in kept,
        "is_own": imported.by_id == user.pk,
    }
    if imported.state == Import.State.READY:
        shown = _shown(imported)
        if shown is None:
            return facts | {"failure": UNREADABLE["lost"]}
        facts |= _preview(kind, imported, shown)
        facts["form"] = form or ColumnsForm(kind, shown["heads"], imported.columns)
    return facts


def _shown(imported: Import) -> dict | None:
    """The first rows and what is said of the whole; None where the file is gone."""
    try:
        (shown,) = planning.unpacked(imports.content_of(imported, ImportFile.What.PREVIEW))
    except Unreadable:
        return None
    return shown


def _preview(kind: type[kinds.Kind], imported: Import, shown: dict) -> dict:
    used = [(field, imported.columns[field.name]) for field in kind.fields if field.name in imported.columns]
    heads = shown["heads"]
    return {
        "about": shown,
        "warning": WARNINGS.get(shown["warning"], ""),
        "table": {
            "heads": [(field.label, heads[place] if place < len(heads) else "") for field, place in used],
            "rows": [
                {
                    **row,
                    "words": COUNTS[row["outcome"]],
                    "cells": [row["cells"].get(field.name, "") for field, _at in used],
                }
                for row in shown["rows"]
            ],
        },
        "unused": [head for place, head in enumerate(heads) if head and place not in imported.columns.values()],
        "missing": [field.label for field in kind.fields if field.needed and field.name not in imported.columns],
        "problems": [(row["line"], in_words(kind, row["problems"])) for row in shown["problems"]],
    }


def in_words(kind: type[kinds.Kind], problems: list) -> list[tuple[str, str, str]]:
    """The field, what is wrong and what stands there, of each problem of a row."""
    labels = {field.name: str(field.label) for field in kind.fields}
    return [(labels.get(field, ""), str(kinds.PROBLEMS[code]), value) for code, field, value in problems]


class Problems(StaffView, DetailView):
    """The rows that are left out, as a CSV file."""

    permission = "import.use"
    slug_field = slug_url_kwarg = "uuid"

    def get_queryset(self):
        return Import.objects.visible_to(self.request.user)

    def get(self, request, *args, **kwargs):
        imported = self.get_object()
        try:
            report = imports.content_of(imported, ImportFile.What.REPORT)
        except Unreadable as error:
            raise Http404 from error
        if imported.by_id != request.user.pk:
            audit.viewed(imported, "import", request.user)
        kind = kinds.kinds()[imported.kind]
        header = [_("Line"), _("Column"), _("Why"), _("What stands there")]
        rows = (
            [line, field, why, value]
            for line, problems in planning.unpacked(report)
            for field, why, value in in_words(kind, problems)
        )
        return exports.as_csv(exports.Table(f"{imported.code}", header, rows))


class ImportAction(StaffAction):
    permission = "import.use"
    model = Import
    noun = "imported"

    def page(self, record):
        return reverse("staff_import", args=[record.uuid])

    def act(self, record, data):
        go_on(self.service(imported=record, by=self.request.user, **data))


class ChooseColumns(ImportAction):
    form_class = ColumnsForm
    service = staticmethod(imports.choose_columns)

    def get_form(self, record):
        shown = _shown(record) or {"heads": []}
        return ColumnsForm(kinds.kinds()[record.kind], shown["heads"], record.columns, self.request.POST)

    def form_invalid(self, record, form):
        facts = facts_of(record, self.request.user, form)
        return render(self.request, "staff/import.html", {"object": record, **facts}, status=422)

    def act(self, record, data):
        super().act(record, {"columns": data})


class Apply(ImportAction):
    fresh_for = step_up.ACTING
    service = staticmethod(imports.apply)


class Undo(ImportAction):
    fresh_for = step_up.ACTING
    service = staticmethod(imports.undo)

    def act(self, record, data):
        super().act(record, data)
        record.refresh_from_db()
        if record.state == Import.State.UNDONE:
            messages.success(self.request, _("It was taken back."))
