"""Cases of the people of the cast, built up to a stage."""

from __future__ import annotations

from datetime import date, timedelta

from django.utils import timezone

from portal.management.demo import builders
from portal.models import District
from tests.people import Cast
from volunteers.models import Application, Check, Person, ReasonCode
from volunteers.services import checks
from volunteers.states import ApplicationState


def days_ago(days: int) -> date:
    return timezone.localdate() - timedelta(days=days)


def make_applicant(cast: Cast, name: str = "serik", *, number: int = 50, district: District | None = None) -> Person:
    """Somebody who applies; `serik` of the cast by default."""
    user = cast.serik if name == "serik" else builders.make_user(name, given=name.capitalize())
    return builders.make_person(
        user, number=number, district=district or cast.taraz, family="Әбенов", given=name.capitalize()
    )


def in_screening(cast: Cast, **more) -> Application:
    return builders.make_application(make_applicant(cast, **more), ApplicationState.SCREENING)


def in_assessment(cast: Cast, **more) -> Application:
    """Accepted by Aigul, interviewer Ivan, every check asked for and none given."""
    application = builders.make_application(
        make_applicant(cast, **more), ApplicationState.ASSESSMENT, owner=cast.aigul, interviewer=cast.ivan
    )
    checks.request(application=application)
    return application


def complete(cast: Cast, state: str = ApplicationState.ASSESSMENT, **more) -> Application:
    """Everything that approval needs was there yesterday."""
    application = builders.make_application(
        make_applicant(cast, **more), state, owner=cast.aigul, interviewer=cast.ivan
    )
    builders.check_all(application, staff=cast, on=days_ago(1))
    return application


def check_of(application: Application, code: str) -> Check:
    return application.checks.get(check_type__code=code)


def inquiry() -> ReasonCode:
    return ReasonCode.objects.get(code="pending_inquiry")


def verifier_of(cast: Cast, check: Check):
    """Who verifies checks of this type in the cast."""
    return {"interview": cast.ivan, "self_disclosure": cast.dana}.get(check.check_type.code, cast.aigul)


def verify(cast: Cast, check: Check, by=None, **changes) -> None:
    """Verifies as its verifier would, on a paper of yesterday."""
    paper = {
        "method": check.check_type.methods[0],
        "number": "KZ-1",
        "issuer": "eGov",
        "issued_on": days_ago(1),
        **changes,
    }
    checks.verify(check=check, by=by or verifier_of(cast, check), **paper)
