"""What leaves by itself: cases that were declined long ago, drafts that nobody sent. A trial changes nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from portal import files, nightly
from portal.management.demo import builders, past
from portal.models import LogEntry, User
from tests.logbook import rewrite
from tests.volunteers import drafts
from volunteers.models import (
    Application,
    ApplicationRevision,
    CheckEvidence,
    Concern,
    Decision,
    DoNotEngage,
    Person,
    ReasonCode,
    RefereeRequest,
    Suspension,
)
from volunteers.services import applications, retention
from volunteers.states import ApplicationState

pytestmark = pytest.mark.django_db
KEPT_DAYS = settings.PROGRAMME["anonymise_declined_days"]


def days_ago(days: int):
    return timezone.localdate() - timedelta(days=days)


def everything_stored() -> str:
    """Every column of every table, as text."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        found = []
        for table in tables:
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608 - names of our own tables
            found += [str(bytes(value) if isinstance(value, memoryview) else value) for row in cursor for value in row]
    return "\n".join(found)


def markers(application: Application) -> list[str]:
    """Everything by which somebody could be known."""
    person = application.person
    referees = [text for one in application.referees.all() for text in (one.name, one.email)]
    return [past.FAMILY, past.GIVEN, person.email, person.phone, person.iin_hash, "DEMO-OLD", *referees]


def test_46_retention(cast, sign_in, settings, django_capture_on_commit_callbacks):
    """In trial mode the job lists the case and changes nothing; in real mode name, answers and files are gone, while
    decision codes, dates and the log remain."""
    settings.DEMO_MODE = True
    case = past.declined_long_ago(cast)
    case.referees.update(name="Ұсынушы Ескіұлы")  # no other case has him
    paper, words = CheckEvidence.objects.get(evidence_of__application=case), markers(case)
    root, page = sign_in(cast.root), reverse("staff_nightly")
    before = everything_stored()
    assert all(word in before for word in words)

    with django_capture_on_commit_callbacks(execute=True):
        trial = root.post(page, {"trial": "1"}).content.decode()
    assert case.code in trial
    case.refresh_from_db()
    assert case.anonymised_at is None and case.person.family_name == past.FAMILY
    assert b"".join(files.read(paper.stored_name, paper.sealed_key)) == past.PAPER
    assert ApplicationRevision.objects.filter(application=case).last().answers

    with django_capture_on_commit_callbacks(execute=True):
        assert case.code in root.post(page, {}).content.decode()
    stored = everything_stored()
    assert [word for word in words if word in stored] == []
    paper.refresh_from_db()
    assert paper.sealed_key is None and paper.purged_at
    assert not (settings.PRIVATE_ROOT / paper.stored_name[:2] / paper.stored_name).exists()

    decision = Decision.objects.get(application=case)
    assert (decision.outcome, decision.proposed_by, decision.confirmed_by) == ("decline", cast.aigul, cast.marat)
    assert decision.confirmed_at and decision.reason_codes.count() == 1
    entries = LogEntry.objects.filter(model="volunteers.Application", object_id=str(case.pk))
    assert {"send", "decline", "anonymise"} <= set(entries.values_list("action", flat=True))
    assert User.objects.get(pk=case.person.user_id).is_closed
    assert sign_in(cast.aigul).get(reverse("staff_application", args=[case.uuid])).status_code == 200


def test_the_job_may_run_again(cast):
    case = past.declined_long_ago(cast)
    assert retention.anonymise_closed(timezone.localdate()) == [case.code]
    assert retention.anonymise_closed(timezone.localdate()) == []
    assert nightly.run(trial=True)


@pytest.mark.parametrize(("days", "goes"), [(KEPT_DAYS, False), (KEPT_DAYS + 1, True)])
def test_neither_a_day_early_nor_a_day_late(cast, days, goes):
    case = past.declined_long_ago(cast, on=days_ago(days))
    assert retention.anonymise_closed(timezone.localdate()) == ([case.code] if goes else [])


@pytest.mark.parametrize("state", [ApplicationState.APPROVED, ApplicationState.SCREENING, ApplicationState.DEFERRED])
def test_other_cases_stay(cast, state):
    case = past.declined_long_ago(cast)
    Application.objects.filter(pk=case.pk).update(state=state)
    assert retention.anonymise_closed(timezone.localdate()) == []


def open_concern(cast, person):
    Concern.objects.create(person=person, source="staff", level="low")


