"""The school's own page, and its past visits."""

from __future__ import annotations

from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.generic import ListView

from events import states
from events.models import Booking, SchoolSession
from events.services.outstanding import outstanding, with_unconfirmed, without_adult
from events.staff.base import visits_of, with_visits
from events.staff.school_requests import own_requests
from portal import access
from portal.access import Role
from portal.refusals import NotAllowed, Reason
from portal.staff import NearestPage, StaffView

AWAITING_SHOWN = 15
NARROWED = {"adult": without_adult, "confirm": with_unconfirmed}  # by ?show=, from the numbers on top


class OwnSchools(NearestPage, StaffView, ListView):
    """Sessions of the schools whose contact person the reader is; drafts are the coordinator's."""

    permission = "session.staff"
    paginate_by = 15

    def dispatch(self, request, *args, **kwargs):
        if not access.has_role(request.user, Role.SCHOOL_CONTACT):
            raise NotAllowed(Reason("no_role", _("This page is for contact persons of schools.")))
        contact = [grant for grant in request.user.grants if grant.role == Role.SCHOOL_CONTACT]
        self.schools = [grant.school for grant in contact]
        self.now = timezone.now()
        return super().dispatch(request, *args, **kwargs)

    def own(self):
        return SchoolSession.objects.filter(school__in=self.schools).exclude(state=states.SessionState.DRAFT)

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        rows = visits_of(list(context["object_list"]), self.request.user, internal=False)
        return context | {"rows": rows, "schools": self.schools}


class SchoolHome(OwnSchools):
    """What waits for the school, who comes, the adult in the room, and what it has asked for."""

    template_name = "events/school_home.html"

    def get_queryset(self):
        upcoming = self.own().filter(ends_at__gt=self.now).exclude(state=states.SessionState.CANCELLED)
        self.show = self.request.GET.get("show", "")
        if narrow := NARROWED.get(self.show):
            upcoming = narrow(upcoming, self.now)
        return with_visits(upcoming)

    def get_context_data(self, **kwargs):
        user, keys = self.request.user, [school.pk for school in self.schools]
        past = with_visits(self.own().filter(ends_at__lte=self.now)).filter(taken__gt=0).order_by("-starts_at", "-pk")
        current = own_requests(user).filter(state__in=states.ACTIVE | states.EDITABLE).order_by("-created_at", "-pk")
        return super().get_context_data(
            awaiting=visits_of(list(past[:AWAITING_SHOWN]), user, internal=False),
            outstanding=outstanding(user, keys, self.now),
            requests=current[:AWAITING_SHOWN],
            narrowed=self.show in NARROWED,
            **kwargs,
        )


class SchoolPast(OwnSchools):
    """Visits that took place or should have, the last one first."""

    template_name = "events/school_past.html"
    paginate_by = 20

    def get_queryset(self):
        visits = Booking.objects.shown_to_school().filter(session=OuterRef("pk"))
        past = self.own().filter(Exists(visits), ends_at__lte=self.now)
        return with_visits(past).order_by("-starts_at", "-pk")
