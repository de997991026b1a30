"""The files of checks are marked when a case ends and erased on their day; what they were stays."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from portal import audit, nightly
from tests.volunteers.cases import check_of, days_ago, in_assessment, verify
from volunteers.models import CheckEvidence
from volunteers.services import checks

PDF = (b"%PDF-1.4\n1 0 obj<<>>endobj\n%%EOF\n", "application/pdf")


def hand_in(check, by) -> CheckEvidence:
    checks.provide(check=check, by=by, number="1", issuer="", issued_on=days_ago(1), upload=PDF)
    return check.evidence.first()


def stored(paper) -> bool:
    return (settings.PRIVATE_ROOT / paper.stored_name[:2] / paper.stored_name).exists()


@pytest.fixture
def paper(cast) -> CheckEvidence:
    return hand_in(check_of(in_assessment(cast), "criminal_record"), cast.serik)


def test_while_the_case_is_open_nothing_is_marked(cast, paper):
    verify(cast, paper.evidence_of)
    paper.refresh_from_db()
    assert paper.purge_after is None


def test_the_end_of_the_case_marks_its_papers_once(cast, paper):
    checks.mark_papers_for_erasure(paper.evidence_of.application)
    paper.refresh_from_db()
    assert paper.purge_after == timezone.localdate() + timedelta(days=180)
    CheckEvidence.objects.update(purge_after=days_ago(1))
    checks.mark_papers_for_erasure(paper.evidence_of.application)
    paper.refresh_from_db()
    assert paper.purge_after == days_ago(1)


def test_the_paper_of_a_renewal_is_marked_when_it_is_verified(cast):
    fresh = checks.renew(check=cast.nurlan.checks.get(check_type__code="criminal_record"), by=cast.nurlan.user)
    renewed = hand_in(fresh, cast.nurlan.user)
    verify(cast, fresh)
    renewed.refresh_from_db()
    assert renewed.purge_after == timezone.localdate() + timedelta(days=180)


class TestPurge:
    @pytest.fixture
    def due(self, paper) -> CheckEvidence:
        checks.mark_papers_for_erasure(paper.evidence_of.application)
        paper.refresh_from_db()
        return paper

    def test_not_before_its_day(self, due):
        assert checks.purge_papers(due.purge_after - timedelta(days=1)) == []
        assert stored(due)

    def test_on_its_day_the_key_and_the_file_are_gone_and_the_rest_stays(
        self, due, sign_in, cast, django_capture_on_commit_callbacks
    ):
        with django_capture_on_commit_callbacks(execute=True):
            assert checks.purge_papers(due.purge_after) == [due.code]
        due.refresh_from_db()
        assert due.sealed_key is None and due.purged_at and not stored(due)
        assert (due.mime, due.sha256 != "", due.uploaded_by) == ("application/pdf", True, cast.serik)
        assert audit.history(due).get().action == "purge"
        assert sign_in(cast.dana).get(f"/en/staff/evidence/{due.uuid}/").status_code == 404

    def test_twice_is_once(self, due):
        assert checks.purge_papers(due.purge_after) == [due.code]
        assert checks.purge_papers(due.purge_after) == []

    def test_a_trial_names_it_and_changes_nothing(self, due, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks(execute=True):
            report = nightly.run(due.purge_after, trial=True)
        assert [due.code] in [list(line.codes) for line in report]
        due.refresh_from_db()
        assert due.purged_at is None and due.sealed_key and stored(due)
