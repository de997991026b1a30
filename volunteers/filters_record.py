"""Filters of the single central record. All of them are conditions for the database: it must answer for an oblast."""

from __future__ import annotations

from datetime import date, timedelta

import django_filters
from django.conf import settings
from django.db.models import Count, Exists, F, OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.models import District
from volunteers.clearance import Rules
from volunteers.filters import named_or_coded
from volunteers.models import (
    Acceptance,
    AgreementVersion,
    Application,
    Approval,
    Check,
    CheckType,
    Exemption,
    ExitRecord,
    Person,
    ProgrammeRole,
    ReferenceResponse,
    Suspension,
    TrainingModule,
    TrainingRecord,
)
from volunteers.states import IN_CHECKS, CheckState

WINDOW = timedelta(days=settings.PROGRAMME["renewal_window_days"])
SERVING, EVER, IN_CHECK, SUSPENDED, LEFT = "serving", "ever", "checks", "suspended", "left"


def roles_of(rules: Rules) -> list[ProgrammeRole]:
    """The roles that have a published policy, in their order."""
    found = {role_id: versions[0][1][0].policy.role for role_id, versions in rules.by_role.items()}
    return sorted(found.values(), key=lambda role: role.position)


def check_types_of(rules: Rules) -> list[CheckType]:
    """Whatever a published policy asks for, in the order of every page."""
    versions = [requirements for by_day in rules.by_role.values() for _day, requirements in by_day]
    found = {item.check_type_id: item.check_type for requirements in versions for item in requirements}
    return sorted(found.values(), key=lambda check_type: check_type.position)


class RecordFilter(django_filters.FilterSet):
    """People who serve now, unless something else is chosen. `rules` are those of `clearance.load_rules()`."""

    name = django_filters.CharFilter(label=_("Name or code"), method="filter_name")
    district = django_filters.ModelChoiceFilter(
        label=_("District"), queryset=District.objects.all(), empty_label=_("All")
    )
    role = django_filters.ChoiceFilter(label=_("Role"), method="filter_role", empty_label=_("All"))
    standing = django_filters.ChoiceFilter(
        label=_("Standing"),
        method="filter_standing",
        empty_label=_("approved now"),
        choices=[
            (EVER, _("approved at any time")),
            (IN_CHECK, _("in checks")),
            (SUSPENDED, _("suspended")),
            (LEFT, _("has left")),
        ],
    )
    ending = django_filters.ChoiceFilter(
        label=_("Valid until"),
        method="filter_ending",
        empty_label=_("All"),
        choices=[("soon", _("ends within 60 days"))],
    )
    missing = django_filters.ChoiceFilter(label=_("What is missing"), method="filter_missing", empty_label=_("All"))

    class Meta:
        model = Person
        fields: list[str] = []

    def __init__(self, *args, rules: Rules, **kwargs):
        super().__init__(*args, **kwargs)
        self.rules, self.today = rules, timezone.localdate()
        self.roles, self.check_types = roles_of(rules), check_types_of(rules)
        self.filters["role"].extra["choices"] = [(role.code, role.name) for role in self.roles]
        self.filters["missing"].extra["choices"] = [(kind.code, kind.name) for kind in self.check_types]

    @property
    def codes(self) -> dict[str, str]:
        """What was chosen, for the log: codes, and of a name only that one was looked for."""
        chosen = {name: value for name, value in self.form.cleaned_data.items() if value}
        if "name" in chosen:
            chosen["name"] = "…"
        return {name: getattr(value, "slug", value) for name, value in chosen.items()}

    def filter_name(self, queryset, name, value):
        return named_or_coded(queryset, value)

    def filter_role(self, queryset, name, value):
        return queryset.filter(_has_role([role.pk for role in self.roles if role.code == value]))

    def filter_standing(self, queryset, name, value):
        if value == EVER:
            return queryset.filter(Exists(Approval.objects.filter(person=OuterRef("pk"))))
        if value == IN_CHECK:
            return queryset.filter(Exists(Application.objects.filter(person=OuterRef("pk"), state__in=IN_CHECKS)))
        if value == SUSPENDED:
            return queryset.filter(Exists(Suspension.objects.filter(person=OuterRef("pk"), lifted_at=None)))
        left = ExitRecord.objects.filter(person=OuterRef("pk"), left_on__lte=self.today)
        return queryset.filter(Exists(left)).exclude(pk__in=Person.objects.serving(self.today).values("pk"))

    def filter_ending(self, queryset, name, value):
        return queryset.filter(ends_between(self.today, self.today + WINDOW))

    def filter_missing(self, queryset, name, value):
        check_type = next(kind for kind in self.check_types if kind.code == value)
        asking = [
            role.pk
            for role in self.roles
            if any(item.check_type_id == check_type.pk for item in self.rules.on(role.pk, self.today))
        ]
        waived = Exemption.objects.in_force(self.today).filter(person=OuterRef("pk"), check_type=check_type)
        return queryset.filter(_has_role(asking), ~Exists(waived)).exclude(has_proof(check_type, self.today))

    def filter_queryset(self, queryset):
        queryset = super().filter_queryset(queryset)
        return queryset if self.form.cleaned_data.get("standing") else queryset.serving(self.today)


