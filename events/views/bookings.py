"""Booking, cancelling, and the mentor's own visits."""

from __future__ import annotations

from datetime import date

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views import View
from django.views.generic import ListView

from events import services, states
from events.forms import CancelForm
from events.models import Booking, CalendarToken, HoursEntry, SchoolSession, SwapOffer
from events.months import (
    Day,
    Entry,
    Mark,
    by_day,
    moments,
    month_of,
    next_month,
    previous_month,
    weeks_of,
    written_month,
)
from events.views.sessions import NearestPage
from events.views.waiting import turns_of
from mentors.permissions import mentor_of


class SessionBook(View):
    """Books on POST. Who comes by GET, say after signing in again, is led to the session."""

    http_method_names = ["get", "post"]

    def get(self, request, uuid):
        return redirect("session_detail", uuid)

    def post(self, request, uuid):
        session = get_object_or_404(SchoolSession.objects.visible_to(request.user), uuid=uuid)
        booking = services.book(session=session, by=request.user)
        messages.success(request, _("You are booked. A letter with the details is on its way."))
        return redirect("session_detail", booking.session.uuid)


class BookingCancel(View):
    http_method_names = ["get", "post"]

    def get(self, request, uuid):
        return redirect("my_bookings")

    def post(self, request, uuid):
        booking = get_object_or_404(Booking.objects.of(request.user).with_session(), uuid=uuid)
        form = CancelForm(request.POST, booking=booking)
        if not form.is_valid():
            context = {
                "form": form,
                "session": booking.session,
                "title": _("Cancel my visit"),
                "move": "cancel_booking",
            }
            return render(request, "events/act.html", context)
        services.cancel_booking(booking=booking, by=request.user, **form.cleaned_data)
        messages.success(request, _("Your visit is cancelled. The school has been told."))
        return redirect("my_bookings")


class MyBookings(NearestPage, ListView):
    """His visits: those to come, those behind him, the hours that schools have confirmed, his calendar's address."""

    template_name = "events/my_bookings.html"
    paginate_by = 20

    def get_queryset(self):
        mentor_of(self.request.user)
        return Booking.objects.of(self.request.user).with_session().over().order_by("-starts_at", "-pk")

    def get_context_data(self, **kwargs):
        now, user = timezone.now(), self.request.user
        bookings = Booking.objects.of(user).with_session().with_open_offers(now).upcoming(now)
        asked = SwapOffer.objects.open(now).filter(to_person__user=user)
        minutes = HoursEntry.objects.filter(person__user=self.request.user).minutes()
        first = month_of(self.request.GET.get("month", ""), timezone.localdate(now))
        token = CalendarToken.objects.visible_to(self.request.user).working().first()
        return super().get_context_data(
            upcoming=bookings,
            turns=turns_of(user, now),
            asked=asked.exists(),
            hours=minutes // 60,
            minutes=minutes % 60,
            total_minutes=minutes,
            token=token,
            first=first,
            before=written_month(previous_month(first)),
            after=written_month(next_month(first)),
            weeks=_weeks(user, first),
            **kwargs,
        )


def _weeks(user, first: date) -> list[list[Day]]:
    """The month that begins on `first`, with the visits of `user` that stand or took place."""
    weeks = weeks_of(first)
    begins, ends = moments(weeks[0][0], weeks[-1][-1])
    visits = Booking.objects.of(user).with_session().exclude(state__in=states.OFF)
    entries = by_day(_entry(visit) for visit in visits.filter(starts_at__gte=begins, starts_at__lt=ends))
    return [[Day(day, day.month == first.month, entries.get(day, [])) for day in week] for week in weeks]


def _entry(visit: Booking) -> tuple[date, Entry]:
    starts, session = timezone.localtime(visit.starts_at), visit.session
    url = reverse("session_detail", args=[session.uuid])
    mark = Mark(visit.state, str(visit.shown_state), visit.tone)
    return starts.date(), Entry(starts.time(), url, session.school.name, session.topic.name, [mark], "visit")
