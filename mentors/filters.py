from __future__ import annotations

import django_filters
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from mentors.querysets import overdue
from volunteers.clearance import SCHOOL_SESSION, judge, load_facts, load_rules
from volunteers.models import Person
from volunteers.service_record import service_records


class BoardFilter(django_filters.FilterSet):
    """Whom to see to. What is computed is asked of all in reach at once, in a fixed number of queries."""

    name = django_filters.CharFilter(label=_("Name"), method="filter_name")
    show = django_filters.ChoiceFilter(
        label=_("Show"),
        method="filter_show",
        choices=[
            ("mine", _("Mine")),
            ("alone", _("without supervisor")),
            ("overdue", _("talk overdue")),
            ("ending", _("ends within 60 days")),
            ("probation", _("first visits")),
        ],
        empty_label=_("All"),
    )

    class Meta:
        model = Person
        fields: list[str] = []

    def filter_name(self, queryset, name, value):
        for word in value.split():
            queryset = queryset.filter(Q(family_name__icontains=word) | Q(given_name__icontains=word))
        return queryset

    def filter_show(self, queryset, name, value):
        if value == "mine":
            return queryset.filter(supervision__supervisor=self.request.user).distinct()
        if value == "alone":
            return queryset.filter(alone=True)
        if value == "overdue":
            return overdue(queryset)
        answers = board_facts(list(queryset.values_list("pk", flat=True)))
        return queryset.filter(pk__in=[pk for pk, fact in answers.items() if fact[value]])


def board_facts(ids: list[int]) -> dict[int, dict]:
    """For each person his clearance today (`clearance`), whether it ends soon (`ending`), his `visits`, and whether his
    first visits are not done yet (`probation`)."""
    today, facts, rules, records = timezone.localdate(), load_facts(ids), load_rules(), service_records(ids)
    found = {}
    for pk in ids:
        answer, visits = judge(facts[pk], rules, SCHOOL_SESSION, today), records[pk].visits
        asked = [granted.probation_visits for granted in facts[pk].approvals if granted.interval.covers(today)]
        found[pk] = {
            "clearance": answer,
            "ending": answer.renewal_due,
            "visits": visits,
            "probation": bool(asked) and visits < min(asked),
        }
    return found
