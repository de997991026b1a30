"""What a decision rests on is read in one query, and nothing of it is left out."""

import json

from django.utils import timezone

from tests.volunteers.cases import complete, days_ago
from volunteers.models import (
    ApplicationRevision,
    CheckType,
    Exemption,
    ReferenceResponse,
    Review,
    RiskAssessment,
)
from volunteers.services.decisions.snapshots import hash_of, snapshot_of


def signed(cast) -> dict:
    return {
        "starts_on": days_ago(1), "ends_on": timezone.localdate(), "confirmed_by": cast.marat,
        "confirmed_at": timezone.now(),
    }  # fmt: skip


def test_everything_stands_in_it(cast, django_assert_num_queries):
    case = complete(cast)
    person, check_type = case.person, CheckType.objects.get(code="references")
    revision = ApplicationRevision(application=case, number=case.revisions.count() + 1, author=person.user)
    revision.answers = json.dumps({})
    revision.save()
    review = Review.objects.create(application=case, revision=revision, reviewer=cast.ivan, recommendation="unsure")
    exemption = Exemption.objects.create(
        person=person, check_type=check_type, reason="x", granted_by=cast.dana, **signed(cast)
    )
    risk = RiskAssessment(person=person, activity="x", supervision="x", signed_by=cast.dana, **signed(cast))
    risk.known = "x"
    risk.save()
    verified = list(person.checks.order_by("pk"))
    accepted = list(ReferenceResponse.objects.filter(request__application=case).order_by("pk"))
    assert len(verified) > 3 and len(accepted) > 1

    with django_assert_num_queries(1):
        snapshot = snapshot_of(case)

    assert snapshot == {
        "role": case.role.code,
        "policy": case.policy.number,
        "revision": revision.number,
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
            for check in verified
        ],
        "references": [
            {"code": one.code, "called_back": one.called_back, "assessed_at": one.assessed_at.isoformat()}
            for one in accepted
        ],
        "exemptions": [{"code": exemption.code, "type": "references", "ends_on": str(exemption.ends_on)}],
        "risk_assessments": [{"code": risk.code, "ends_on": str(risk.ends_on)}],
        "reviews": [{"code": review.code, "recommendation": "unsure"}],
    }
    assert len(hash_of(snapshot)) == 64
