"""The log for auditors: found by person, actor, words, days; what was seen in words. And for whom it is about: who looked."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from portal import audit
from portal.models import LogEntry
from tests.logbook import rewrite
from volunteers.models import CheckEvidence, Concern, ConflictDeclaration
from volunteers.services import traces

pytestmark = pytest.mark.django_db
LOG = "/en/staff/log/"
MINE = "/en/my/views/"


def codes(client, **query) -> set[str]:
    """The actions on the page, raw, of those entries that the test wrote."""
    page = client.get(LOG, query)
    assert page.status_code == 200
    return {entry.action for entry in page.context["object_list"]} & {"stay", "suspend", "concern.raise", "interview"}


@pytest.fixture
def concern(cast) -> Concern:
    return Concern.objects.create(person=cast.nurlan, source="staff", level="low")


def test_a_person_is_found_by_his_code_with_all_that_is_his(cast, concern, sign_in):
    audit.record(cast.nurlan, "stay", cast.aigul)
    audit.record(concern, "concern.raise", cast.aigul)
    audit.record(cast.yerbol, "suspend", cast.aigul)
    raushan = sign_in(cast.raushan)
    assert codes(raushan, person=f" {cast.nurlan.code.lower()} ") == {"stay", "concern.raise"}
    assert codes(raushan, person=cast.yerbol.code) == {"suspend"}
    assert codes(raushan, person=cast.nurlan.code, action="stay") == {"stay"}
    for unknown in ("P-00000000", "P-", "nobody", "A" * 300, "%"):
        assert codes(raushan, person=unknown) == set()


def test_nobody_gathers_what_is_about_himself_or_his_kin(cast, concern, sign_in):
    audit.record(concern, "concern.raise", cast.aigul)
    ConflictDeclaration.objects.create(
        application=cast.nurlan.applications.latest("pk"), user=cast.marat, exists=True, kind="relative"
    )
    assert codes(sign_in(cast.dana), person=cast.nurlan.code) == {"concern.raise"}
    assert codes(sign_in(cast.marat), person=cast.nurlan.code) == set()
    cast.nurlan.user = cast.dana
    cast.nurlan.save()
    assert codes(sign_in(cast.dana), person=cast.nurlan.code) == set()


def test_nor_does_the_list_show_it_whatever_he_asks_for(cast, concern, sign_in):
    """Held: the lead who is herself an applicant, and the lead who declared a tie, find no line of it."""
    audit.record(concern, "concern.raise", cast.aigul)
    audit.record(cast.yerbol, "suspend", cast.aigul)
    assert codes(sign_in(cast.dana)) == {"concern.raise", "suspend"}
    ConflictDeclaration.objects.create(
        application=cast.nurlan.applications.latest("pk"), user=cast.marat, exists=True, kind="relative"
    )
    cast.nurlan.user = cast.dana
    cast.nurlan.save()
    for lead in (cast.dana, cast.marat):
        assert codes(sign_in(lead)) == {"suspend"}
        assert codes(sign_in(lead), object_code=concern.code) == set()
    assert codes(sign_in(cast.raushan)) == {"concern.raise", "suspend"}


def test_by_actor_kind_and_days(cast, sign_in):
    audit.record(cast.nurlan, "stay", cast.aigul)
    audit.record(cast.nurlan, "suspend", cast.dana)
    audit.viewed(cast.nurlan, "interview", cast.dana)
    long_ago = timezone.localtime() - timedelta(days=40)
    rewrite(LogEntry.objects.filter(action="suspend"), at=long_ago)
    raushan, day = sign_in(cast.raushan), f"{long_ago:%Y-%m-%d}"
    assert codes(raushan, actor_name=cast.dana.last_name) == {"suspend", "interview"}
    assert codes(raushan, kind="view") == {"interview"}
    assert codes(raushan, date_from=day, date_to=day) == {"suspend"}
    assert codes(raushan, date_from=f"{timezone.localdate() - timedelta(days=39):%Y-%m-%d}") == {"stay", "interview"}
    assert codes(raushan, date_from="0001-01-01", date_to="9999-12-31") == {"stay", "suspend", "interview"}
    assert codes(raushan, date_from="soon") == {"stay", "suspend", "interview"}


def test_lists_and_roles_are_told_in_words(cast, sign_in):
    audit.exported("central_record", cast.dana, count=12, why="Inspection of May")
    audit.record(cast.nurlan, "suspend", cast.dana, reason="He shouted.", code="inner_word")
    raushan = sign_in(cast.raushan)
    assert not {"shouted", "inner_word"} & set(re.findall(r"\w+", raushan.get(LOG).content.decode()))
    page = raushan.get(LOG, {"kind": "view"}).content.decode()
    assert "Central record (12)" in page
    assert "Inspection of May" in page
    assert "central_record" not in page
    assert re.search(r'<span class="meta">safeguarding lead', page)


def test_every_list_that_is_exported_has_words():
    from django.conf import settings  # noqa: PLC0415 - only here

    written = set()
    for app in ("portal", "volunteers", "mentors", "events", "content"):
        for path in (settings.BASE_DIR / app).rglob("*.py"):
            written |= set(re.findall(r'note_export\(\s*what="(\w+)"', path.read_text(encoding="utf-8")))
    assert written
    assert written == set(audit.EXPORTS)


def test_the_log_costs_the_same_for_few_and_for_many(cast, sign_in, django_assert_max_num_queries):
    client = sign_in(cast.raushan)
    for _round in range(2):
        for _number in range(15):
            audit.viewed(cast.nurlan, "interview", cast.dana)
        with django_assert_max_num_queries(10):
            client.get(LOG, {"kind": "view"})


def test_it_costs_the_same_whoever_is_kept_from_him(cast, sign_in):
    client, costs = sign_in(cast.marat), []
    client.get(LOG)  # the first request of a session asks more
    for person in (cast.nurlan, cast.yerbol):
        for case in person.applications.all():
            ConflictDeclaration.objects.create(application=case, user=cast.marat, exists=True, kind="relative")
        with CaptureQueriesContext(connection) as queries:
            client.get(LOG)
        costs.append(len(queries))
    assert len(set(costs)) == 1


class TestMine:
    def mine(self, sign_in, person) -> str:
        response = sign_in(person.user).get(MINE)
        assert response.status_code == 200
        assert "no-store" in response["Cache-Control"]
        return response.content.decode()

    def rows(self, page: str) -> list[str]:
        return re.findall(r'<li data-testid="look">(.*?)</li>', page, re.DOTALL)

    def test_he_reads_when_in_which_role_and_what(self, cast, sign_in):
        check = cast.nurlan.checks.filter(check_type__code="identity").first()
        paper = CheckEvidence.objects.create(
            evidence_of=check, stored_name="0" * 32, size=1, uploaded_by=cast.nurlan.user
        )
        audit.viewed(paper, "evidence", cast.aigul)
        audit.viewed(cast.yerbol, "check_in_notes", cast.dana)  # another's
        (row,) = self.rows(self.mine(sign_in, cast.nurlan))
        assert "coordinator" in row
        assert "Paper: " in row
        assert str(check.check_type.name_en) in row
        assert cast.aigul.last_name not in row
        assert cast.aigul.last_name not in self.mine(sign_in, cast.nurlan)

    def test_his_own_looks_are_not_listed(self, cast, sign_in):
        audit.viewed(cast.nurlan, "own_file", cast.nurlan.user)
        audit.viewed(cast.nurlan, "interview", cast.nurlan.user)
        assert 'data-testid="none"' in self.mine(sign_in, cast.nurlan)

    @pytest.mark.parametrize("what", sorted(set(audit.VIEWS) - traces.TOLD))
    def test_what_is_not_told_leaves_the_page_as_it_was(self, cast, concern, sign_in, what):
        before = self.mine(sign_in, cast.nurlan)
        audit.viewed(concern, what, cast.dana)
        audit.viewed(cast.nurlan, what, cast.dana)
        audit.record(concern, "concern.raise", cast.dana)
        without_tokens = re.compile(r'name="csrfmiddlewaretoken" value="[^"]+"')
        assert without_tokens.sub("", self.mine(sign_in, cast.nurlan)) == without_tokens.sub("", before)

    def test_each_kind_of_look_was_decided_about(self):
        """A new kind is told to nobody until it is named in TOLD, or here."""
        not_told = {
            "case_page", "concern", "do_not_engage", "duplicate", "exclusion_why", "exit_note", "export", "hold", "opinion", "own_file",
            "own_archive", "own_reference", "risk", "import",
        }  # fmt: skip
        assert set(audit.VIEWS) == not_told | traces.TOLD
        assert not not_told & traces.TOLD

    def test_it_is_linked_from_his_page_and_paged(self, cast, sign_in, django_assert_max_num_queries):
        client = sign_in(cast.nurlan.user)
        assert reverse("my_looks").split("/", 2)[2] in client.get("/en/my/").content.decode()
        for _number in range(30):
            audit.viewed(cast.nurlan, "check_in_notes", cast.dana)
        with django_assert_max_num_queries(14):
            first = client.get(MINE).content.decode()
        assert len(self.rows(first)) == 25
        assert len(self.rows(client.get(MINE, {"page": 2}).content.decode())) == 5

    def test_without_a_record_there_is_no_page(self, cast, sign_in):
        assert sign_in(cast.raushan).get(MINE).status_code == 404
