"""The single central record: everybody in checks or approved × every check, with dates and names; on paper and as a file.
Nothing is changed here by anybody."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal import access, audit, exports
from portal.staff import StaffList
from volunteers import clearance
from volunteers.filters_record import RecordFilter
from volunteers.models import DoNotEngage, Person
from volunteers.staff.proofs import Cell, Row, rows_of

AT_ONCE = 500  # people whose rows an export makes with the same few queries


class RecordPage:
    """What the page and the export share: who may read, whose rows, and the filter."""

    permission = "record.view"
    model = Person
    filterset_class = RecordFilter

    def get_queryset(self):
        people = Person.objects.on_record(self.request.user).select_related("district")
        return people.order_by("family_name", "given_name", "pk")

    def get_filterset_kwargs(self, filterset_class):
        self.rules = clearance.load_rules()
        arguments = super().get_filterset_kwargs(filterset_class)
        return arguments | {"data": self.request.GET, "rules": self.rules}  # data also when it is empty


class Record(RecordPage, StaffList):
    template_name = "volunteers/staff/record.html"

    def paginate_queryset(self, queryset, page_size):
        """Where the filter is dear and finds few, it is asked once and not for the number and the page."""
        found = list(queryset.values_list("pk", flat=True)) if self.filterset.narrows else queryset
        return super().paginate_queryset(found, page_size)

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        user, today = self.request.user, timezone.localdate()
        if access.allows(user, "do_not_engage.count"):
            context["listed"] = DoNotEngage.objects.in_force().count()
        return context | {
            "today": today,
            "check_types": self.rules.check_types,
            "rows": rows_of(list(context["object_list"]), self.rules, today),
            "sees_people": access.allows(user, "standing.view"),
        }


class RecordExport(RecordPage, StaffList):
    """The same rows, all of them, as `?file=csv` (default) or `?file=xlsx`. That they were taken is in the log before they leave."""

    http_method_names = ["get", "head"]

    def get(self, request, *args, **kwargs):
        make = exports.FORMATS.get(request.GET.get("file", "csv"))
        if make is None:
            raise Http404
        self.filterset = self.get_filterset(self.get_filterset_class())
        self.filterset.is_valid()
        people = self.filterset.qs
        audit.exported("central_record", request.user, count=people.count(), filters=self.filterset.codes)
        check_types = self.rules.check_types
        rows = (line_of(row) for row in self._rows(people))
        return make(exports.Table(f"tirek-record-{timezone.localdate()}", header_of(check_types), rows))

    def _rows(self, people) -> Iterator[Row]:
        ids, today = list(people.values_list("pk", flat=True)), timezone.localdate()
        for first in range(0, len(ids), AT_ONCE):
            some = people.filter(pk__in=ids[first : first + AT_ONCE])
            yield from rows_of(list(some), self.rules, today)


def header_of(check_types) -> list[str]:
    header = [_("Name"), _("Code of the record"), _("District"), _("Role"), _("Policy version"), _("Standing")]
    header += [_("Cleared until"), _("Supervisor"), _("Approved from"), _("Approved until")]
    header += [_("Proposed by"), _("Confirmed by")]
    parts = (
        _("State"),
        _("Verified"),
        _("Verified by"),
        _("How it was verified"),
        _("Date of issue"),
        _("Valid until"),
    )
    return [*header, *(f"{check_type.name}: {part}" for check_type in check_types for part in parts)]


def line_of(row: Row) -> list[exports.Value]:
    """One row of the file, in the order of `header_of`. No identification number, no contact, no birth date."""
    person = row.person
    line: list[exports.Value] = [person.full_name, person.code, str(person.district or ""), row.role, row.policy]
    line += [row.standing_label, row.clearance.until, row.supervisor, row.approved_from, row.approved_to]
    line += [row.proposed_by, row.confirmed_by]
    for cell in row.cells:
        line += _cells(cell)
    return line


def _cells(cell: Cell) -> Sequence[exports.Value]:
    until = None if cell.endless else cell.until
    return cell.label, cell.verified_on, cell.by, cell.how, cell.issued_on, until
