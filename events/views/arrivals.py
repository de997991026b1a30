"""A mentor says that he has come, with the code that the school shows, and that he goes."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views import View

from events import services
from events.forms import ArrivalForm
from events.models import Arrival, Booking
from events.states import SHOWN_TO_SCHOOL
from events.views.steps import Step
from portal import limits
from portal.refusals import Refused


def own_visit(user, uuid) -> Booking:
    """The reader's visit to this session; 404 where he has none, or it was cancelled."""
    visits = Booking.objects.of(user).filter(session__uuid=uuid, state__in=SHOWN_TO_SCHOOL).with_session()
    if found := visits.order_by("-pk").first():
        return found
    raise Http404


class SessionArrival(View):
    """A GET changes nothing: the school's QR code leads here with the digits filled in (I23)."""

    http_method_names = ["get", "head", "post"]

    def get(self, request, uuid):
        form = ArrivalForm(initial={"code": request.GET.get("code", "")[:6]})
        return self.page(own_visit(request.user, uuid), form)

    def post(self, request, uuid):
        booking, form = own_visit(request.user, uuid), ArrivalForm(request.POST)
        if not form.is_valid():
            return self.page(booking, form, status=422)
        limits.demand("check_in", str(booking.uuid))
        try:
            services.arrive(booking=booking, by=request.user, code=form.cleaned_data["code"])
        except Refused as refusal:
            if refusal.codes != ["wrong_code"]:
                raise
            form.add_error("code", refusal.reasons[0].text)
            return self.page(booking, form, status=422)
        messages.success(request, _("Thank you. Your arrival is noted."))
        return redirect("session_arrival", uuid)

    def page(self, booking, form, status=200):
        arrival = Arrival.objects.filter(booking=booking).first()
        takes = booking.holds and booking.session.takes_arrivals(timezone.now())
        context = {"booking": booking, "session": booking.session, "arrival": arrival, "takes": takes, "form": form}
        return render(self.request, "events/arrival.html", context, status=status)


class SessionDeparture(Step):
    def record(self):
        return own_visit(self.request.user, self.kwargs["uuid"])

    def act(self, record):
        services.depart(booking=record, by=self.request.user)
        return _("Thank you for coming. The school confirms the visit.")

    def session(self, record):
        return record.session
