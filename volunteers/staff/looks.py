"""Who looked at the records of one person (H1): for the safeguarding lead and the auditor, by codes."""

from __future__ import annotations

from django.shortcuts import get_object_or_404
from django.views.generic import ListView

from portal.staff import NearestPage, StaffView
from volunteers.services.traces import looks_at, people_to_look_up


class PersonLooks(NearestPage, StaffView, ListView):
    permission = "log.view"
    paginate_by = 50
    template_name = "volunteers/staff/looks.html"

    def get_queryset(self):
        self.person = get_object_or_404(people_to_look_up(self.request.user), uuid=self.kwargs["uuid"])
        return looks_at(self.person)

    def get_context_data(self, **kwargs):
        return super().get_context_data(**kwargs) | {"person": self.person}
