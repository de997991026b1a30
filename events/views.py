"""The pages of a mentor: sessions to choose from, his own visits, his calendar."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db.models import F
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone, translation
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.http import require_safe
from django.views.generic import DetailView, ListView
from django_filters.views import FilterView

from events import calendars, services
from events.filters import MentorSessionFilter
from events.forms import CancelForm
from events.models import Booking, CalendarToken, HoursEntry, SchoolSession
from events.services.booking import is_late
from events.services.guards import fitting, situation_of, why_not
from events.services.needs import districts_in_need
from mentors.permissions import mentor_of
from portal import crypto
from volunteers.models import Person

FEED_KEEPS = timedelta(days=365)  # at least 30 days after their end (I19)
FETCH_NOTED_EVERY = timedelta(hours=1)


class NearestPage:
    """Paging where a page that is not there shows the nearest one."""

    def paginate_queryset(self, queryset, page_size):
        paginator = self.get_paginator(queryset, page_size)
        page = paginator.get_page(self.request.GET.get("page"))
        return paginator, page, page.object_list, page.has_other_pages()


class SessionList(NearestPage, FilterView):
    """Sessions to book. At first those that suit the mentor; on request all, each with the reasons why not."""

    filterset_class = MentorSessionFilter
    template_name = "events/session_list.html"
    paginate_by = 20
    strict = False

    def get_queryset(self):
        self.now = timezone.now()
        self.situation = situation_of(mentor_of(self.request.user), self.now)
        sessions = SchoolSession.objects.visible_to(self.request.user).for_cards().upcoming(self.now)
        if self.request.GET.get("show") == "all":
            return sessions.accompanied_first() if self.situation.is_beginner else sessions
        return fitting(sessions, self.situation, self.now)

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        mine = {booking.session_id for booking in self.situation.held}
        context["rows"] = [
            (session, session.pk in mine, [] if session.pk in mine else why_not(self.situation, session, self.now))
            for session in context["object_list"]
        ]
        context["showing_all"] = self.request.GET.get("show") == "all"
        visible = SchoolSession.objects.visible_to(self.request.user).with_places()
        lacking = visible.in_need(self.now).filter(taken__lt=F("seats_min"))
        context["districts"] = districts_in_need(lacking, self.now)
        context["is_beginner"] = self.situation.is_beginner
        return context


class SessionDetail(DetailView):
    """One session: for a mentor the button or the reasons why there is none, and his own booking."""

    slug_field = slug_url_kwarg = "uuid"
    template_name = "events/session_detail.html"
    context_object_name = "session"

    def get_queryset(self):
        return SchoolSession.objects.visible_to(self.request.user).for_cards()

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        session, now = self.object, timezone.now()
        person = Person.objects.filter(user=self.request.user, approvals__isnull=False).first()
        context["mentor"] = person
        if person is None:
            return context
        bookings = list(session.bookings.filter(person=person).select_related("session").order_by("-pk"))
        context["booking"] = booking = next((row for row in bookings if row.holds), None)
        context["earlier"] = [row for row in bookings if not row.holds]
        if booking:
            context["cancel_form"] = CancelForm(booking=booking) if session.starts_at > now else None
            context["late"] = is_late(booking, now)
        else:
            context["reasons"] = why_not(situation_of(person, now), session, now)
        return context


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
        bookings = Booking.objects.of(self.request.user).with_session().upcoming()
        minutes = HoursEntry.objects.filter(person__user=self.request.user).minutes()
        token = CalendarToken.objects.visible_to(self.request.user).working().first()
        return super().get_context_data(
            upcoming=bookings, hours=minutes // 60, minutes=minutes % 60, total_minutes=minutes, token=token, **kwargs
        )


class CalendarAddress(View):
    http_method_names = ["get", "post"]

    def get(self, request):
        return redirect("my_bookings")

    def post(self, request):
        mentor_of(request.user)
        services.new_address(by=request.user)
        messages.success(request, _("This is your new calendar address. An older one no longer works."))
        return redirect("my_bookings")


@login_not_required
@require_safe
def calendar_feed(request, token: str):
    """Whoever has the address reads the visits of its owner; an unknown or revoked address answers 404."""
    now = timezone.now()
    found = CalendarToken.objects.working().filter(token_hash=crypto.token_hash(token)).select_related("user").first()
    if found is None:
        raise Http404
    if found.last_fetched_at is None or found.last_fetched_at < now - FETCH_NOTED_EVERY:
        CalendarToken.objects.filter(pk=found.pk).update(last_fetched_at=now)
    bookings = list(Booking.objects.of(found.user).with_session().filter(ends_at__gt=now - FEED_KEEPS))
    with translation.override(found.user.language):
        content = calendars.feed(bookings)
    response = HttpResponse(content, content_type=f"{calendars.MIME}; charset=utf-8")
    response["Cache-Control"] = "private, no-cache"
    response["ETag"] = etag = quote_etag(hashlib.sha256(content).hexdigest())
    return get_conditional_response(request, etag=etag, response=response)
