"""Scenario 27: an exemption has an end, counts when a second lead has confirmed it, and only between its dates."""

from datetime import timedelta

import pytest
from django.db import IntegrityError
from django.utils import timezone

from portal.access import Role
from portal.models import StaffTask
from portal.refusals import Refused
from portal.services import grant_role
from tests.people import make_cast
from tests.racing import attempt, together
from volunteers import clearance
from volunteers.models import CheckType, ConflictDeclaration, Exemption, Membership, Organisation
from volunteers.services import exemptions
from volunteers.states import CheckState


def days(first: int, last: int) -> dict:
    today = timezone.localdate()
    return {"starts_on": today + timedelta(days=first), "ends_on": today + timedelta(days=last)}


def refusal(call, *args, **kwargs) -> list[str]:
    with pytest.raises(Refused) as caught:
        call(*args, **kwargs)
    return caught.value.codes


def grant(cast, by=None, **changes) -> Exemption:
    wanted = {
        "person": cast.yerbol,
        "check_type": CheckType.objects.get(code="employment"),
        "reason": "The school moves; its office opens in May.",
        **days(0, 30),
        **changes,
    }
    return exemptions.grant(by=by or cast.dana, **wanted)


@pytest.fixture
def unemployed(cast):
    """Yerbol, whose confirmation of employment was ended."""
    cast.yerbol.checks.filter(check_type__code="employment").update(state=CheckState.INVALIDATED)
    return cast.yerbol


class TestScenario27:
    def test_without_an_end_date_it_is_refused(self, cast, sign_in):
        assert refusal(grant, cast, ends_on=None) == ["end_missing"]
        data = {
            "check_type": CheckType.objects.get(code="employment").pk,
            "reason": "r",
            "starts_on": timezone.localdate(),
        }
        response = sign_in(cast.dana).post(f"/en/staff/people/{cast.yerbol.uuid}/exemptions/", data)
        assert response.status_code == 422 and "The last day is missing." in response.content.decode()
        assert not Exemption.objects.exists()

    def test_it_is_pending_until_marat_confirms(self, cast, unemployed, sign_in):
        data = {"check_type": CheckType.objects.get(code="employment").pk, "reason": "Moving.", **days(0, 30)}
        dana, marat = sign_in(cast.dana), sign_in(cast.marat)
        page = dana.post(f"/en/staff/people/{unemployed.uuid}/exemptions/", data, follow=True).content.decode()
        assert 'data-state="pending"' in page and 'data-code="same_person"' in page
        assert [reason.code for reason in clearance.clearance(unemployed).reasons] == ["missing:employment"]
        exemption = Exemption.objects.get()
        address = f"/en/staff/exemptions/{exemption.uuid}/confirm/"
        assert dana.post(address).status_code == 403
        assert 'data-state="in_force"' in marat.post(address, follow=True).content.decode()
        assert clearance.clearance(unemployed).ok

    @pytest.mark.parametrize(("offset", "ok"), [(4, False), (5, True), (20, True), (21, False)])
    def test_it_counts_only_between_its_dates(self, cast, unemployed, offset, ok):
        exemptions.confirm(exemption=grant(cast, **days(5, 20)), by=cast.marat)
        answer = clearance.clearance(unemployed, on=timezone.localdate() + timedelta(days=offset))
        assert answer.ok is ok


