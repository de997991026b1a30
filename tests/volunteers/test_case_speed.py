"""The page of a case costs the same few queries however much there is in the case, and whoever reads it."""

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portal import mail
from tests.volunteers.cases import complete, days_ago
from tests.volunteers.drafts import EXPERIENCE
from tests.volunteers.test_refusals import propose_decline
from volunteers.models import (
    Application,
    ApplicationRevision,
    CheckEvidence,
    CheckType,
    Concern,
    Exemption,
    Hold,
    Organisation,
    Review,
    SearchLog,
)
from volunteers.services import decisions, holds
from volunteers.states import ApplicationState

AT_MOST = 14  # and one for the crisis lines, where the cache is kept in the database


def sent(case: Application, **answers) -> ApplicationRevision:
    revision = ApplicationRevision(application=case, number=case.revisions.count() + 1, author=case.person.user)
    revision.answers = json.dumps({"experience": EXPERIENCE, **answers})
    revision.save()
    return revision


@pytest.fixture
def case(cast) -> Application:
    """All that hangs on a case, more than once, and an earlier refusal that was sent back."""
    case = complete(cast, ApplicationState.DECISION)
    organisation = Organisation.objects.create(name_kk="Кеңес", kind="veterans", district=cast.taraz)
    Application.objects.filter(pk=case.pk).update(organisation=organisation, assisted_by=cast.bolat)
    entry = {"kind": "work", "organisation": "Лицей", "with_children": True, "from": "2010-01", "to": "2019-01"}
    sent(case)
    sent(
        case,
        organisation={"organisation": organisation.pk, "other": ""},
        history={"entries": [entry | {"reason_left": ""}], "gaps_explained": ""},
    )
    _hang_on_checks(case, cast)
    for reviewer in (cast.aigul, cast.dana, cast.ivan):
        Review.objects.create(application=case, revision=case.revisions.last(), reviewer=reviewer, recommendation="yes")
    for number in range(3):
        mail.queue("volunteers/sent_back", cast.aigul, {"code": case.code}, dedupe_key=str(number), about=case.code)
        hold = holds.hold(application=case, by=cast.dana, reason=Hold.Reason.OTHER, note="x")
        holds.release(hold=hold, by=cast.marat, note="x")
    case.refresh_from_db()
    propose_decline(case, cast.aigul)
    decisions.send_back(application=case, by=cast.marat, reason="Once more.")
    case.refresh_from_db()
    return case


def _hang_on_checks(case: Application, cast) -> None:
    for check in case.checks.all():
        for number in range(2):
            CheckEvidence.objects.create(
                evidence_of=check, stored_name=f"{check.pk}-{number}", sha256="0", mime="application/pdf", size=9,
                uploaded_by=case.person.user,
            )  # fmt: skip
            SearchLog.objects.create(
                evidence_of=check, register="qamqor.gov.kz", terms_hash="0", result="nothing", searched_by=cast.aigul
            )
    references = CheckType.objects.get(code="references")
    Exemption.objects.create(
        person=case.person, check_type=references, reason="x", starts_on=days_ago(1), ends_on=timezone.localdate(),
        granted_by=cast.dana, granted_at=timezone.now(), confirmed_by=cast.marat, confirmed_at=timezone.now(),
    )  # fmt: skip


def cost(client, case: Application) -> int:
    path = f"/en/staff/applications/{case.uuid}/"
    client.get(path)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(path).status_code == 200
    return len(queries)


@pytest.mark.parametrize("name", ["aigul", "dana", "ivan"])
class TestQueriesOfTheCasePage:
    def test_before_anything_is_proposed(self, cast, case, sign_in, name):
        assert cost(sign_in(getattr(cast, name)), case) <= AT_MOST

    def test_while_an_approval_waits_for_the_second_person(self, cast, case, sign_in, name):
        decisions.propose(application=case, by=cast.aigul, rationale="Good.", no_conflict=True)
        assert cost(sign_in(getattr(cast, name)), case) <= AT_MOST

    def test_while_a_refusal_waits_and_while_its_notice_runs(self, cast, case, sign_in, name):
        at_most = AT_MOST + 1  # what editors wrote for the letter that is shown before it leaves
        propose_decline(case, cast.aigul)
        assert cost(sign_in(getattr(cast, name)), case) <= at_most
        decisions.confirm_decline(application=case, by=cast.marat, no_conflict=True)
        assert cost(sign_in(getattr(cast, name)), case) <= at_most

    def test_at_its_start_and_on_hold(self, cast, case, sign_in, name):
        Application.objects.filter(pk=case.pk).update(state=ApplicationState.SCREENING)
        Concern.objects.create(person=case.person, source="staff", level="low")
        assert cost(sign_in(getattr(cast, name)), case) <= AT_MOST
        case.refresh_from_db()
        holds.hold(application=case, by=None, reason=Hold.Reason.DUPLICATE)
        assert cost(sign_in(getattr(cast, name)), case) <= AT_MOST

    def test_a_renewal(self, cast, case, sign_in, name):
        Application.objects.filter(pk=case.pk).update(kind=Application.Kind.RENEWAL)
        assert cost(sign_in(getattr(cast, name)), case) <= AT_MOST
