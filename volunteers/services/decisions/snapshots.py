"""What a decision rests on, kept with it, so that nobody confirms another case than the one that was proposed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import BooleanField, CharField, DateField, DateTimeField, F, QuerySet, UUIDField, Value
from django.db.models.functions import Cast

from portal.models import User
from volunteers.models import (
    Application,
    Check,
    Exemption,
    ReferenceResponse,
    Review,
    RiskAssessment,
)
from volunteers.states import CheckState


class _Row(NamedTuple):
    """One thing that the decision rests on. `kind` is its place in the snapshot."""

    kind: str
    pk: int
    uuid: UUID
    type: str
    first: date | None
    last: date | None
    how: str
    by: UUID | None
    at: datetime | None
    called_back: bool | None


def snapshot_of(application: Application) -> dict:
    """Codes and dates, no names and no words of anybody. One query."""
    first, *others = _sources(application)
    found: dict[str, list[_Row]] = {}
    for row in sorted(map(_Row._make, first.union(*others, all=True)), key=lambda row: row.pk):
        found.setdefault(row.kind, []).append(row)
    return {
        "role": application.role.code,
        "policy": application.policy.number,
        "revision": len(found.get("revision", [])),
        "checks": [
            {
                "code": Check(uuid=row.uuid).code,
                "type": row.type,
                "issued_on": str(row.first),
                "expires_on": str(row.last or ""),
                "method": row.how,
                "verified_by": User(uuid=row.by).code,
                "verified_at": row.at.isoformat(),
            }
            for row in found.get("check", [])
        ],
        "references": [
            {
                "code": ReferenceResponse(uuid=row.uuid).code,
                "called_back": row.called_back,
                "assessed_at": row.at.isoformat(),
            }
            for row in found.get("reference", [])
        ],
        "exemptions": [
            {"code": Exemption(uuid=row.uuid).code, "type": row.type, "ends_on": str(row.last)}
            for row in found.get("exemption", [])
        ],
        "risk_assessments": [
            {"code": RiskAssessment(uuid=row.uuid).code, "ends_on": str(row.last)} for row in found.get("risk", [])
        ],
        "reviews": [{"code": Review(uuid=row.uuid).code, "recommendation": row.how} for row in found.get("review", [])],
    }


def _sources(application: Application) -> Iterator[QuerySet]:
    """The first one has a column of each type, so that the databases know the types of the union."""
    person = application.person
    verified = person.checks.filter(state=CheckState.VERIFIED)
    yield _rows(
        verified,
        "check",
        type=F("check_type__code"),
        first=F("issued_on"),
        last=F("expires_on"),
        how=F("method"),
        by=F("verified_by__uuid"),
        at=F("verified_at"),
    )
    given = ReferenceResponse.objects.filter(request__application__person=person)
    accepted = given.filter(result=ReferenceResponse.Result.ACCEPTED)
    yield _rows(accepted, "reference", at=F("assessed_at"), called_back=F("called_back"))
    signed = {"confirmed_at__isnull": False, "revoked_at": None}
    exemptions = person.exemptions.filter(**signed)
    yield _rows(exemptions, "exemption", type=F("check_type__code"), last=F("ends_on"))
    yield _rows(person.risk_assessments.filter(**signed), "risk", last=F("ends_on"))
    yield _rows(application.reviews.all(), "review", how=F("recommendation"))
    yield _rows(application.revisions.all(), "revision")


def _rows(queryset: QuerySet, kind: str, **columns: F) -> QuerySet:
    empty = {
        "type": Value("", CharField()),
        "first": Cast(Value(None), DateField()),
        "last": Cast(Value(None), DateField()),
        "how": Value("", CharField()),
        "by": Cast(Value(None), UUIDField()),
        "at": Cast(Value(None), DateTimeField()),
        "called_back": Cast(Value(None), BooleanField()),
    }
    return queryset.order_by().values_list(Value(kind, CharField()), "pk", "uuid", *(empty | columns).values())


def hash_of(snapshot: dict) -> str:
    return hashlib.sha256(json.dumps(snapshot, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
