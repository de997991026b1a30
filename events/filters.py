from __future__ import annotations

from datetime import date, datetime

import django_filters as filters
from django import forms
from django.db import models
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from events.choices import ListedFilter, ListedFilterSet
from events.models import Feedback, SchoolSession, SessionRequest
from events.months import moments
from events.services.calendar_days import GRADES, school_year
from events.services.guards import ways_from
from events.states import ACTIVE, RequestState, SessionState
from portal import access
from portal.models import District, Language, NonTeachingPeriod, School, Topic


def _day() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def _day_of(value: date) -> tuple[datetime, datetime]:
    """The beginning and the end of that day, or of one as far away as is of any use: clocks end with the year 9999."""
    day = min(max(value, date(2000, 1, 1)), date(2100, 1, 1))
    return moments(day, day)


def _distances() -> list[tuple[int, str]]:
    return [(km, gettext("%(number)s km") % {"number": km}) for km in (5, 10, 25, 50, 100)]


class SessionFilter(ListedFilterSet):
    """Where, what about, in which language and when."""

    district = ListedFilter(
        field_name="school__district", queryset=District.objects.all(), label=_("District"), empty_label=_("All")
    )
    topic = ListedFilter(queryset=Topic.objects.all(), label=_("Topic"), empty_label=_("All"))
    language = ListedFilter(queryset=Language.objects.all(), label=_("Language"), empty_label=_("All"))
    date_from = filters.DateFilter(label=_("From"), widget=_day(), method="since")
    date_to = filters.DateFilter(label=_("Until"), widget=_day(), method="until")

    class Meta:
        model = SchoolSession
        fields = []

    def since(self, queryset, name, value):
        """From the first moment of that day in Almaty: so written, the order in time is used for it."""
        return queryset.filter(starts_at__gte=_day_of(value)[0])

    def until(self, queryset, name, value):
        return queryset.filter(starts_at__lt=_day_of(value)[1])


class MentorSessionFilter(SessionFilter):
    """What he looks for; how far it is from the centre of his district, and what comes first."""

    grade = filters.ChoiceFilter(
        choices=[(number, number) for number in GRADES], label=_("Class"), empty_label=_("All")
    )
    within = filters.ChoiceFilter(
        choices=_distances,
        label=_("Distance, at most"),
        empty_label=_("any"),
        method="near_enough",
    )
    sort = filters.ChoiceFilter(
        label=_("What comes first"),
        choices=[("date", _("the earliest")), ("distance", _("the nearest"))],
        empty_label=None,
        method="in_order",
    )
    show = filters.ChoiceFilter(
        label=_("Show"),
        choices=[("fit", _("Open sessions that suit me")), ("all", _("All sessions"))],
        empty_label=None,
        method="already_chosen",
    )

    def __init__(self, *args, home=None, at_most=None, **kwargs):
        """`home` is the mentor's district, without which nobody is asked for distances; `at_most` the kilometres that he
        wants to go."""
        self.home = home
        super().__init__(*args, **kwargs)
        if home is None:  # a distance would be from nowhere
            del self.filters["within"], self.filters["sort"]
        if at_most is not None or self.data.get("within") or self.data.get("sort") == "distance":
            self.also = {"places": School.objects.only("latitude", "longitude")}

    @cached_property
    def ways(self) -> dict[int, float]:
        """The kilometres from its centre to each school; read only where they choose or order sessions."""
        return ways_from(self.home, self.lists["places"]) if self.also else {}

    def already_chosen(self, queryset, name, value):
        """The view has chosen: what suits somebody is not a question to one column."""
        return queryset

    def near_enough(self, queryset, name, value):
        near = [school for school, way in self.ways.items() if way <= int(value)]
        return queryset.filter(school__in=near) if self.ways else queryset

    def in_order(self, queryset, name, value):
        return queryset.closest_first(self.home) if value == "distance" and self.home else queryset


def own_schools(request):
    mine = access.within(request.user, "session.view", district="district", school="pk")
    return School.objects.filter(mine).only("name_kk", "name_ru", "name_en")


class StaffSessionFilter(SessionFilter):
    school = ListedFilter(queryset=own_schools, label=_("School"), empty_label=_("All"))
    state = filters.ChoiceFilter(choices=SessionState.choices, label=_("State"), empty_label=_("All"))
    attention = filters.ChoiceFilter(
        label=_("Look at"),
        choices=[
            ("adult", _("No adult named yet")),
            ("places", _("Free places")),
            ("attendance", _("No attendance yet")),
        ],
        empty_label=_("everything"),
        method="wanting",
    )

    def wanting(self, queryset, name, value):
        if value == "adult":
            return queryset.upcoming().filter(school_adult_name="").exclude(state=SessionState.CANCELLED)
        if value == "places":
            return queryset.open()
        return queryset.awaiting_word()


