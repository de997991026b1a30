"""The mentor's answer after time or place changed."""

from __future__ import annotations

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views import View

from events import services
from events.models import Booking


class BookingConfirmAgain(View):
    """On POST. Who comes by GET, say after signing in again, is led to the session."""

    http_method_names = ["get", "head", "post"]

    def get(self, request, uuid):
        booking = get_object_or_404(Booking.objects.of(request.user).with_session(), uuid=uuid)
        return redirect("session_detail", booking.session.uuid)

    def post(self, request, uuid):
        booking = get_object_or_404(Booking.objects.of(request.user).with_session(), uuid=uuid)
        services.confirm_again(booking=booking, by=request.user)
        messages.success(request, _("Thank you. We count on you."))
        return redirect("session_detail", booking.session.uuid)
