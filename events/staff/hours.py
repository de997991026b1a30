"""Volunteer hours for the coordinator: the months of his districts, the file for the register of volunteers, and the
correction of one visit."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView, View

from events import services
from events.certificates import hours_text
from events.forms import DeclineWorkForm, MonthForm
from events.models import WorkEntry
from events.services import hours, work
from events.services.certificates import EARLIEST_YEAR
from portal import access, exports
from portal import services as house
from portal.access import Reach
from portal.models import District
from portal.staff import StaffAction, StaffExport, StaffView
from volunteers.models import Person

PAGE = 20


class StaffHours(StaffView, TemplateView):
    """One month: a row for each district in reach; and the work outside sessions that waits for the reader's word."""

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
            work=sum(row.work for row in rows),
            **{"page_obj": self.waiting(), "export_form": exports.ExportForm(), **kwargs},
        )

    def waiting(self):
        return Paginator(work.to_decide(self.request.user), PAGE).get_page(self.request.GET.get("page"))


class HoursExport(StaffExport):
    """A row for each mentor with hours in the month (`?month=`), and a second one for work outside sessions. Nothing in it
    but names, codes and sums (I28)."""

    permission = "hours.export"

    def page(self):
        return f"{reverse('staff_hours')}?{self.request.GET.urlencode()}"

    def list_page(self, form):
        page = StaffHours()
        page.setup(self.request)
        return page.render_to_response(page.get_context_data(export_form=form))

    def table(self, why):
        user = self.request.user
        _form, month = MonthForm.asked(self.request.GET)
        sums = hours.sums(hours.entries_of(month, user), "person")
        others = work.counted_in(month, user).minutes_by("person")
        house.note_export(
            what="hours", by=user, count=len(sums.keys() | others.keys()), why=why, month=f"{month:%Y-%m}"
        )
        header = [_("Family name"), _("Given name"), _("Patronymic"), _("Code"), _("Visits"), _("Minutes"), _("Hours")]
        header.append(_("Kind"))
        return exports.Table(f"tirek-hours-{month:%Y-%m}", header, _lines(sums, others))


def _lines(sums: dict[int, hours.Sum], others: dict[int, int]) -> Iterator[list[exports.Value]]:
    people = Person.objects.filter(pk__in=[*sums, *others]).order_by("family_name", "given_name", "pk")
    for person in people:
        names = [person.family_name, person.given_name, person.patronymic, person.code]
        if counted := sums.get(person.pk):
            yield [*names, counted.visits, counted.minutes, hours_text(counted.minutes), _("visits to schools")]
        if minutes := others.get(person.pk):
            yield [*names, 0, minutes, hours_text(minutes), _("work outside sessions")]


class HoursClose(StaffView, View):
    """Ends a month of one district."""

    permission = "hours.close"
    http_method_names = ["get", "head", "post"]

    def district(self) -> District:
        return get_object_or_404(hours.in_reach(self.request.user), slug=self.kwargs["district"])

    def month(self) -> date:
        try:
            month = date.fromisoformat(f"{self.kwargs['month']}-01")
        except ValueError as error:
            raise Http404 from error
        if month.year < EARLIEST_YEAR:
            raise Http404
        return month

    def get(self, request, *args, **kwargs):
        self.district()
        return redirect(self.page(self.month()))

    def post(self, request, *args, **kwargs):
        district, month = self.district(), self.month()
        services.close_month(month=month, district=district, by=request.user)
        names = {"month": date_format(month, "YEAR_MONTH_FORMAT"), "district": district.name}
        messages.success(request, _("%(month)s is closed: %(district)s.") % names)
        if waiting := hours.work_waiting(month).filter(person__district=district).count():
            text = _(
                "Work outside sessions of this month that waits: %(number)s. It will count in the month of your word."
            )
            messages.info(request, text % {"number": waiting})
        return redirect(self.page(month))

    @staticmethod
    def page(month: date) -> str:
        return f"{reverse('staff_hours')}?month={month:%Y-%m}"


class WorkAction(StaffAction):
    """The coordinator's word about work outside sessions; nobody has one about his own."""

    permission = "hours.correct"
    model = WorkEntry
    noun = "entry"

    def page(self, record):
        return f"{reverse('staff_hours')}#work"


class WorkConfirm(WorkAction):
    service = staticmethod(services.confirm_work)
    done = gettext_lazy("The work is counted.")


class WorkDecline(WorkAction):
    """Without a reason the page of hours comes back with this one entry."""

    form_class = DeclineWorkForm
    service = staticmethod(services.decline_work)
    done = gettext_lazy("The work is not counted. The mentor gets a letter.")

    def form_invalid(self, record, form):
        waiting = work.to_decide(self.request.user).filter(pk=record.pk)
        if not waiting.exists():
            self.act(record, {"reason": ""})  # refuses what is decided otherwise, and one's own
            return redirect(self.page(record))
        page = StaffHours()
        page.setup(self.request)
        context = page.get_context_data(page_obj=Paginator(waiting, PAGE).get_page(1), typed=form)
        return page.render_to_response(context, status=422)