class TestRefusals:
    @pytest.mark.parametrize(
        ("changes", "codes"),
        [
            ({"reason": " "}, ["reason_missing"]),
            ({"starts_on": None}, ["start_missing"]),
            (days(5, 4), ["ends_before_start"]),
            (days(-9, -1), ["over"]),
            (days(0, 90), ["too_long"]),
        ],
    )
    def test_words_and_days(self, cast, changes, codes):
        assert refusal(grant, cast, **changes) == codes

    def test_ninety_days_are_the_most(self, cast):
        assert grant(cast, **days(0, 89))

    @pytest.mark.parametrize("code", ["identity", "criminal_record", "court_ban", "offenders_register"])
    def test_what_decides_is_never_waived(self, cast, code, sign_in):
        check_type = CheckType.objects.get(code=code)
        assert refusal(grant, cast, check_type=check_type) == ["deciding_not_exempt"]
        offered = sign_in(cast.dana).get(f"/en/staff/people/{cast.yerbol.uuid}/").context["waiver_forms"]["exemption"]
        assert check_type not in offered.fields["check_type"].queryset

    def test_all_that_is_wrong_is_told_at_once(self, cast):
        identity = CheckType.objects.get(code="identity")
        codes = refusal(grant, cast, reason="", check_type=identity, ends_on=None)
        assert codes == ["reason_missing", "end_missing", "deciding_not_exempt"]

    def test_one_for_the_same_days_is_enough(self, cast):
        grant(cast)
        assert refusal(grant, cast, **days(30, 40)) == ["already_granted"]
        assert grant(cast, **days(31, 40))

    @pytest.mark.parametrize("name", ["aigul", "ivan", "raushan", "gulnara"])
    def test_other_roles_grant_none(self, cast, name):
        assert refusal(grant, cast, by=getattr(cast, name)) == ["not_yours"]

    def test_nobody_who_runs_the_system(self, cast):
        grant_role(user=cast.root, role=Role.SAFEGUARDING_LEAD, by=None)
        cast.root.__dict__.pop("grants", None)
        assert "administrator" in refusal(grant, cast, by=cast.root)
        exemption = grant(cast)
        assert "administrator" in refusal(exemptions.confirm, exemption=exemption, by=cast.root)
        assert "administrator" in refusal(exemptions.revoke, exemption=exemption, by=cast.root)

    def test_nobody_for_himself(self, cast):
        grant_role(user=cast.yerbol.user, role=Role.SAFEGUARDING_LEAD, by=None)
        assert refusal(grant, cast, by=cast.yerbol.user) == ["subject"]

    def test_nobody_for_a_fellow_of_his_organisation(self, cast):
        Membership.objects.create(
            person=cast.yerbol,
            organisation=Organisation.objects.create(kind="other", district=cast.taraz, endorser=cast.dana),
        )
        assert refusal(grant, cast) == ["same_organisation"]

    def test_somebody_who_declared_a_tie_finds_nothing(self, cast):
        exemption = grant(cast)
        case = cast.yerbol.applications.get()
        ConflictDeclaration.objects.create(application=case, user=cast.marat, exists=True, kind="friend")
        with pytest.raises(Exemption.DoesNotExist):
            exemptions.confirm(exemption=exemption, by=cast.marat)


class TestConfirm:
    def test_once(self, cast):
        exemption = grant(cast)
        assert refusal(exemptions.confirm, exemption=exemption, by=cast.dana) == ["same_person"]
        exemptions.confirm(exemption=exemption, by=cast.marat)
        assert refusal(exemptions.confirm, exemption=exemption, by=cast.marat) == ["already_confirmed"]

    def test_not_what_was_taken_back_or_is_over(self, cast):
        exemption = grant(cast)
        Exemption.objects.update(**days(-9, -1))
        assert refusal(exemptions.confirm, exemption=exemption, by=cast.marat) == ["over"]
        exemptions.revoke(exemption=exemption, by=cast.dana)
        assert refusal(exemptions.confirm, exemption=exemption, by=cast.marat) == ["revoked"]

    def test_the_database_itself_refuses_one_person(self, cast):
        exemption = grant(cast)
        exemption.confirmed_by = cast.dana
        with pytest.raises(IntegrityError):
            exemption.save()

    def test_the_other_leads_have_a_task(self, cast):
        exemption = grant(cast)
        task = StaffTask.objects.visible_to(cast.marat).get(kind=StaffTask.Kind.TO_CONFIRM)
        assert task.about == exemption.code


class TestRevoke:
    def test_one_lead_ends_it_at_once_and_the_apps_above_are_told(self, cast, unemployed, monkeypatch):
        exemption = grant(cast)
        exemptions.confirm(exemption=exemption, by=cast.marat)
        told = []
        monkeypatch.setattr(clearance, "_listeners", [told.append])
        exemptions.revoke(exemption=exemption, by=cast.dana)
        assert told == [unemployed] and not clearance.clearance(unemployed).ok
        assert refusal(exemptions.revoke, exemption=exemption, by=cast.marat) == ["revoked"]


@pytest.mark.django_db(transaction=True)
def test_two_who_confirm_at_once_are_one():
    cast = make_cast()
    third = grant(cast)
    grant_role(user=cast.saule, role=Role.SAFEGUARDING_LEAD, by=None)
    acts = (attempt(exemptions.confirm, exemption=third, by=user) for user in (cast.marat, cast.saule))
    assert sorted(together(*acts)) == ["already_confirmed", "done"]


@pytest.mark.django_db(transaction=True)
def test_two_who_grant_at_once_grant_one():
    cast = make_cast()
    acts = (attempt(grant, cast, by=user) for user in (cast.dana, cast.marat))
    assert sorted(together(*acts)) == ["already_granted", "done"]