def serious_concern_closed(cast, person):
    now = timezone.now()
    Concern.objects.create(person=person, source="staff", level="serious", closed_by=cast.dana, closed_at=now)


def suspension(cast, person):
    Suspension.objects.create(person=person, reason_code=ReasonCode.objects.all()[0], note="n", opened_by=cast.aigul)


def listing(cast, person):
    DoNotEngage.objects.create(
        iin_hash=person.iin_hash,
        reason_code=ReasonCode.objects.all()[0],
        decided_by=cast.dana,
        review_on=timezone.localdate(),
    )


@pytest.mark.parametrize("hold", [open_concern, serious_concern_closed, suspension, listing])
def test_what_the_safeguarding_lead_looks_into_stays(cast, hold):
    case = past.declined_long_ago(cast)
    hold(cast, case.person)
    assert retention.anonymise_closed(timezone.localdate()) == []
    assert Person.objects.get(pk=case.person_id).family_name == past.FAMILY
    assert case.revisions.last().answers


def test_who_applies_again_keeps_his_name_and_loses_the_old_case(cast):
    case = past.declined_long_ago(cast)
    newer = builders.make_application(case.person, ApplicationState.SCREENING)
    RefereeRequest.objects.create(application=newer, name="Роза Есімова", relation="colleague", email="r@demo.example")
    assert retention.anonymise_closed(timezone.localdate()) == [case.code]
    person = Person.objects.get(pk=case.person_id)
    assert (person.family_name, person.user.is_active) == (past.FAMILY, True)
    assert case.revisions.last().answers == "{}"
    assert {one.name for one in case.referees.all()} == {""}
    assert newer.referees.get().name == "Роза Есімова"
    assert newer.revisions.get().answers == "{}"


def test_who_served_long_ago_is_forgotten_with_what_he_did(cast):
    """An approval that ended before the period does not tie; the words about his service go too."""
    person = builders.make_mentor(
        "oldone", number=96, staff=cast, district=cast.taraz, family=past.FAMILY, given=past.GIVEN,
        since=days_ago(3 * 365 + KEPT_DAYS),
    )  # fmt: skip
    person.approvals.update(valid_to=days_ago(KEPT_DAYS + 1))
    person.training.update(result="failed", note=f"{past.FAMILY} left early.")
    case = builders.make_application(person, ApplicationState.WITHDRAWN, since=days_ago(KEPT_DAYS + 1))
    assert retention.anonymise_closed(timezone.localdate()) == [case.code]
    stored = everything_stored()
    assert [
        word for word in (past.FAMILY, past.GIVEN, person.email, person.phone, person.iin_hash) if word in stored
    ] == []


def test_an_account_of_the_staff_stays(cast):
    case = past.declined_long_ago(cast)
    builders.make_user("erbolat", "trainer")
    retention.anonymise_closed(timezone.localdate())
    assert User.objects.get(pk=case.person.user_id).is_active
    assert Person.objects.get(pk=case.person_id).family_name == ""


class TestDrafts:
    def draft(self, cast, days: int) -> Application:
        application = drafts.draft(cast.serik)
        moment = timezone.now() - timedelta(days=days)
        Application.objects.filter(pk=application.pk).update(created_at=moment, state_since=moment)
        rewrite(LogEntry.objects.filter(action="save_draft"), at=moment)
        return application

    def test_a_draft_that_nobody_sent_is_erased(self, cast):
        application = self.draft(cast, settings.PROGRAMME["draft_days"])
        assert retention.erase_drafts(timezone.localdate()) == [application.code]
        assert not Application.objects.filter(pk=application.pk).exists()
        assert User.objects.get(pk=cast.serik.pk).is_active
        applications.start(by=cast.serik, role=application.role)  # and he may begin anew

    def test_not_a_day_before(self, cast):
        self.draft(cast, settings.PROGRAMME["draft_days"] - 1)
        assert retention.erase_drafts(timezone.localdate()) == []

    def test_whoever_still_writes_keeps_it(self, cast):
        application = self.draft(cast, 300)
        applications.save_draft(application=application, by=cast.serik, answers={"about": drafts.ABOUT})
        assert retention.erase_drafts(timezone.localdate()) == []

    def test_a_trial_erases_nothing(self, cast):
        application = self.draft(cast, 300)
        lines = {code for line in nightly.run(trial=True) for code in line.codes}
        assert application.code in lines
        assert Application.objects.filter(pk=application.pk).exists()
