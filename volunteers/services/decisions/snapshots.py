"""What a decision rests on, kept with it, so that nobody confirms another case than the one that was proposed."""

from __future__ import annotations

import hashlib
import json

from volunteers.models import Application, ReferenceResponse
from volunteers.states import CheckState


def snapshot_of(application: Application) -> dict:
    """Codes and dates, no names and no words of anybody."""
    person = application.person
    verified = person.checks.filter(state=CheckState.VERIFIED).select_related("check_type", "verified_by")
    accepted = ReferenceResponse.objects.filter(
        request__application__person=person, result=ReferenceResponse.Result.ACCEPTED
    )
    exemptions = person.exemptions.filter(confirmed_at__isnull=False, revoked_at=None).select_related("check_type")
    assessments = person.risk_assessments.filter(confirmed_at__isnull=False, revoked_at=None)
    return {
        "role": application.role.code,
        "policy": application.policy.number,
        "revision": application.revisions.count(),
        "checks": [
            {
                "code": check.code,
                "type": check.check_type.code,
                "issued_on": str(check.issued_on),
                "expires_on": str(check.expires_on or ""),
                "method": check.method,
                "verified_by": check.verified_by.code,
                "verified_at": check.verified_at.isoformat(),
            }
            for check in verified.order_by("pk")
        ],
        "references": [
            {
                "code": response.code,
                "called_back": response.called_back,
                "assessed_at": response.assessed_at.isoformat(),
            }
            for response in accepted.order_by("pk")
        ],
        "exemptions": [
            {"code": item.code, "type": item.check_type.code, "ends_on": str(item.ends_on)}
            for item in exemptions.order_by("pk")
        ],
        "risk_assessments": [{"code": item.code, "ends_on": str(item.ends_on)} for item in assessments.order_by("pk")],
        "reviews": [
            {"code": review.code, "recommendation": review.recommendation}
            for review in application.reviews.order_by("pk")
        ],
    }


def hash_of(snapshot: dict) -> str:
    return hashlib.sha256(json.dumps(snapshot, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
