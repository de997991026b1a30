"""The safeguarding lead's desk: everything that waits for him, each part short, in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from operator import itemgetter

from django.db.models import CharField, F, Q, QuerySet, Value
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from portal.models import LogEntry, User
from portal.staff import StaffView
from volunteers.models import (
    Application,
    Check,
    Concern,
    Decision,
    DoNotEngage,
    Exemption,
    Hold,
    RiskAssessment,
    SelfDisclosure,
    Suspension,
)
from volunteers.staff.sealed import cases_of_lead
from volunteers.states import ApplicationState, CheckState

AT_MOST = 20
LOOKS_AT_MOST = 50


@dataclass(frozen=True)
class Item:
    """A line of the desk: the code of a record, what is the matter with it, since when, and where to act."""

    code: str
    text: str
    at: object
    url: str


@dataclass(frozen=True)
class Part:
    name: str
    title: str
    items: list[Item]

    @property
    def shown(self) -> list[Item]:
        return self.items[:AT_MOST]

    @property
    def count(self) -> str:
        return f"{AT_MOST}+" if len(self.items) > AT_MOST else str(len(self.items))


def _part(name: str, title: str, rows: QuerySet, item) -> Part:
    return Part(name, title, [item(row) for row in rows[: AT_MOST + 1]])


def _case(application: Application, text: str, at) -> Item:
    return Item(application.code, text, at, reverse("staff_application", args=[application.uuid]))


def _person(record, text: str, at) -> Item:
    return Item(record.code, text, at, reverse("staff_person", args=[record.person.uuid]))


def to_confirm(user: User) -> Iterable[Part]:
    """What one person proposed and a second one confirms; his own proposals are left out."""
    proposed = Decision.objects.filter(
        application__in=cases_of_lead(user).filter(state=ApplicationState.PROPOSED),
        confirmed_at=None,
        sent_back_at=None,
    ).exclude(proposed_by=user)
    yield _part(
        "decisions",
        _("Decisions"),
        proposed.select_related("application").order_by("proposed_at"),
        lambda row: _case(row.application, row.get_outcome_display(), row.proposed_at),
    )
    held = Hold.objects.filter(application__in=cases_of_lead(user), released_at=None, release_proposed_by__isnull=False)
    yield _part(
        "releases",
        _("Cases to be released"),
        held.exclude(release_proposed_by=user).select_related("application").order_by("opened_at"),
        lambda row: _case(row.application, row.get_reason_display(), row.opened_at),
    )
    yield from _to_sign(user)
    entries = DoNotEngage.objects.visible_to(user).listed()
    to_list = Q(confirmed_at=None) & ~Q(decided_by=user)
    to_lift = Q(lift_proposed_by__isnull=False) & ~Q(lift_proposed_by=user)
    yield _part(
        "do_not_engage",
        _("Do-not-engage list"),
        entries.filter(to_list | to_lift).order_by("decided_at"),
        lambda row: Item(
            row.code,
            _("to be taken off") if row.confirmed_at else _("to be put on"),
            row.lift_proposed_at or row.decided_at,
            reverse("staff_do_not_engage_entry", args=[row.uuid]),
        ),
    )


def _to_sign(user: User) -> Iterable[Part]:
    """What is signed about a person and waits for the second signature: few rows of three kinds, in one query."""
    waiting = {"confirmed_at": None, "revoked_at": None, "ends_on__gte": timezone.localdate()}
    exemptions = Exemption.objects.visible_to(user).filter(**waiting).exclude(granted_by=user)
    risks = RiskAssessment.objects.visible_to(user).filter(**waiting).exclude(signed_by=user)
    lifts = Suspension.objects.visible_to(user).filter(
        lift_proposed_by__isnull=False, lifted_at=None, ended_in_exit_at=None
    )
    name = F(f"check_type__name_{get_language()[:2]}")
    rows = _signed(exemptions, user, "exemptions", "granted_at", "granted_at", name).union(
        _signed(risks, user, "risks", "signed_at", "signed_at", Value("")),
        _signed(lifts.exclude(lift_proposed_by=user), user, "lifts", "opened_at", "lift_proposed_at", Value("")),
        all=True,
    )
    kinds = {
        "exemptions": (Exemption, _("Exemptions")),
        "risks": (RiskAssessment, _("Risk assessments")),
        "lifts": (Suspension, _("Suspensions to be lifted")),
    }
    items: dict[str, list[Item]] = {name: [] for name in kinds}
    for kind, _since, uuid, person, text, at in sorted(rows, key=itemgetter(1)):
        code = kinds[kind][0](uuid=uuid).code
        items[kind].append(Item(code, text, at, reverse("staff_person", args=[person])))
    for kind, (_model, title) in kinds.items():
        yield Part(kind, title, items[kind][: AT_MOST + 1])


def _signed(rows: QuerySet, user: User, kind: str, since: str, at: str, text) -> QuerySet:
    columns = Value(kind), F(since), "uuid", "person__uuid", Cast(text, CharField()), F(at)
    return rows.exclude(person__user=user).order_by().values_list(*columns)


def to_look_into(user: User) -> Iterable[Part]:
    """What only a safeguarding lead settles."""
    holds = Hold.objects.filter(application__in=cases_of_lead(user), released_at=None)
    yield _part(
        "holds",
        _("Cases on hold"),
        holds.select_related("application").order_by("opened_at"),
        lambda row: _case(row.application, row.get_reason_display(), row.opened_at),
    )
    yield _part(
        "concerns",
        _("Open concerns"),
        Concern.objects.visible_to(user).open().order_by("received_at"),
        lambda row: Item(row.code, row.get_level_display(), row.received_at, reverse("staff_concern", args=[row.uuid])),
    )
    checks = Check.objects.visible_to(user).filter(state__in=[CheckState.FAILED, CheckState.INCONCLUSIVE])
    yield _part(
        "checks",
        _("Failed and inconclusive checks"),
        checks.exclude(person__user=user).select_related("person", "check_type").order_by("state_since"),
        lambda row: _person(row, f"{row.check_type}: {row.get_state_display()}", row.state_since),
    )
    unread = SelfDisclosure.objects.filter(
        says_yes=True,
        evidence_of__in=Check.objects.visible_to(user).exclude(person__user=user),
        evidence_of__state__in=[CheckState.PROVIDED, CheckState.INCONCLUSIVE],
    )
    yield _part(
        "disclosures",
        _("Self-declarations with a “yes”"),
        unread.select_related("evidence_of").order_by("signed_at"),
        lambda row: Item(row.code, "", row.signed_at, reverse("staff_disclosure", args=[row.evidence_of.uuid])),
    )
    notices = Decision.objects.filter(
        Q(answered_at__isnull=False) | Q(answer_until__lt=timezone.localdate()),
        application__in=cases_of_lead(user).filter(state=ApplicationState.NOTICE),
        confirmed_at__isnull=False,
        closed_at=None,
    )
    yield _part(
        "notices",
        _("Notices of refusal: answered, or the days are over"),
        notices.select_related("application").order_by(F("answered_at").asc(nulls_first=True)),
        lambda row: _case(
            row.application, _("answered") if row.answered_at else _("no answer"), row.answered_at or row.confirmed_at
        ),
    )


class LeadDesk(StaffView, TemplateView):
    permission = "desk.lead"
    template_name = "volunteers/staff/desk.html"

    def get_context_data(self, **kwargs):
        user = self.request.user
        looks = LogEntry.objects.filter(kind=LogEntry.Kind.VIEW)[:LOOKS_AT_MOST]
        return super().get_context_data(**kwargs) | {
            "to_confirm": list(to_confirm(user)),
            "to_look_into": list(to_look_into(user)),
            "looks": looks,
        }
