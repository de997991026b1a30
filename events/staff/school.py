"""The school's own page."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.generic import ListView

from events import states
from events.models import SchoolSession
from events.staff.base import visits_of, with_visits
from portal import access
from portal.access import Role
from portal.refusals import NotAllowed, Reason
from portal.staff import StaffView


class SchoolHome(StaffView, ListView):
    """The school's own page: who comes, the adult in the room, and what became of past visits."""

    permission = "session.staff"
    template_name = "events/school_home.html"
    paginate_by = 15

    def dispatch(self, request, *args, **kwargs):
        if not access.has_role(request.user, Role.SCHOOL_CONTACT):
            raise NotAllowed(Reason("no_role", _("This page is for contact persons of schools.")))
        return super().dispatch(request, *args, **kwargs)

    def own(self):
        schools = [grant.school_id for grant in self.request.user.grants if grant.role == Role.SCHOOL_CONTACT]
        return SchoolSession.objects.filter(school__in=schools).exclude(state=states.SessionState.DRAFT)

    def get_queryset(self):
        upcoming = self.own().filter(ends_at__gt=timezone.now()).exclude(state=states.SessionState.CANCELLED)
        return with_visits(upcoming)

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        past = with_visits(self.own().filter(ends_at__lte=timezone.now())).filter(taken__gt=0).order_by("-starts_at")
        context["rows"] = visits_of(list(context["object_list"]), self.request.user, internal=False)
        context["awaiting"] = visits_of(list(past[:15]), self.request.user, internal=False)
        context["schools"] = [grant.school for grant in self.request.user.grants if grant.school]
        return context
