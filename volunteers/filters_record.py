"""Filters of the single central record. All of them are conditions for the database: it must answer for an oblast."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import django_filters
from django.conf import settings
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.filters import LONGEST
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
    ReferenceResponse,
    Suspension,
    TrainingModule,
    TrainingRecord,
)
from volunteers.states import IN_CHECKS, CheckState

WINDOW = timedelta(days=settings.PROGRAMME["renewal_window_days"])
EVER, IN_CHECK, SUSPENDED, LEFT = "ever", "checks", "suspended", "left"


class RecordFilter(django_filters.FilterSet):
    """People who serve now, unless something else is chosen. `rules` are those of `clearance.load_rules()`."""

    name = django_filters.CharFilter(label=_("Name or code"), method="filter_name", max_length=LONGEST)
    district = django_filters.ModelChoiceFilter(
        label=_("District"), queryset=District.objects.all(), empty_label=_("All")
    )
    role = django_filters.ChoiceFilter(label=_("Role"), method="filter_role", empty_label=_("All"))
    standing = django_filters.ChoiceFilter(
        label=_("Standing"),
        method="keep",
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
        self.roles, self.check_types = rules.roles, rules.check_types
        self.filters["role"].extra["choices"] = [(role.code, role.name) for role in self.roles]
        self.filters["missing"].extra["choices"] = [(kind.code, kind.name) for kind in self.check_types]

    @property
    def codes(self) -> dict[str, str]:
        """What was chosen, for the log: codes, and of a name only that one was looked for."""
        chosen = {name: value for name, value in self.form.cleaned_data.items() if value}
        if "name" in chosen:
            chosen["name"] = "…"
        return {name: getattr(value, "slug", value) for name, value in chosen.items()}

    @property
    def narrows(self) -> bool:
        """Whether something is looked for in the records, not only where and in which role somebody serves."""
        return any(self.form.cleaned_data.get(name) for name in ("name", "ending", "missing"))

    def keep(self, queryset, name, value):
        return queryset  # as `filter_role`

    def filter_name(self, queryset, name, value):
        return named_or_coded(queryset, value)

    def filter_role(self, queryset, name, value):
        self.role_ids &= {role.pk for role in self.roles if role.code == value}
        return queryset  # `filter_queryset` asks for role and standing together

    def filter_ending(self, queryset, name, value):
        return queryset.filter(ends_between(self.check_types, self.today, self.today + WINDOW))

    def filter_missing(self, queryset, name, value):
        check_type = next(kind for kind in self.check_types if kind.code == value)
        self.role_ids &= {
            role.pk
            for role in self.roles
            if any(item.check_type_id == check_type.pk for item in self.rules.on(role.pk, self.today))
        }
        waived = Exemption.objects.in_force(self.today).filter(check_type=check_type).values("person")
        proven = with_proof(check_type, self.today)
        return queryset.exclude(pk__in=waived).exclude(pk__in=proven)

    def filter_queryset(self, queryset):
        self.role_ids = {role.pk for role in self.roles}
        queryset = super().filter_queryset(queryset)
        return self._standing(queryset, self.form.cleaned_data.get("standing"))

    def _standing(self, queryset, value) -> QuerySet:
        """Those who stand there, in one of the chosen roles. Whoever is forgotten has no line any more."""
        own = {"person": OuterRef("pk")}
        if len(self.role_ids) < len(self.roles):
            own["role__in"] = self.role_ids
        if value == IN_CHECK:
            return queryset.filter(Exists(Application.objects.filter(**own, state__in=IN_CHECKS)))
        approved = Approval.objects.filter(**own)
        if not value:
            current = approved.kept().filter(valid_from__lte=self.today, valid_to__gte=self.today)
            return queryset.filter(Exists(current))
        queryset = queryset.exclude(family_name="", given_name="").filter(Exists(approved))
        if value == SUSPENDED:
            return queryset.filter(Exists(Suspension.objects.open().filter(person=OuterRef("pk"))))
        if value == LEFT:
            left = ExitRecord.objects.filter(person=OuterRef("pk"), left_on__lte=self.today)
            return queryset.filter(Exists(left)).exclude(pk__in=Person.objects.serving(self.today).values("pk"))
        return queryset


# The following are sets of people and not questions asked of each: the database makes each set once.


def with_proof(check_type: CheckType, on: date) -> QuerySet:
    """The keys of people for whom what `check_type` asks for is on record and in date on that day. Exemptions and the
    finer rules (who saw him with children, covers) are `clearance`'s; this only finds gaps."""
    if check_type.kind == CheckType.Kind.CHECK:
        dated = Q(expires_on=None) | Q(expires_on__gte=on)
        verified = Check.objects.filter(dated, check_type=check_type, state=CheckState.VERIFIED, issued_on__lte=on)
        return verified.values("person")
    since = midnight(on - timedelta(days=check_type.validity_days or 36500))
    if check_type.kind == CheckType.Kind.REFERENCES:
        accepted = ReferenceResponse.objects.filter(result="accepted", assessed_at__gte=since).order_by()
        people = accepted.values("request__application__person").annotate(number=Count("pk"))
        enough = people.filter(number__gte=settings.PROGRAMME["references_needed"])
        return enough.values("request__application__person")
    if check_type.kind == CheckType.Kind.AGREEMENT:
        versions = AgreementVersion.objects.filter(agreement__code=check_type.code, valid_from__lte=on)
        demanded = versions.filter(requires_reacceptance=True).order_by("-number").first()
        accepted = Acceptance.objects.filter(version__agreement__code=check_type.code, at__gte=since)
        return accepted.filter(version__number__gte=demanded.number if demanded else 1).values("person")
    trained = Person.objects.all()
    for module in TrainingModule.objects.filter(check_type=check_type):
        fresh = _passed(module).filter(held_on__gte=on - timedelta(days=module.validity_days))
        trained = trained.filter(pk__in=fresh.values("person"))
    return trained.values("pk")