def _has_role(role_ids: list[int]) -> Q:
    """Approved for one of these roles at any time, or in checks for it."""
    approved = Exists(Approval.objects.filter(person=OuterRef("pk"), role__in=role_ids))
    applies = Application.objects.filter(person=OuterRef("pk"), role__in=role_ids, state__in=IN_CHECKS)
    return Q(approved) | Q(Exists(applies))


def has_proof(check_type: CheckType, on: date) -> Q:
    """A condition on people: what `check_type` asks for is on record and in date on that day. Exemptions and the finer
    rules (who saw him with children, covers) are `clearance`'s; this only finds gaps."""
    own = {"person": OuterRef("pk")}
    if check_type.kind == CheckType.Kind.CHECK:
        dated = Q(expires_on=None) | Q(expires_on__gte=on)
        valid = Check.objects.filter(dated, **own, check_type=check_type, state=CheckState.VERIFIED, issued_on__lte=on)
        return Q(Exists(valid))
    since = on - timedelta(days=check_type.validity_days or 36500)
    if check_type.kind == CheckType.Kind.REFERENCES:
        accepted = ReferenceResponse.objects.filter(
            request__application__person=OuterRef("pk"), result="accepted", assessed_at__date__gte=since
        )
        counted = accepted.order_by().values("request__application__person").annotate(number=Count("pk"))
        return Q(Exists(counted.filter(number__gte=settings.PROGRAMME["references_needed"])))
    if check_type.kind == CheckType.Kind.AGREEMENT:
        versions = AgreementVersion.objects.filter(agreement__code=check_type.code, valid_from__lte=on)
        demanded = versions.filter(requires_reacceptance=True).order_by("-number").first()
        accepted = Acceptance.objects.filter(**own, version__agreement__code=check_type.code, at__date__gte=since)
        return Q(Exists(accepted.filter(version__number__gte=demanded.number if demanded else 1)))
    passed = Q()
    for module in TrainingModule.objects.filter(check_type=check_type):
        fresh = TrainingRecord.objects.filter(**own, module=module).order_by("-held_on", "-pk")[:1]
        day = on - timedelta(days=module.validity_days)
        fresh = TrainingRecord.objects.filter(pk__in=Subquery(fresh.values("pk")), result="passed", held_on__gte=day)
        passed &= Q(Exists(fresh))
    return passed


def ends_between(first: date, last: date) -> Q:
    """A condition on people: an approval, a paper, a training or an accepted text ends from day to day inclusive, and
    nothing of its kind reaches further."""
    own, same = {"person": OuterRef("pk")}, {"person": OuterRef("person")}
    later = Check.objects.filter(
        Q(expires_on=None) | Q(expires_on__gt=last), **same, check_type=OuterRef("check_type"), state="verified"
    )
    papers = Check.objects.filter(**own, state=CheckState.VERIFIED, expires_on__range=(first, last))
    ending = Q(Exists(papers.filter(~Exists(later))))
    longer = Approval.objects.filter(**same, valid_to__gt=last)
    ending |= Q(Exists(Approval.objects.filter(**own, valid_to__range=(first, last)).filter(~Exists(longer))))
    for module in TrainingModule.objects.exclude(check_type=None):
        days = timedelta(days=module.validity_days)
        newer = TrainingRecord.objects.filter(**same, module=module, held_on__gt=F("held_on"))
        held = TrainingRecord.objects.filter(
            **own, module=module, result="passed", held_on__range=(first - days, last - days)
        )
        ending |= Q(Exists(held.filter(~Exists(newer.filter(held_on__gt=OuterRef("held_on"))))))
    for check_type in CheckType.objects.filter(kind=CheckType.Kind.AGREEMENT).exclude(validity_days=None):
        days = timedelta(days=check_type.validity_days)
        texts = Acceptance.objects.filter(version__agreement__code=check_type.code)
        accepted = texts.filter(**own, at__date__range=(first - days, last - days))
        ending |= Q(Exists(accepted.filter(~Exists(texts.filter(**same, at__gt=OuterRef("at"))))))
    return ending
