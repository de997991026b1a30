"""Sessions to choose from, and one of them."""

from __future__ import annotations

from django.utils import timezone
from django.views.generic import DetailView
from django_filters.views import FilterView

from events.filters import MentorSessionFilter
from events.forms import BookForm, CancelForm, NoteForm
from events.models import SchoolSession
from events.services.assuring import may_assure
from events.services.booking import is_late
from events.services.guards import fitting, kilometres, offered, situation_of, why_not
from events.services.line import still_against
from events.services.needs import districts_in_need
from events.services.standing import later_in_series
from events.views.swaps import handover_of, offers_in
from events.views.waiting import turn_of
from mentors.models import Limits
from mentors.permissions import mentor_of
from mentors.travel import way_of
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
    paginate_by = 12
    strict = False

    def get_filterset(self, filterset_class):
        """What suits him is asked for once the filter has read how far it is to each school."""
        self.now = timezone.now()
        self.situation = situation_of(mentor_of(self.request.user), self.now)
        home, at_most = self.situation.person.district, self.situation.limits.max_km
        asked = {"data": self.request.GET or None, "request": self.request, "home": home, "at_most": at_most}
        filterset = filterset_class(queryset=SchoolSession.objects.none(), **asked)
        filterset.queryset = self._sessions(filterset.ways)
        return filterset

    def _sessions(self, ways):
        sessions = SchoolSession.objects.visible_to(self.request.user).upcoming(self.now).order_by("starts_at", "pk")
        if not self.shows_all:
            return fitting(sessions, self.situation, self.now, ways)
        sessions = offered(sessions, self.situation)
        return sessions.accompanied_first() if self.situation.is_beginner else sessions

    @property
    def shows_all(self) -> bool:
        return self.request.GET.get("show") == "all"

    def paginate_queryset(self, queryset, page_size):
        """Filters and order are asked of keys; whole rows are read of one page, and put in that order again."""
        keys = queryset.values_list("pk", flat=True)
        if not self.shows_all:
            keys = list(keys)  # to judge what suits him takes longer than to read the keys: once is enough
        paginator, page, keys, has_others = super().paginate_queryset(keys, page_size)
        page.object_list = sorted(SchoolSession.objects.filter(pk__in=keys).for_cards(), key=self._place)
        return paginator, page, page.object_list, has_others

    def _place(self, session: SchoolSession) -> tuple:
        form, km = self.filterset.form, self.filterset.ways.get(session.school_id)
        if km is not None and form.is_valid() and form.cleaned_data["sort"] == "distance":
            return km, session.starts_at, session.pk
        alone = self.shows_all and self.situation.is_beginner and not session.experienced
        return alone, session.starts_at, session.pk

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        for session in context["object_list"]:
            session.way = way_of(kilometres(self.situation.person.district, session.school), self.situation.limits)
        mine = {booking.session_id for booking in self.situation.held}
        context["rows"] = [
            (session, session.pk in mine, [] if session.pk in mine else why_not(self.situation, session, self.now))
            for session in context["object_list"]
        ]
        for session, _booked, reasons in context["rows"]:
            session.turn = self.situation.line.get(session.pk)
            session.may_join = bool(reasons) and not session.turn and not still_against(reasons)
        context["showing_all"] = self.shows_all
        lacking = SchoolSession.objects.visible_to(self.request.user).lacking_mentors(self.now)
        context["districts"] = districts_in_need(lacking, self.now, self.filterset.lists["district"])
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
        person = (
            Person.objects.filter(user=self.request.user, approvals__isnull=False).select_related("district").first()
        )
        context["mentor"] = person
        if person is None:
            return context
        limits = Limits.objects.filter(person=person).first() or Limits()
        context["way"] = way_of(kilometres(person.district, session.school), limits)
        bookings = list(session.bookings.filter(person=person).select_related("session").order_by("-pk"))
        context["booking"] = booking = next((row for row in bookings if row.holds), None)
        context["earlier"] = [row for row in bookings if not row.holds]
        if booking:
            context["cancel_form"] = CancelForm(booking=booking) if session.starts_at > now else None
            context["late"] = is_late(booking, now)
            if not booking.note and session.starts_at > now:
                context.setdefault("note_form", NoteForm())
            booking.asked = may_assure(booking, now)
            context |= handover_of(booking, now)
        else:
            situation = situation_of(person, now)
            context.setdefault("book_form", BookForm(later=later_in_series(session, self.request.user, now).count()))
            context["reasons"] = why_not(situation, session, now)
            context |= turn_of(situation, session, context["reasons"], now)
            context["offers"] = offers_in(session, situation, now)
        return context
