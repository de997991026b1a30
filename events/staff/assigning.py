"""The coordinator's search for a mentor: who could come to a session, who is asked, where a visit could be moved."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views import View

from events import services
from events.models import Booking, SchoolSession
from events.services.assigning import answers_to_call
from events.services.candidates import NEAREST, REACH, candidates, targets
from portal import access
from portal.refusals import NotAllowed, Reason, Refused
from portal.staff import StaffAction, StaffView
from volunteers.models import Person

PAGE = 20
REASON_AT_MOST = 300  # characters


class Choosing(StaffView, View):
    """A page of candidates, each with its button; what the service refuses stands above them, and what was typed at the
    row that was meant."""

    permission = "session.plan"
    http_method_names = ["get", "head", "post"]
    template_name = ""

    def get(self, request, uuid):
        return self.page()

    def post(self, request, uuid):
        reason = request.POST.get("reason", "")[:REASON_AT_MOST]
        try:
            return self.choose(request.POST.get("chosen", ""), reason)
        except NotAllowed:
            raise
        except Refused as refusal:
            return self.page(refusal.reasons, chosen=request.POST.get("chosen", ""), reason=reason, status=422)

    def page(self, reasons: list[Reason] | None = None, *, status: int = 200, **typed):
        rows = self.rows()
        page = Paginator(rows, PAGE).get_page(self.request.GET.get("page"))
        context = {"page_obj": page, "rows": page.object_list, "reasons": reasons, "nearest": NEAREST, **typed}
        return render(self.request, self.template_name, context | self.more(rows), status=status)

    def planned(self):
        """The sessions that the reader plans."""
        return SchoolSession.objects.filter(access.within(self.request.user, "session.plan", **REACH))


class SessionMentors(Choosing):
    """Who could come to one session."""

    template_name = "events/staff_mentors.html"

    @cached_property
    def session(self) -> SchoolSession:
        return get_object_or_404(self.planned().for_cards(), uuid=self.kwargs["uuid"])

    def choose(self, chosen: str, reason: str):
        person = _found(Person.objects.for_staff(self.request.user), chosen)
        services.book_for(session=self.session, person=person, by=self.request.user, reason=reason)
        messages.success(self.request, _("The mentor is booked. A letter is on its way to him and to the school."))
        return redirect("staff_session", self.session.uuid)

    def rows(self):
        return candidates(self.session, self.request.user, timezone.now(), self.name())

    def name(self) -> str:
        return self.request.GET.get("name", "")[:100]

    def more(self, rows) -> dict:
        asked, came = answers_to_call(self.session)
        fit = sum(not row.reasons for row in rows)
        return {"session": self.session, "name": self.name(), "fit": fit, "asked": asked, "came": came}


class SessionCall(StaffAction):
    """Asks all who could come."""

    permission = "session.plan"
    model = SchoolSession

    def act(self, record, data):
        asked = services.call_mentors(session=record, by=self.request.user)
        messages.success(self.request, _("Letters written: %(number)s.") % {"number": asked})

    def page(self, record):
        return reverse("staff_session_mentors", args=[record.uuid])


class VisitMove(Choosing):
    """Where one visit could be moved."""

    template_name = "events/staff_move.html"

    @cached_property
    def booking(self) -> Booking:
        rows = Booking.objects.visible_to(self.request.user).filter(session__in=self.planned())
        return get_object_or_404(rows.with_session().select_related("person__district"), uuid=self.kwargs["uuid"])

    def choose(self, chosen: str, reason: str):
        session = _found(self.planned(), chosen)
        moved = services.move_to(booking=self.booking, session=session, by=self.request.user, reason=reason)
        messages.success(self.request, _("The visit is moved. The mentor and the schools have been told."))
        return redirect("staff_session", moved.session.uuid)

    def rows(self):
        return targets(self.booking, self.request.user, timezone.now()) if self.booking.holds else []

    def more(self, rows) -> dict:
        return {"booking": self.booking, "session": self.booking.session}


def _found(rows, uuid: str):
    """The row that was chosen; 404 for what is none, or is out of reach."""
    return get_object_or_404(rows, uuid=uuid) if _is_uuid(uuid) else get_object_or_404(rows.none())


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
