from __future__ import annotations

import django_filters as filters
from django import forms
from django.utils.translation import gettext_lazy as _

from events.models import SchoolSession
from events.states import SessionState
from portal import access
from portal.models import District, Language, School, Topic


def _day() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class SessionFilter(filters.FilterSet):
    """Where, what about, in which language and when."""

    district = filters.ModelChoiceFilter(
        field_name="school__district", queryset=District.objects.all(), label=_("District"), empty_label=_("All")
    )
    topic = filters.ModelChoiceFilter(queryset=Topic.objects.all(), label=_("Topic"), empty_label=_("All"))
    language = filters.ModelChoiceFilter(queryset=Language.objects.all(), label=_("Language"), empty_label=_("All"))
    date_from = filters.DateFilter(field_name="starts_at", lookup_expr="date__gte", label=_("From"), widget=_day())
    date_to = filters.DateFilter(field_name="starts_at", lookup_expr="date__lte", label=_("Until"), widget=_day())

    class Meta:
        model = SchoolSession
        fields = []


class MentorSessionFilter(SessionFilter):
    show = filters.ChoiceFilter(
        label=_("Show"),
        choices=[("fit", _("Open sessions that suit me")), ("all", _("All sessions"))],
        empty_label=None,
        method="already_chosen",
    )

    def already_chosen(self, queryset, name, value):
        """The view has chosen: what suits somebody is not a question to one column."""
        return queryset


def own_schools(request):
    return School.objects.filter(access.within(request.user, "session.view", district="district", school="pk"))


class StaffSessionFilter(SessionFilter):
    school = filters.ModelChoiceFilter(queryset=own_schools, label=_("School"), empty_label=_("All"))
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
        return queryset.over().filter(taken__gt=0)
