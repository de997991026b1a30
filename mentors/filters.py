from __future__ import annotations

from collections import defaultdict

import django_filters
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from mentors.models import CheckIn
from mentors.querysets import overdue
from portal.filters import LONGEST
from portal.sets import among
from volunteers.clearance import SCHOOL_SESSION, judge, load_facts, load_rules, standing_there
from volunteers.models import Approval, Person, SupervisorAssignment
from volunteers.service_record import service_records


class BoardFilter(django_filters.FilterSet):
    """Whom to see to. What is computed is asked of all in reach at once, in a fixed number of queries."""

    name = django_filters.CharFilter(label=_("Name"), method="filter_name", max_length=LONGEST)
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
            mine = SupervisorAssignment.objects.filter(supervisor=self.request.user)
            return queryset.filter(pk__in=mine.values("person"))
        if value == "alone":
            return queryset.filter(alone=True)
        if value == "overdue":
            return overdue(queryset, CheckIn.objects.all())
        if value == "ending":
            return standing_there(queryset, "expiring")
        return queryset.filter(pk__in=among(on_probation(list(queryset.values_list("pk", flat=True)))))


def on_probation(ids: list[int]) -> list[int]:
    """Those of these people whose first visits, of all roles they are approved for today, are not done yet."""
    today, asked = timezone.localdate(), defaultdict(list)
    approvals = Approval.objects.filter(person__in=among(ids), valid_from__lte=today, valid_to__gte=today)
    serving = approvals.with_leaving().filter(Q(left_on=None) | Q(left_on__gt=today)).order_by()
    for person_id, visits in serving.values_list("person", "probation_visits"):
        asked[person_id].append(visits)
    new = {pk: min(visits) for pk, visits in asked.items() if min(visits)}
    records = service_records(new)
    return [pk for pk, visits in new.items() if records[pk].visits < visits]


def board_facts(ids: list[int]) -> dict[int, dict]:
    """For each person his clearance today (`clearance`), his `visits`, and whether his first visits are not done yet
    (`probation`)."""
    today, facts, rules, records = timezone.localdate(), load_facts(ids), load_rules(), service_records(ids)
    found = {}
    for pk in ids:
        answer, visits = judge(facts[pk], rules, SCHOOL_SESSION, today), records[pk].visits
        asked = [granted.probation_visits for granted in facts[pk].approvals if granted.interval.covers(today)]
        found[pk] = {
            "clearance": answer,
            "visits": visits,
            "probation": bool(asked) and visits < min(asked),
        }
    return found
