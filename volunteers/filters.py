from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal import access
from portal.filters import LONGEST
from portal.models import District, User
from volunteers.clearance import standing_there
from volunteers.models import Application, Concern, Organisation, Person, ProgrammeRole
from volunteers.states import HIS_TURN, UNSEEN_BY_STAFF, USUAL_DAYS, ApplicationState

CODE = re.compile(r"(?:[AP]-)?(?P<start>[0-9A-F]{8})", re.IGNORECASE)


def _named(queryset: QuerySet, text: str, prefix: str) -> QuerySet:
    """Every word occurs in one of the parts of the name, in any order and case."""
    for word in text.split():
        parts = Q()
        for field in ("family_name", "given_name", "patronymic"):
            parts |= Q(**{f"{prefix}{field}__icontains": word})
        queryset = queryset.filter(parts)
    return queryset


def named_or_coded(queryset: QuerySet, text: str, prefix: str = "") -> QuerySet:
    """By the code of the record where it reads like one, else by the name of the person."""
    if match := CODE.fullmatch(text.strip()):
        return queryset.filter(uuid__istartswith=match["start"].lower())
    return _named(queryset, text, prefix)


def late(today: date) -> Q:
    """Cases that have been in their stage for more days than `USUAL_DAYS` calls too long; days as in the queue."""
    condition = Q(pk__in=[])
    for state, (_usual, most) in USUAL_DAYS.items():
        since = timezone.make_aware(datetime.combine(today - timedelta(days=most), time.min))
        condition |= Q(state=state, state_since__lt=since)
    return condition


def tabs(user: User, today: date) -> dict[str, tuple[str, Q]]:
    """The parts of the queue by name: a title and a condition. Those on hold are the safeguarding lead's list."""
    parts = {
        "": (_("All open"), ~Q(pk__in=[])),
        "mine": (_("Mine"), Q(owner=user) | Q(interviewer=user)),
        "unassigned": (_("Nobody's yet"), Q(owner=None)),
        "applicant": (_("Waiting for applicant"), Q(state__in=HIS_TURN)),
        "late": (_("Too long in a stage"), late(today)),
        "hold": (_("On hold"), Q(state=ApplicationState.ON_HOLD)),
    }
    if not access.allows(user, "application.view"):
        return {name: parts[name] for name in ("", "late")}
    if not access.allows(user, "desk.lead"):
        del parts["hold"]
    return parts


class ApplicationFilter(django_filters.FilterSet):
    """The queue: open cases, unless a state is chosen or a name or code is looked for."""

    tab = django_filters.CharFilter(method="filter_tab", widget=forms.HiddenInput)
    name = django_filters.CharFilter(label=_("Name or code"), method="filter_name", max_length=LONGEST)
    state = django_filters.ChoiceFilter(
        label=_("State"),
        empty_label=_("All open"),
        choices=[(state.value, state.label) for state in ApplicationState if state not in UNSEEN_BY_STAFF],
    )
    district = django_filters.ModelChoiceFilter(
        label=_("District"), field_name="person__district", queryset=District.objects.all(), empty_label=_("All")
    )
    role = django_filters.ModelChoiceFilter(label=_("Role"), queryset=ProgrammeRole.objects.all(), empty_label=_("All"))
    organisation = django_filters.ModelChoiceFilter(
        label=_("Organisation"), queryset=Organisation.objects.filter(is_active=True), empty_label=_("All")
    )

    class Meta:
        model = Application
        fields: list[str] = []

    def filter_name(self, queryset, name, value):
        return named_or_coded(queryset, value, "person__")

    def filter_tab(self, queryset, name, value):
        parts = tabs(self.request.user, timezone.localdate())
        return queryset.filter(parts[value][1]) if value in parts else queryset

    def filter_queryset(self, queryset):
        queryset = super().filter_queryset(queryset)
        chosen = self.form.cleaned_data
        return queryset if chosen.get("state") or chosen.get("name") else queryset.open()


class PersonFilter(django_filters.FilterSet):
    """People with an approval, past ones included. Standing is computed, and asked of all who may stand there."""

    name = django_filters.CharFilter(label=_("Name"), method="filter_name", max_length=LONGEST)
    district = django_filters.ModelChoiceFilter(
        label=_("District"), queryset=District.objects.all(), empty_label=_("All")
    )
    standing = django_filters.ChoiceFilter(
        label=_("Standing"),
        method="filter_standing",
        choices=[
            ("cleared", _("cleared")),
            ("not_cleared", _("not cleared")),
            ("without_supervisor", _("without supervisor")),
            ("expiring", _("ends within 60 days")),
            ("suspended", _("suspended")),
            ("paused", _("on a pause")),
            ("exited", _("has left")),
        ],
        empty_label=_("All"),
    )

    class Meta:
        model = Person
        fields: list[str] = []

    def filter_name(self, queryset, name, value):
        return _named(queryset, value, "")

    def filter_standing(self, queryset, name, value):
        return standing_there(queryset, value)


class ConcernFilter(django_filters.FilterSet):
    """The register of concerns: the open ones, unless another state is chosen."""

    state = django_filters.ChoiceFilter(
        label=_("State"),
        method="filter_state",
        choices=[("closed", _("Closed")), ("all", _("All"))],
        empty_label=_("All open"),
    )
    level = django_filters.ChoiceFilter(label=_("Level"), choices=Concern.Level.choices, empty_label=_("All"))

    class Meta:
        model = Concern
        fields: list[str] = []

    def filter_state(self, queryset, name, value):
        return queryset.filter(closed_at__isnull=False) if value == "closed" else queryset

    def filter_queryset(self, queryset):
        queryset = super().filter_queryset(queryset)
        return queryset if self.form.cleaned_data.get("state") else queryset.open()
