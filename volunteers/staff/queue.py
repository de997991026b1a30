"""The queue of applications and the page of a case."""

from __future__ import annotations

from typing import NamedTuple

from django.db.models import Count
from django.utils import timezone

from portal import access
from portal.staff import StaffDetail, StaffList
from volunteers.filters import ApplicationFilter, tabs
from volunteers.models import Application, Review
from volunteers.services import reviews
from volunteers.staff import case
from volunteers.states import USUAL_DAYS


class Tab(NamedTuple):
    name: str
    title: str
    count: int
    current: bool


class ApplicationList(StaffList):
    permission = "application.assigned"
    model = Application
    filterset_class = ApplicationFilter
    template_name = "volunteers/staff/applications.html"

    def get_queryset(self):
        return case.cases(self.request.user)

    def get_filterset_kwargs(self, filterset_class):
        return super().get_filterset_kwargs(filterset_class) | {"data": self.request.GET}  # also when it is empty

    def get_paginator(self, queryset, *args, **kwargs):
        """The tabs have counted already, unless a filter narrows them further."""
        paginator = super().get_paginator(queryset, *args, **kwargs)
        self.tabs = self._tabs()
        current = next((tab for tab in self.tabs if tab.current), None)
        if current and not any(value for name, value in self.filterset.form.cleaned_data.items() if name != "tab"):
            paginator.count = current.count
        return paginator

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        self._mark(context["object_list"])
        only_assigned = not access.allows(self.request.user, "application.view")
        return context | {"only_assigned": only_assigned, "tabs": self.tabs}

    def _tabs(self) -> list[Tab]:
        """The parts of the queue with the number of their open cases, counted in one query."""
        parts = tabs(self.request.user, timezone.localdate())
        counts = {name or "all": Count("pk", filter=condition) for name, (_title, condition) in parts.items()}
        found = self.get_queryset().select_related(None).open().order_by().aggregate(**counts)
        chosen = self.request.GET.get("tab", "")
        return [Tab(name, title, found[name or "all"], name == chosen) for name, (title, _condition) in parts.items()]

    def _mark(self, applications) -> None:
        """The clock of each row, and whether its reader may still read it without the name (E3)."""
        today = timezone.localdate()
        mine = Review.objects.filter(reviewer=self.request.user, application__in=[row.pk for row in applications])
        reviewed = set(mine.values_list("application", flat=True))
        for application in applications:
            application.days = (today - timezone.localdate(application.state_since)).days
            application.usual_days, application.most_days = USUAL_DAYS.get(application.state, (None, None))
            application.days_css = ""
            if application.usual_days is not None and application.days > application.usual_days:
                application.days_css = "bad" if application.days > application.most_days else "wait"
            application.state_css = case.STATE_CSS.get(application.state, "wait")
            application.may_review = application.state in reviews.REVIEWED_IN and application.pk not in reviewed


class ApplicationDetail(StaffDetail):
    permission = "application.assigned"
    model = Application
    template_name = case.TEMPLATE

    def get_queryset(self):
        return case.in_full(self.request.user)

    def get_context_data(self, **kwargs):
        return super().get_context_data(**kwargs) | case.context(self.object, self.request.user)
