"""Days without lessons, by school year."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from events import services
from events.filters import PeriodFilter
from events.forms import PeriodForm
from events.models import SchoolSession
from events.services.calendar_days import clashing, may_keep, school_year
from events.staff.pages import PlanPage
from portal.merging import held
from portal.models import NonTeachingPeriod
from portal.staff import StaffAction, StaffList

SHOWN = 50  # clashing sessions on the page of a period


class PeriodList(StaffList):
    permission = "calendar.manage"
    model = NonTeachingPeriod
    filterset_class = PeriodFilter
    template_name = "events/staff_periods.html"

    def get_queryset(self):
        rows = super().get_queryset().select_related("district", "school__district")
        return rows.order_by("first_day", "last_day", "pk")

    def get_filterset_kwargs(self, filterset_class):
        kwargs = super().get_filterset_kwargs(filterset_class)
        data = (kwargs["data"] or self.request.GET).copy()
        data.setdefault("year", school_year(timezone.localdate()))
        return kwargs | {"data": data}


class _PeriodPage(PlanPage):
    permission = "calendar.manage"
    form_class = PeriodForm

    def done(self, form):
        period = services.keep_period(period=form.period, by=self.request.user)
        if found := clashing(period).count():
            text = _("Saved. Published sessions on these days: %(number)s. Please move or cancel them.")
            messages.warning(self.request, text % {"number": found})
        else:
            messages.success(self.request, _("Saved. No published session falls on these days."))
        return redirect("staff_period", period.pk)


class PeriodNew(_PeriodPage):
    template_name = "events/staff_period_new.html"


@method_decorator(transaction.atomic, name="post")
class PeriodEdit(_PeriodPage):
    """The period, the published sessions that fall into it, and for whoever keeps it the form."""

    template_name = "events/staff_period.html"

    @cached_property
    def period(self) -> NonTeachingPeriod:
        rows = NonTeachingPeriod.objects.visible_to(self.request.user).select_related("district", "school__district")
        return get_object_or_404(held(rows, self.request), pk=self.kwargs["pk"])

    def get_form_kwargs(self):
        return {**super().get_form_kwargs(), "instance": self.period}

    def get_context_data(self, **kwargs):
        stored = NonTeachingPeriod.objects.select_related("district", "school__district").get(pk=self.period.pk)
        sessions = clashing(stored) & SchoolSession.objects.visible_to(self.request.user)
        context = {"period": stored, "number": sessions.count(), "sessions": sessions.for_cards()[:SHOWN]}
        return super().get_context_data(may_keep=may_keep(stored, self.request.user), **context, **kwargs)


class PeriodRemove(StaffAction):
    permission = "calendar.manage"

    def record(self):
        period = NonTeachingPeriod.objects.visible_to(self.request.user).filter(pk=self.kwargs["pk"]).first()
        if period is None:
            raise Http404
        return period

    def page(self, record):
        return reverse("staff_periods") if record.pk is None else reverse("staff_period", args=[record.pk])

    def act(self, record, data):
        services.remove_period(period=record, by=self.request.user)
        messages.success(self.request, _("Removed. There are lessons on these days."))
        record.pk = None
