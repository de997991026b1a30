"""Scenario 13 on the desks: what somebody declares of his past stays with the safeguarding lead."""

import pytest

from portal import audit
from portal.refusals import Refused
from tests.volunteers.cases import check_of, declare, in_assessment, verify
from volunteers.services import checks, guards
from volunteers.states import CheckState

WORDS = "Expunged in 1987, for a fight."
LOOKING = "The safeguarding lead is looking at this"


@pytest.fixture
def case(cast):
    return in_assessment(cast)


@pytest.fixture
def check(case):
    return check_of(case, "self_disclosure")


def refusal(call, *args, **kwargs) -> list[str]:
    with pytest.raises(Refused) as caught:
        call(*args, **kwargs)
    return caught.value.codes


def page_of(client, case) -> str:
    return client.get(f"/en/staff/applications/{case.uuid}/").content.decode()


class TestScenario13:
    @pytest.mark.parametrize("yes", [WORDS, ""])
    def test_the_coordinator_sees_only_that_the_lead_looks_at_it(self, cast, case, check, sign_in, yes):
        declare(check, yes=yes)
        page = page_of(sign_in(cast.aigul), case)
        assert LOOKING in page and WORDS not in page
        assert 'data-testid="read-disclosure"' not in page

    def test_whatever_became_of_it_he_sees_the_same(self, cast, case, check, sign_in):
        declare(check, yes=WORDS)
        checks.fail(check=check, by=cast.dana, reason="Violent, and lately.")
        page = page_of(sign_in(cast.aigul), case)
        row = page.split('data-code="self_disclosure"', 1)[1].split("</li>", 1)[0]
        assert LOOKING in row and "ailed" not in row and "lately" not in page
        assert "Self-declaration: Failed" not in page

    def test_dana_reads_it_and_the_log_knows(self, cast, case, check, sign_in):
        disclosure = declare(check, yes=WORDS)
        client = sign_in(cast.dana)
        assert 'data-testid="read-disclosure"' in page_of(client, case) and WORDS not in page_of(client, case)
        assert WORDS in client.get(f"/en/staff/checks/{check.uuid}/declaration/").content.decode()
        assert audit.history(disclosure, "view").get().actor == cast.dana

    @pytest.mark.parametrize("name", ["aigul", "bolat", "ivan", "saule", "gulnara", "raushan", "asel", "root", "serik"])
    def test_nobody_else_sees_text_or_field(self, cast, case, check, sign_in, name):
        disclosure, client = declare(check, yes=WORDS), sign_in(getattr(cast, name))
        assert client.get(f"/en/staff/checks/{check.uuid}/declaration/").status_code in {403, 404}
        assert not audit.history(disclosure, "view").exists()
        if name == "ivan":
            assert 'data-code="self_disclosure"' not in page_of(client, case)


class TestVerdict:
    def test_a_yes_needs_the_leads_assessment_in_words(self, cast, check):
        declare(check, yes=WORDS)
        assert refusal(verify, cast, check, method="declaration_read") == ["assessment_missing"]
        verify(cast, check, method="declaration_read", note="Long ago; two leads talked to him.")
        check.refresh_from_db()
        assert check.state == CheckState.VERIFIED

    def test_the_assessment_is_the_leads_alone_and_lies_encrypted(self, cast, case, check, sign_in):
        declare(check, yes=WORDS)
        verify(cast, check, method="declaration_read", note="Long ago; two leads talked to him.")
        assert "two leads" not in page_of(sign_in(cast.aigul), case)
        assert "two leads" not in page_of(sign_in(cast.dana), case)  # only where the look is logged
        assert "two leads" in sign_in(cast.dana).get(f"/en/staff/checks/{check.uuid}/declaration/").content.decode()
        check.refresh_from_db()
        assert b"two leads" not in bytes(check.result_note_sealed)

    def test_without_a_yes_no_words_are_needed(self, cast, check):
        declare(check)
        verify(cast, check, method="declaration_read")
        check.refresh_from_db()
        assert check.state == CheckState.VERIFIED

    def test_a_later_no_does_not_outlive_a_yes(self, cast, case, check, sign_in):
        declare(check, yes=WORDS)
        verify(cast, check, method="declaration_read", note="Long ago.")
        event = {"event": "new_disclosure", "reason": "He was asked anew."}
        fresh = checks.invalidate(check=check, by=cast.dana, **event)
        declare(fresh)
        assert WORDS in sign_in(cast.marat).get(f"/en/staff/checks/{fresh.uuid}/declaration/").content.decode()
        assert refusal(verify, cast, fresh, by=cast.marat, method="declaration_read") == ["assessment_missing"]
        assert "lead_looking" in [reason.code for reason in guards.missing_for_approval(case)]
        verify(cast, fresh, by=cast.marat, method="declaration_read", note="Known since the first time.")
        assert "lead_looking" not in [reason.code for reason in guards.missing_for_approval(case)]

    def test_what_was_not_sent_was_not_read(self, cast, check):
        assert refusal(verify, cast, check, method="declaration_read") == ["nothing_declared"]

    def test_on_paper_it_is_verified_by_the_sighted_original(self, cast, check):
        verify(cast, check, method="original_sighted")
        check.refresh_from_db()
        assert check.state == CheckState.VERIFIED

    def test_from_the_page_of_the_declaration(self, cast, case, check, sign_in):
        declare(check, yes=WORDS)
        client = sign_in(cast.dana)
        assert 'data-testid="move-verify"' in client.get(f"/en/staff/checks/{check.uuid}/declaration/").content.decode()
        paper = {"method": "declaration_read", "issued_on": str(check.person.created_at.date())}
        refused = client.post(f"/en/staff/checks/{check.uuid}/verify/", paper)
        assert refused.status_code == 422 and "please write how you assess it" in refused.content.decode()
        paper["note"] = "Long ago."
        assert client.post(f"/en/staff/checks/{check.uuid}/verify/", paper).status_code == 302
        check.refresh_from_db()
        assert check.state == CheckState.VERIFIED
