"""Texts that people accept: a new version, its preview, its letter, and what it means for booking."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone, translation

from portal.models import LogEntry, OutgoingMessage
from portal.refusals import NotAllowed, Refused
from tests.volunteers.cases import complete, days_ago
from volunteers.clearance import clearance
from volunteers.models import Acceptance, Agreement, AgreementVersion
from volunteers.services import agreements

pytestmark = pytest.mark.django_db
CODE = "code_of_conduct"


def form(**changes) -> dict:
    words = {f"title_{code}": f"Code of conduct 2 ({code})" for code in ("kk", "ru", "en")}
    words |= {f"html_{code}": f"<p>New words ({code}).</p>" for code in ("kk", "ru", "en")}
    return words | {"valid_from": timezone.localdate().isoformat(), "requires_reacceptance": "on", **changes}


def publish(cast, *, by=None, on: date | None = None, demands: bool = True, **more) -> AgreementVersion:
    call = {
        "agreement": Agreement.objects.get(code=CODE),
        "by": by or cast.dana,
        "title": dict.fromkeys(("kk", "ru", "en"), "Second"),
        "html": dict.fromkeys(("kk", "ru", "en"), "<p>Second.</p>"),
        "valid_from": on or timezone.localdate(),
        "requires_reacceptance": demands,
    }
    return agreements.publish_version(**call | more)


def page(name: str, *args) -> str:
    with translation.override("en"):
        return reverse(name, args=args)


def accept(person, version) -> None:
    agreements.accept_agreement(person=person, version=version, by=person.user, language="kk")


class TestNewAgreementVersion:
    """Scenario 12."""

    def test_booking_waits_for_acceptance(self, cast, sign_in):
        from tests.events.builders import make_session  # noqa: PLC0415 - only here

        session, root, nurlan = make_session(cast), sign_in(cast.root), sign_in(cast.nurlan.user)
        preview = root.post(page("staff_agreement_new", CODE), form())
        assert preview.status_code == 200 and "New words (kk)." in preview.content.decode()
        assert AgreementVersion.objects.filter(agreement__code=CODE).count() == 1
        assert root.post(page("staff_agreement_new", CODE), form(publish="1"))["Location"] == page("staff_agreements")

        refused = nurlan.post(page("session_book", session.uuid))
        assert refused.status_code == 409
        assert f'data-code="expired:{CODE}"' in refused.content.decode()
        assert page("my_agreement", CODE) in nurlan.get(page("my_home")).content.decode()
        assert "New words (en)." in nurlan.get(page("my_agreement", CODE)).content.decode()
        assert nurlan.post(page("my_agreement", CODE)).status_code == 302

        assert nurlan.post(page("session_book", session.uuid)).status_code == 302
        assert cast.nurlan.acceptances.filter(version__agreement__code=CODE).count() == 2
        html = nurlan.get(page("my_home")).content.decode()
        assert (
            "New words (en)." in html and AgreementVersion.objects.get(agreement__code=CODE, number=1).title_en in html
        )


class TestPublishing:
    def test_the_number_follows_and_the_log_knows(self, cast):
        version = publish(cast)
        assert version.number == 2
        entry = LogEntry.objects.get(action="publish_agreement")
        assert (entry.actor, entry.data) == (cast.dana, {"agreement": CODE, "version": 2})

    def test_a_published_version_is_never_changed(self, cast):
        version = publish(cast)
        version.title_kk = "Other"
        with pytest.raises(TypeError):
            version.save()
        with pytest.raises(TypeError):
            version.delete()

    def test_every_reason_at_once(self, cast):
        with pytest.raises(Refused) as refusal:
            publish(cast, on=days_ago(1), html={"kk": "<p>x</p>", "ru": "<script>x</script>", "en": "<p>x</p>"})
        assert refusal.value.codes == ["valid_from_past", "words_missing"]

    def test_of_the_words_headings_lists_and_emphasis_are_kept(self, cast):
        words = '<h2 style="x">A</h2><ul><li><b>b</b><a href="//x">c</a></li></ul><img src=x onerror=alert(1)>'
        version = publish(cast, html=dict.fromkeys(("kk", "ru", "en"), words))
        assert version.html_kk == "<h2>A</h2><ul><li><b>b</b>c</li></ul>"

    @pytest.mark.parametrize("name", ["aigul", "ivan", "gulnara", "raushan", "asel", "serik"])
    def test_others_may_not(self, cast, sign_in, name):
        user = getattr(cast, name)
        with pytest.raises(NotAllowed):
            publish(cast, by=user)
        assert sign_in(user).post(page("staff_agreement_new", CODE), form(publish="1")).status_code == 403

    def test_the_form_is_prefilled_and_keeps_what_was_typed(self, cast, sign_in):
        dana = sign_in(cast.dana)
        newest = AgreementVersion.objects.get(agreement__code=CODE)
        assert newest.title_kk in dana.get(page("staff_agreement_new", CODE)).content.decode()
        wrong = dana.post(page("staff_agreement_new", CODE), form(html_ru="<script>x</script>", publish="1"))
        assert wrong.status_code == 422 and "New words (kk)." in wrong.content.decode()
        again = dana.post(page("staff_agreement_new", CODE), form(change="1"))
        assert "New words (ru)." in again.content.decode() and 'data-testid="preview"' in again.content.decode()
        assert AgreementVersion.objects.filter(agreement__code=CODE).count() == 1

    def test_a_text_that_nobody_is_cleared_by_asks_for_no_new_acceptance(self, cast, sign_in):
        dana = sign_in(cast.dana)
        assert "requires_reacceptance" not in dana.get(page("staff_agreement_new", "data_consent")).content.decode()
        dana.post(page("staff_agreement_new", "data_consent"), form(publish="1"))
        assert not AgreementVersion.objects.get(agreement__code="data_consent", number=2).requires_reacceptance


class TestAnnouncedForALaterDay:
    def test_nothing_falls_before_that_day_and_it_may_be_accepted_at_once(self, cast):
        version = publish(cast, on=timezone.localdate() + timedelta(days=5))
        later = timezone.localdate() + timedelta(days=9)
        assert clearance(cast.nurlan, on=later).ok
        assert agreements.version_to_read(cast.nurlan, CODE) == version
        accept(cast.nurlan, version)
        AgreementVersion.objects.filter(pk=version.pk).update(valid_from=timezone.localdate())
        assert clearance(cast.nurlan, on=later).ok
        assert not clearance(cast.yerbol, on=later).ok

    def test_who_has_not_accepted_the_one_in_force_reads_that_one_first(self, cast):
        person = complete(cast, "approved").person
        publish(cast, on=timezone.localdate() + timedelta(days=5))
        assert agreements.version_to_read(person, CODE).number == 1

    def test_one_that_demands_nothing_changes_nothing(self, cast):
        publish(cast, demands=False)
        assert clearance(cast.nurlan).ok


class TestLetters:
    def test_everybody_who_serves_gets_one_letter(self, cast):
        version = publish(cast, on=timezone.localdate() + timedelta(days=14))
        accept(cast.yerbol, version)
        today = timezone.localdate()
        assert agreements.announce(today) == [cast.nurlan.code]
        assert agreements.announce(today + timedelta(days=1)) == []
        letter = OutgoingMessage.objects.get(letter="volunteers/new_agreement")
        assert letter.recipient == cast.nurlan.user
        assert f"/my/agreements/{CODE}/" in letter.text

    def test_an_old_version_or_one_without_new_acceptance_is_not_told(self, cast):
        publish(cast, demands=False)
        version = publish(cast)
        AgreementVersion.objects.filter(pk=version.pk).update(valid_from=days_ago(31))
        assert agreements.announce(timezone.localdate()) == []

    def test_whoever_may_not_come_anyway_is_not_asked(self, cast):
        cast.yerbol.approvals.update(valid_to=days_ago(1))
        publish(cast)
        assert agreements.announce(timezone.localdate()) == [cast.nurlan.code]


class TestMentorAgreement:
    def test_a_mentor_may_read_and_accept_it(self, cast, sign_in):
        nurlan = sign_in(cast.nurlan.user)
        address = page("my_agreement", agreements.MENTOR_AGREEMENT)
        assert address in nurlan.get(page("my_training")).content.decode()
        assert nurlan.post(address).status_code == 302
        assert Acceptance.objects.filter(person=cast.nurlan, version__agreement__code="mentor_agreement").count() == 1

    def test_consents_are_given_with_the_application_only(self, cast, sign_in):
        assert sign_in(cast.nurlan.user).get(page("my_agreement", "data_consent")).status_code == 404
