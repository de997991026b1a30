from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import reduce
from operator import or_

import django_filters as filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal import access, audit
from portal.models import LogEntry, OutgoingMessage

LONGEST = 100  # characters that are looked for; each word is a condition of its own in some lists


def _day() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def _midnight(day: date) -> datetime:
    """The first moment of that day in Almaty, or of one as far away as is of any use: clocks end with the year 9999."""
    return timezone.make_aware(datetime.combine(min(max(day, date(2000, 1, 1)), date(2100, 1, 1)), time.min))


class LogFilter(filters.FilterSet):
    kind = filters.ChoiceFilter(choices=LogEntry.Kind.choices, label=_("Change or view"), empty_label=_("All"))
    actor_name = filters.CharFilter(lookup_expr="icontains", label=_("Who"), max_length=LONGEST)
    action = filters.CharFilter(label=_("What"), method="by_action")
    person = filters.CharFilter(label=_("Code of the person"), method="about_person")
    object_code = filters.CharFilter(label=_("Code of the record"))
    duties = filters.ChoiceFilter(
        choices=[("mixed", _("by administrators who also work on cases"))],
        label=_("Duties"),
        empty_label=_("All"),
        method="by_duties",
    )
    date_from = filters.DateFilter(label=_("From"), widget=_day(), method="since")
    date_to = filters.DateFilter(label=_("Until"), widget=_day(), method="until")

    class Meta:
        model = LogEntry
        fields = []

    def by_action(self, entries: QuerySet[LogEntry], name: str, value: str) -> QuerySet[LogEntry]:
        """The code of a change, or words of what was looked at, as the list shows them."""
        seen = [code for code, words in audit.VIEWS.items() if value.casefold() in str(words).casefold()]
        return entries.filter(Q(action=value) | Q(kind=LogEntry.Kind.VIEW, action__in=seen))

    def about_person(self, entries: QuerySet[LogEntry], name: str, value: str) -> QuerySet[LogEntry]:
        """The person and everything that is his."""
        return entries & audit.about_person(value.strip(), self.request.user)

    def by_duties(self, entries: QuerySet[LogEntry], name: str, value: str) -> QuerySet[LogEntry]:
        """What administrators did and opened while they held a role of cases too."""
        of_cases = [Q(actor_roles__contains=role) for role in sorted(access.OF_CASES)]
        return entries.filter(reduce(or_, of_cases), actor_roles__contains=access.Role.ADMINISTRATOR)

    def since(self, entries: QuerySet[LogEntry], name: str, value: date) -> QuerySet[LogEntry]:
        return entries.filter(at__gte=_midnight(value))

    def until(self, entries: QuerySet[LogEntry], name: str, value: date) -> QuerySet[LogEntry]:
        """The last day counts."""
        return entries.filter(at__lt=_midnight(value) + timedelta(days=1))


class LetterFilter(filters.FilterSet):
    address = filters.CharFilter(lookup_expr="icontains", label=_("To"), max_length=LONGEST)
    letter = filters.CharFilter(lookup_expr="icontains", label=_("Letter"), max_length=LONGEST)
    state = filters.ChoiceFilter(choices=OutgoingMessage.State.choices, label=_("State"))
    channel = filters.ChoiceFilter(choices=OutgoingMessage.Channel.choices, label=_("Channel"))

    class Meta:
        model = OutgoingMessage
        fields = []
