from __future__ import annotations

from datetime import timedelta

import django_filters
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.models import District
from volunteers.clearance import clearances
from volunteers.models import Application, Person, ProgrammeRole
from volunteers.states import UNSEEN_BY_STAFF, ApplicationState

EXPIRING_DAYS = 60


def _named(queryset: QuerySet, text: str, prefix: str) -> QuerySet:
    """Every word occurs in one of the parts of the name, in any order and case."""
    for word in text.split():
        parts = Q()
        for field in ("family_name", "given_name", "patronymic"):
            parts |= Q(**{f"{prefix}{field}__icontains": word})
        queryset = queryset.filter(parts)
    return queryset


class ApplicationFilter(django_filters.FilterSet):
    """The queue: open cases, unless a state is chosen or a name is looked for."""

    name = django_filters.CharFilter(label=_("Name"), method="filter_name")
    state = django_filters.ChoiceFilter(
        label=_("State"),
        empty_label=_("All open"),
        choices=[(state.value, state.label) for state in ApplicationState if state not in UNSEEN_BY_STAFF],
    )
    district = django_filters.ModelChoiceFilter(
        label=_("District"), field_name="person__district", queryset=District.objects.all(), empty_label=_("All")
    )
    role = django_filters.ModelChoiceFilter(label=_("Role"), queryset=ProgrammeRole.objects.all(), empty_label=_("All"))
    whose = django_filters.ChoiceFilter(
        label=_("Whose"),
        method="filter_whose",
        choices=[("mine", _("Mine")), ("unassigned", _("Nobody's yet"))],
        empty_label=_("All"),
    )

    class Meta:
        model = Application
        fields: list[str] = []

    def filter_name(self, queryset, name, value):
        return _named(queryset, value, "person__")

    def filter_whose(self, queryset, name, value):
        user = self.request.user
        return (
            queryset.filter(owner=None)
            if value == "unassigned"
            else queryset.filter(Q(owner=user) | Q(interviewer=user))
        )

    def filter_queryset(self, queryset):
        queryset = super().filter_queryset(queryset)
        chosen = self.form.cleaned_data
        return queryset if chosen.get("state") or chosen.get("name") else queryset.open()


class PersonFilter(django_filters.FilterSet):
    """People with an approval, past ones included. Standing is computed, so it is asked of all of them at once."""

    name = django_filters.CharFilter(label=_("Name"), method="filter_name")
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
        ],
        empty_label=_("All"),
    )

    class Meta:
        model = Person
        fields: list[str] = []

    def filter_name(self, queryset, name, value):
        return _named(queryset, value, "")

    def filter_standing(self, queryset, name, value):
        soon = timezone.localdate() + timedelta(days=EXPIRING_DAYS)
        fits = {
            "cleared": lambda answer: answer.ok,
            "not_cleared": lambda answer: not answer.ok,
            "without_supervisor": lambda answer: any(reason.code == "no_supervisor" for reason in answer.reasons),
            "expiring": lambda answer: answer.ok and answer.until <= soon,
            "suspended": lambda answer: answer.standing == "suspended",
        }[value]
        return queryset.filter(pk__in=[pk for pk, answer in clearances(queryset).items() if fits(answer)])