class BoardFilter(StaffSessionFilter):
    """Of the board; what is cancelled is left out unless it is asked for. The page that is open stays open."""

    language = date_from = date_to = None
    attention = filters.ChoiceFilter(
        label=_("Look at"),
        choices=[("adult", _("No adult named yet")), ("places", _("Free places"))],
        empty_label=_("everything"),
        method="wanting",
    )
    view = filters.CharFilter(method="already_chosen", widget=forms.HiddenInput)
    week = filters.CharFilter(method="already_chosen", widget=forms.HiddenInput)
    month = filters.CharFilter(method="already_chosen", widget=forms.HiddenInput)
    day = filters.CharFilter(method="already_chosen", widget=forms.HiddenInput)

    def already_chosen(self, queryset, name, value):
        """The view has chosen the days."""
        return queryset

    def filter_queryset(self, queryset):
        if not self.form.cleaned_data.get("state"):
            queryset = queryset.exclude(state=SessionState.CANCELLED)
        return super().filter_queryset(queryset)


def request_tabs(user) -> dict[str, tuple[str, models.Q]]:
    """The parts of the list of requests by name: a title and a condition."""
    return {
        "": (_("New"), models.Q(state=RequestState.SUBMITTED)),
        "mine": (_("Mine"), models.Q(owner=user, state__in=ACTIVE)),
        "school": (_("Waiting for the school"), models.Q(state=RequestState.NEEDS_INFO)),
        "accepted": (_("To be planned"), models.Q(state=RequestState.ACCEPTED)),
        "all": (_("All"), ~models.Q(pk__in=[])),
    }


class RequestFilter(filters.FilterSet):
    """The part of the tab, narrowed; a chosen state is looked for in all of them."""

    tab = filters.CharFilter(method="in_tab", widget=forms.HiddenInput)
    district = filters.ModelChoiceFilter(
        field_name="school__district", queryset=District.objects.all(), label=_("District"), empty_label=_("All")
    )
    school = filters.ModelChoiceFilter(queryset=own_schools, label=_("School"), empty_label=_("All"))
    topic = filters.ModelChoiceFilter(queryset=Topic.objects.all(), label=_("Topic"), empty_label=_("All"))
    state = filters.ChoiceFilter(
        label=_("State"),
        empty_label=_("All"),
        choices=[(state.value, state.label) for state in RequestState if state != RequestState.DRAFT],
    )

    class Meta:
        model = SessionRequest
        fields = []

    def in_tab(self, queryset, name, value):
        """See `filter_queryset`: an empty tab is one too."""
        return queryset

    def filter_queryset(self, queryset):
        if not self.form.cleaned_data.get("state"):
            parts = request_tabs(self.request.user)
            queryset = queryset.filter(parts.get(self.form.cleaned_data.get("tab"), parts[""])[1])
        return super().filter_queryset(queryset)


def _school_years() -> list[tuple[int, str]]:
    now = school_year(timezone.localdate())
    return [(year, f"{year}/{(year + 1) % 100:02}") for year in range(now - 2, now + 3)]


class PeriodFilter(filters.FilterSet):
    """Days without lessons of a school year."""

    year = filters.ChoiceFilter(label=_("School year"), choices=_school_years, empty_label=_("All"), method="in_year")
    kind = filters.ChoiceFilter(choices=NonTeachingPeriod.Kind.choices, label=_("Kind"), empty_label=_("All"))

    class Meta:
        model = NonTeachingPeriod
        fields = []

    def in_year(self, queryset, name, value):
        return queryset.between(date(int(value), 9, 1), date(int(value) + 1, 8, 31))


class FeedbackFilter(filters.FilterSet):
    """Who said it, about which place and topic, and when."""

    side = filters.ChoiceFilter(choices=Feedback.Side.choices, label=_("Said by"), empty_label=_("All"))
    district = filters.ModelChoiceFilter(
        field_name="booking__session__school__district",
        queryset=District.objects.all(),
        label=_("District"),
        empty_label=_("All"),
    )
    school = filters.ModelChoiceFilter(
        field_name="booking__session__school", queryset=own_schools, label=_("School"), empty_label=_("All")
    )
    topic = filters.ModelChoiceFilter(
        field_name="booking__session__topic", queryset=Topic.objects.all(), label=_("Topic"), empty_label=_("All")
    )
    date_from = filters.DateFilter(field_name="given_at", lookup_expr="date__gte", label=_("From"), widget=_day())
    date_to = filters.DateFilter(field_name="given_at", lookup_expr="date__lte", label=_("Until"), widget=_day())

    class Meta:
        model = Feedback
        fields = []
