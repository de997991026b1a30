"""Sessions to choose from, and one of them."""

from __future__ import annotations

from django.utils import timezone
from django.views.generic import DetailView
from django_filters.views import FilterView

from events.filters import MentorSessionFilter
from events.forms import CancelForm
from events.models import SchoolSession
from events.services.booking import is_late
from events.services.guards import fitting, offered, situation_of, ways_from, why_not
from events.services.needs import districts_in_need
from events.views.swaps import handover_of, offers_in
from events.views.waiting import turn_of
from mentors.permissions import mentor_of
from volunteers.models import Person


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
        self.ways = ways_from(self.situation.person.district)
        sessions = SchoolSession.objects.visible_to(self.request.user).for_cards().upcoming(self.now)
        if self.request.GET.get("show") == "all":
            sessions = offered(sessions, self.situation)
            return sessions.accompanied_first() if self.situation.is_beginner else sessions
        return fitting(sessions, self.situation, self.now)

    def get_filterset_kwargs(self, filterset_class):
        kwargs = super().get_filterset_kwargs(filterset_class)  # asks for the rows, and so for the situation
        return {**kwargs, "home": self.situation.person.district, "ways": self.ways}

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        for session in context["object_list"]:
            session.km = self.ways.get(session.school_id)
        mine = {booking.session_id for booking in self.situation.held}
        context["rows"] = [
            (session, session.pk in mine, [] if session.pk in mine else why_not(self.situation, session, self.now))
            for session in context["object_list"]
        ]
        context["showing_all"] = self.request.GET.get("show") == "all"
        lacking = SchoolSession.objects.visible_to(self.request.user).lacking_mentors(self.now)
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
            context |= handover_of(booking, now)
        else:
            situation = situation_of(person, now)
            context["reasons"] = why_not(situation, session, now)
            context |= turn_of(situation, session, context["reasons"])
            context["offers"] = offers_in(session, situation, now)
        return context