def _passed(module: TrainingModule) -> QuerySet:
    """The passes of a module after which nothing else was recorded: the newest record is a trainer's word."""
    of_module = TrainingRecord.objects.filter(module=module)
    later = Q(held_on__gt=OuterRef("held_on")) | Q(held_on=OuterRef("held_on"), pk__gt=OuterRef("pk"))
    failed = of_module.filter(later, person=OuterRef("person")).exclude(result="passed")
    return of_module.filter(~Exists(failed), result="passed")


def midnight(day: date) -> datetime:
    """The first moment of a day in Almaty; unlike `__date` it lets the database use an index."""
    return timezone.make_aware(datetime.combine(day, time.min))


def ends_between(check_types: list[CheckType], first: date, last: date) -> Q:
    """A condition on people: an approval, a paper, a training or an accepted text ends from day to day inclusive, and
    nothing of its kind reaches further."""
    same = {"person": OuterRef("person")}
    papers = Check.objects.filter(state=CheckState.VERIFIED)
    longer = papers.filter(Q(expires_on=None) | Q(expires_on__gt=last), **same, check_type=OuterRef("check_type"))
    sets = [papers.filter(~Exists(longer), expires_on__range=(first, last))]
    longer = Approval.objects.filter(**same, valid_to__gt=last)
    sets.append(Approval.objects.filter(~Exists(longer), valid_to__range=(first, last)))
    for module in TrainingModule.objects.exclude(check_type=None):
        days = timedelta(days=module.validity_days)
        newer = TrainingRecord.objects.filter(**same, module=module, held_on__gt=OuterRef("held_on"))
        sets.append(_passed(module).filter(~Exists(newer), held_on__range=(first - days, last - days)))
    for check_type in check_types:
        if check_type.kind == CheckType.Kind.AGREEMENT and check_type.validity_days:
            days, texts = timedelta(days=check_type.validity_days), _texts(check_type)
            newer = texts.filter(**same, at__gt=OuterRef("at"))
            until = midnight(last - days + timedelta(days=1))
            sets.append(texts.filter(~Exists(newer), at__gte=midnight(first - days), at__lt=until))
    ending = Q()
    for found in sets:
        ending |= Q(pk__in=found.values("person"))
    return ending


def _texts(check_type: CheckType) -> QuerySet:
    return Acceptance.objects.filter(version__agreement__code=check_type.code).order_by()
