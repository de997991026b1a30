"""How well the sessions are covered: the coordinator's page of figures, and the file of it."""

from __future__ import annotations

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.generic import TemplateView

from events.forms import SpanForm
from events.services.coverage import PERMISSION, coverage, total
from portal import exports
from portal import services as house
from portal.staff import StaffExport, StaffView


def _labels() -> list[str]:
    """Those of `Figures.numbers`, and of the share."""
    return [
        _("Sessions planned"),
        _("Sessions with all places taken"),
        _("Sessions held"),
        _("Sessions cancelled"),
        _("Places for mentors"),
        _("Places taken"),
        _("Share of places taken, %"),
    ]


class StaffCoverage(StaffView, TemplateView):
    """The districts in the reader's reach by month."""

    permission = PERMISSION
    template_name = "events/staff_coverage.html"

    def get_context_data(self, **kwargs):
        form, first, last = SpanForm.asked(self.request.GET)
        rows = coverage(first, last, self.request.user)
        context = {"form": form, "first": first, "last": last, "rows": rows, "labels": _labels()}
        context |= {"together": total(row.together for row in rows), "export_form": exports.ExportForm()}
        return super().get_context_data(**context | kwargs)


class CoverageExport(StaffExport):
    """A row for each district and month: numbers and no names."""

    permission = PERMISSION

    def page(self):
        return f"{reverse('staff_coverage')}?{self.request.GET.urlencode()}"

    def list_page(self, form):
        page = StaffCoverage()
        page.setup(self.request)
        return page.render_to_response(page.get_context_data(export_form=form))

    def table(self, why):
        _form, first, last = SpanForm.asked(self.request.GET)
        rows = [
            [row.district.name, date_format(month, "YEAR_MONTH_FORMAT"), *figures.numbers, figures.share]
            for row in coverage(first, last, self.request.user)
            for month, figures in row.months.items()
        ]
        span = {"first": f"{first:%Y-%m}", "last": f"{last:%Y-%m}"}
        house.note_export(what="coverage", by=self.request.user, count=len(rows), why=why, **span)
        name = f"tirek-coverage-{first:%Y-%m}-{last:%Y-%m}"
        return exports.Table(name, [_("District"), _("Month"), *_labels()], rows)
