"""The single central record: everybody in checks or approved × every check, with dates and names; on paper and as a file.
Nothing is changed here by anybody."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_filters.views import FilterMixin

from portal import access, exports, services
from portal.staff import StaffExport, StaffList
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
            "export_form": context.get("export_form") or exports.ExportForm(),
            "sees_people": access.allows(user, "standing.view"),
        }


class RecordExport(RecordPage, StaffExport, FilterMixin):
    """The same rows, all of them: the filters stand in the address."""

    def page(self):
        return f"{reverse('staff_record')}?{self.request.GET.urlencode()}"

    def list_page(self, form):
        page = Record()
        page.setup(self.request)
        page.extra_context = {"export_form": form}
        return page.get(self.request)

    def table(self, why):
        self.filterset = self.get_filterset(self.get_filterset_class())
        self.filterset.is_valid()
        people = self.filterset.qs
        services.note_export(
            what="central_record", by=self.request.user, count=people.count(), why=why, filters=self.filterset.codes
        )
        check_types = self.rules.check_types
        rows = (line_of(row) for row in self._rows(people))
        return exports.Table(f"tirek-record-{timezone.localdate()}", header_of(check_types), rows)

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
