"""The school shows the code of a session, and notes by its own word who came and who went."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from events import services
from events.models import Arrival, Booking, SchoolSession
from events.services import arrivals
from events.staff.base import BookingAction
from portal import access, mail
from portal.codes import qr_code
from portal.staff import StaffDetail


class CodePage(StaffDetail):
    """Of sessions whose attendance the reader confirms: a mentor sees the code in the school, and nowhere else."""

    permission = "attendance.confirm"
    model = SchoolSession
    context_object_name = "session"

    def get_queryset(self):
        reach = access.within(self.request.user, self.permission, district="school__district", school="school")
        return SchoolSession.objects.filter(reach).for_cards()


class SessionCode(CodePage):
    """Shows itself anew when the code changes, without a script."""

    template_name = "events/session_code.html"

    def get_context_data(self, **kwargs):
        session, now = self.object, timezone.now()
        visits = list(session.bookings.shown_to_school().select_related("person").order_by("seat_no", "pk"))
        noted = {arrival.booking_id: arrival for arrival in Arrival.objects.filter(booking__in=visits)}
        for visit in visits:
            visit.noted = noted.get(visit.pk)
            visit.is_own = visit.person.user_id == self.request.user.pk
        context = super().get_context_data(visits=visits, **kwargs)
        if session.takes_arrivals(now):
            code = arrivals.code_of(session, now)
            context |= {"code": f"{code[:3]} {code[3:]}", "seconds": arrivals.seconds_left(now)}
        return context


class SessionCodePicture(CodePage):
    """The QR code of the mentor's page with the digits filled in."""

    def render_to_response(self, context, **response_kwargs):
        now = timezone.now()
        if not self.object.takes_arrivals(now):
            raise Http404
        address = mail.absolute("session_arrival", self.object.uuid)
        picture = qr_code(f"{address}?code={arrivals.code_of(self.object, now)}")
        return HttpResponse(picture, content_type="image/svg+xml")


class ArrivalByWord(BookingAction):
    permission = "attendance.confirm"
    service = None
    done = ""

    def page(self, record):
        return reverse("session_code", args=[record.session.uuid])

    def act(self, record: Booking, data):
        self.service(booking=record, by=self.request.user)
        messages.success(self.request, _("Thank you. It is written down."))


class BookingArrive(ArrivalByWord):
    service = staticmethod(services.arrive)


class BookingDepart(ArrivalByWord):
    service = staticmethod(services.depart)
