"""Booking, cancelling, and the mentor's own visits."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from django.contrib import messages
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views import View
from django.views.generic import ListView

from events import services, states
from events.forms import BookForm, CancelForm, NoteForm
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
from events.services.assuring import may_assure
from events.services.standing import Standing, later_in_series
from events.views.sessions import NearestPage, SessionDetail
from events.views.waiting import turns_of
from mentors.permissions import mentor_of
from portal.gather import gather
from portal.refusals import NotAllowed, Reason, Refused


class SessionBook(SessionDetail):
    """Books on POST, with the later visits of its series where he ticks them. Who comes by GET, say after signing in again,
    is led to the session. A note that was typed comes back on the page of the session when the booking is refused."""

    http_method_names = ["get", "head", "post"]

    def get(self, request, uuid):
        return redirect("session_detail", uuid)

    def post(self, request, uuid):
        now, session = timezone.now(), get_object_or_404(SchoolSession.objects.visible_to(request.user), uuid=uuid)
        form = BookForm(request.POST, later=later_in_series(session, request.user, now).count())
        if not form.is_valid():
            return self.again(form, status=422)
        note, series = form.cleaned_data["note"], form.cleaned_data.get("series")
        try:
            if series:
                self.tell(services.book_series(session=session, by=request.user, note=note, now=now))
            else:
                services.book(session=session, by=request.user, note=note, now=now)
                messages.success(request, _("You are booked. A letter with the details is on its way."))
        except Refused as refusal:
            if isinstance(refusal, NotAllowed) or not (note or series):
                raise
            return self.again(form, refusal.reasons, status=refusal.status)
        return redirect("my_bookings") if series else redirect("session_detail", uuid)

    def tell(self, standing: Standing):
        text = _("Visits booked: %(number)s. Letters with the details are on their way.")
        messages.success(self.request, text % {"number": len(standing.bookings)})
        if standing.refused:
            days = ", ".join(date_format(session.day, "SHORT_DATE_FORMAT") for session in standing.refused)
            text = _("Not booked: %(days)s. The pages of these sessions say why.")
            messages.warning(self.request, text % {"days": days})

    def again(self, form: BookForm, reasons: Iterable[Reason] = (), *, status: int):
        self.object = self.get_object()
        context = self.get_context_data(book_form=form)
        context["reasons"] = reasons or context.get("reasons")
        context["kept"] = context["reasons"] or context.get("entry")  # else the page has the form anyway
        return self.render_to_response(context, status=status)


class SessionNote(SessionDetail):
    """A note for the school with a visit that he holds already."""

    http_method_names = ["get", "head", "post"]

    def get(self, request, uuid):
        return redirect("session_detail", self._booking(uuid).session.uuid)

    def post(self, request, uuid):
        booking, form = self._booking(uuid), NoteForm(request.POST)
        if not form.is_valid():
            self.object = self.get_object()
            return self.render_to_response(self.get_context_data(note_form=form), status=422)
        services.write_note(booking=booking, by=request.user, **form.cleaned_data)
        messages.success(request, _("Your note is on its way to the school."))
        return redirect("session_detail", booking.session.uuid)

    def _booking(self, uuid) -> Booking:
        return get_object_or_404(Booking.objects.of(self.request.user).holding().with_session(), session__uuid=uuid)


class BookingCancel(View):
    http_method_names = ["get", "head", "post"]

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
        first = month_of(self.request.GET.get("month", ""), timezone.localdate(now))
        found = gather(**_lists(user, first, now))
        for booking in found["upcoming"]:
            booking.asked = may_assure(booking, now)
            booking.open_offers = [offer for offer in found["offers"] if offer.booking_id == booking.pk]
        minutes = HoursEntry.objects.filter(person__user=user).minutes()
        return super().get_context_data(
            upcoming=found["upcoming"],
            turns=turns_of(user, now),
            asked=bool(found["asked"]),
            hours=minutes // 60,
            minutes=minutes % 60,
            total_minutes=minutes,
            token=next(iter(found["tokens"]), None),
            first=first,
            before=written_month(previous_month(first)),
            after=written_month(next_month(first)),
            weeks=_weeks(first, found["month"]),
            **kwargs,
        )


def _lists(user, first: date, now: datetime) -> dict[str, QuerySet]:
    """What he reads beside the past: the visits to come, those of the month of `first` that stand or took place, the
    handovers that are open, those that are asked of him, and his calendar's address."""
    visits, offers, weeks = Booking.objects.of(user).with_session(), SwapOffer.objects.open(now), weeks_of(first)
    begins, ends = moments(weeks[0][0], weeks[-1][-1])
    return {
        "upcoming": visits.upcoming(now),
        "month": visits.exclude(state__in=states.OFF).filter(starts_at__gte=begins, starts_at__lt=ends),
        "offers": offers.filter(booking__person__user=user),
        "asked": offers.filter(to_person__user=user),
        "tokens": CalendarToken.objects.visible_to(user).working(),
    }


def _weeks(first: date, visits: Iterable[Booking]) -> list[list[Day]]:
    """The month that begins on `first`, with these visits."""
    entries = by_day(map(_entry, visits))
    return [[Day(day, day.month == first.month, entries.get(day, [])) for day in week] for week in weeks_of(first)]


def _entry(visit: Booking) -> tuple[date, Entry]:
    starts, session = timezone.localtime(visit.starts_at), visit.session
    url = reverse("session_detail", args=[session.uuid])
    mark = Mark(visit.state, str(visit.shown_state), "wait" if visit.awaits_school else visit.tone)
    return starts.date(), Entry(starts.time(), url, session.school.name, session.topic.name, [mark], "visit")
