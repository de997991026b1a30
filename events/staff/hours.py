"""Volunteer hours for the coordinator: the months of his districts, the file for the register of volunteers, and the
correction of one visit."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.generic import TemplateView, View

from events import services
from events.certificates import hours_text
from events.forms import MonthForm
from events.services import hours
from portal import access, audit, exports
from portal.access import Reach
from portal.models import District
from portal.staff import StaffView
from volunteers.models import Person


class StaffHours(StaffView, TemplateView):
    """One month: a row for each district in reach."""

    permission = "hours.export"
    template_name = "events/staff_hours.html"

    def get_context_data(self, **kwargs):
        form, month = MonthForm.asked(self.request.GET)
        now, user = timezone.now(), self.request.user
        is_over = month < hours.month_of(timezone.localdate(now))
        rows = list(hours.months_of_districts(month, user, now))
        mine = {row.district for row in rows if access.allows(user, "hours.close", Reach(district_id=row.district.pk))}
        return super().get_context_data(
            form=form,
            month=month,
            rows=rows,
            closable=mine if is_over else set(),
            visits=sum(row.visits for row in rows),
            minutes=sum(row.minutes for row in rows),
            **kwargs,
        )


class HoursExport(StaffView, View):
    """A row for each mentor with hours in the month, as `?file=csv` (default) or `?file=xlsx`. That it was taken is in the
    log before it leaves. Nothing in it but names, codes and sums (I28)."""

    permission = "hours.export"
    http_method_names = ["get", "head"]

    def get(self, request):
        make = exports.FORMATS.get(request.GET.get("file", "csv"))
        if make is None:
            raise Http404
        _form, month = MonthForm.asked(request.GET)
        sums = hours.sums(hours.entries_of(month, request.user), "person")
        audit.exported("hours", request.user, count=len(sums), month=f"{month:%Y-%m}")
        header = [_("Family name"), _("Given name"), _("Patronymic"), _("Code"), _("Visits"), _("Minutes"), _("Hours")]
        return make(exports.Table(f"tirek-hours-{month:%Y-%m}", header, _lines(sums)))


def _lines(sums: dict[int, hours.Sum]) -> Iterator[list[exports.Value]]:
    people = Person.objects.filter(pk__in=list(sums)).order_by("family_name", "given_name", "pk")
    for person in people:
        counted = sums[person.pk]
        names = [person.family_name, person.given_name, person.patronymic, person.code]
        yield [*names, counted.visits, counted.minutes, hours_text(counted.minutes)]


class HoursClose(StaffView, View):
    """Ends a month of one district."""

    permission = "hours.close"
    http_method_names = ["get", "head", "post"]

    def district(self) -> District:
        return get_object_or_404(hours.in_reach(self.request.user), slug=self.kwargs["district"])

    def month(self) -> date:
        try:
            return date.fromisoformat(f"{self.kwargs['month']}-01")
        except ValueError as error:
            raise Http404 from error

    def get(self, request, *args, **kwargs):
        self.district()
        return redirect(self.page(self.month()))

    def post(self, request, *args, **kwargs):
        district, month = self.district(), self.month()
        services.close_month(month=month, district=district, by=request.user)
        names = {"month": date_format(month, "YEAR_MONTH_FORMAT"), "district": district.name}
        messages.success(request, _("%(month)s is closed: %(district)s.") % names)
        return redirect(self.page(month))

    @staticmethod
    def page(month: date) -> str:
        return f"{reverse('staff_hours')}?month={month:%Y-%m}"
