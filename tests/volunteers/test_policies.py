"""What a role demands is data: drafted by one lead, published by another, never changed afterwards."""

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
from volunteers.models import CheckType, PolicyVersion, ProgrammeRole, Requirement
from volunteers.services import policies


def refusal(call, *args, **kwargs) -> list[str]:
    with pytest.raises(Refused) as caught:
        call(*args, **kwargs)
    return caught.value.codes


def in_days(days: int):
    return timezone.localdate() + timedelta(days=days)


def stages(role: ProgrammeRole, **changes) -> dict[CheckType, str]:
    """What the newest version demands, with `changes` by code; None takes away."""
    wanted = {item.check_type: item.stage for item in policies.newest(role).requirements.select_related("check_type")}
    wanted |= {CheckType.objects.get(code=code): stage for code, stage in changes.items()}
    return {check_type: stage for check_type, stage in wanted.items() if stage}


@pytest.fixture
def role(cast) -> ProgrammeRole:
    return cast.nurlan.approvals.get().role


def draft(cast, role, by=None, day=None, **changes) -> PolicyVersion:
    return policies.draft(
        role=role, by=by or cast.dana, effective_from=day or in_days(10), requirements=stages(role, **changes)
    )


class TestInForce:
    def test_the_newest_that_has_begun(self, cast, role):
        first = role.policies.get()
        second = draft(cast, role, medical="approval")
        assert PolicyVersion.objects.in_force(role, in_days(10)) == first
        policies.publish(policy=second, by=cast.marat)
        assert PolicyVersion.objects.in_force(role) == first
        assert PolicyVersion.objects.in_force(role, in_days(9)) == first
        assert PolicyVersion.objects.in_force(role, in_days(10)) == second
        assert PolicyVersion.objects.in_force(role, first.effective_from - timedelta(days=1)) is None


class TestDraft:
    def test_it_changes_nothing_and_is_a_task_for_the_other_lead(self, cast, role):
        policy = draft(cast, role, medical="approval")
        assert (policy.number, policy.published_by, policy.published_at) == (2, cast.dana, None)
        assert clearance.clearance(cast.nurlan, on=in_days(10)).ok
        assert StaffTask.objects.visible_to(cast.marat).filter(kind=StaffTask.Kind.TO_CONFIRM).exists()

    @pytest.mark.parametrize(("offset", "code"), [(0, "too_early"), (-5, "too_early")])
    def test_not_for_today(self, cast, role, offset, code):
        assert refusal(draft, cast, role, day=in_days(offset)) == [code]

    def test_one_draft_of_a_role_at_a_time(self, cast, role):
        draft(cast, role)
        assert refusal(draft, cast, role) == ["draft_exists"]

    def test_after_the_newest(self, cast, role):
        policies.publish(policy=draft(cast, role), by=cast.marat)
        assert refusal(draft, cast, role, day=in_days(10)) == ["not_after_newest"]
        assert draft(cast, role, day=in_days(11)).number == 3

    @pytest.mark.parametrize("code", ["identity", "criminal_record", "court_ban", "offenders_register"])
    def test_no_role_does_without_what_decides(self, cast, role, code):
        assert refusal(draft, cast, role, **{code: None}) == ["indispensable"]
        assert refusal(draft, cast, role, **{code: "onboarding"}) == ["indispensable"]

    def test_a_day_and_known_stages_are_needed(self, cast, role):
        wanted = stages(role, medical="sometime")
        codes = refusal(policies.draft, role=role, by=cast.dana, effective_from=None, requirements=wanted)
        assert codes == ["day_missing", "stage_unknown"]

    @pytest.mark.parametrize("name", ["aigul", "raushan", "saule", "asel"])
    def test_other_roles_draft_none(self, cast, role, name):
        assert refusal(draft, cast, role, by=getattr(cast, name)) == ["not_yours"]

    def test_a_lead_of_one_district_does_not_change_the_rules_of_all(self, cast, role):
        grant_role(user=cast.saule, role=Role.SAFEGUARDING_LEAD, by=None, district=cast.taraz)
        assert refusal(draft, cast, role, by=cast.saule) == ["not_yours"]

    def test_nobody_who_runs_the_system(self, cast, role):
        grant_role(user=cast.root, role=Role.SAFEGUARDING_LEAD, by=None)
        cast.root.__dict__.pop("grants", None)
        assert refusal(draft, cast, role, by=cast.root) == ["administrator"]
        assert refusal(policies.publish, policy=draft(cast, role), by=cast.root) == ["administrator"]


class TestPublish:
    def test_by_another_lead_and_from_its_day(self, cast, role):
        policy = draft(cast, role, medical="approval")
        assert refusal(policies.publish, policy=policy, by=cast.dana) == ["same_person"]
        policies.publish(policy=policy, by=cast.marat)
        assert clearance.clearance(cast.nurlan, on=in_days(9)).ok
        codes = [reason.code for reason in clearance.clearance(cast.nurlan, on=in_days(10)).reasons]
        assert codes == ["missing:medical"]
        assert refusal(policies.publish, policy=policy, by=cast.marat) == ["already_published"]

    def test_not_once_its_day_has_come(self, cast, role):
        policy = draft(cast, role)
        PolicyVersion.objects.filter(pk=policy.pk).update(effective_from=in_days(0))
        assert refusal(policies.publish, policy=policy, by=cast.marat) == ["too_early"]

    def test_the_database_itself_refuses_one_person(self, cast, role):
        policy = draft(cast, role)
        policy.confirmed_by = cast.dana
        with pytest.raises(IntegrityError):
            policy.save()

    def test_one_lead_throws_a_draft_away_and_never_a_published_one(self, cast, role):
        policies.discard(policy=draft(cast, role), by=cast.marat)
        assert role.policies.count() == 1
        assert refusal(policies.discard, policy=role.policies.get(), by=cast.dana) == ["already_published"]


class TestNeverChanged:
    @pytest.fixture
    def policy(self, cast, role) -> PolicyVersion:
        policy = draft(cast, role)
        policies.publish(policy=policy, by=cast.marat)
        return PolicyVersion.objects.get(pk=policy.pk)

    def test_the_version(self, policy):
        policy.effective_from = in_days(1)
        for act in (policy.save, policy.delete):
            with pytest.raises(TypeError):
                act()

    def test_its_requirements(self, policy):
        requirement = policy.requirements.first()
        added = Requirement(policy=policy, check_type=CheckType.objects.get(code="photo"), stage="approval")
        for act in (requirement.save, requirement.delete, added.save):
            with pytest.raises(TypeError):
                act()

    def test_the_first_version_of_every_role_neither(self, cast):
        for policy in PolicyVersion.objects.all():
            with pytest.raises(TypeError):
                policy.save()


class TestPages:
    def test_from_a_draft_to_a_version(self, cast, role, sign_in):
        dana, marat, address = sign_in(cast.dana), sign_in(cast.marat), f"/en/staff/policies/{role.code}/draft/"
        form = dana.get(address).context["form"]
        data = {name: form[name].value() or "" for name in form.fields}
        assert data["identity"] == "approval" and data["induction"] == "onboarding" and data["medical"] == ""
        refused = dana.post(address, data | {"effective_from": in_days(0), "medical": "approval"})
        assert refused.status_code == 422 and 'value="approval" selected' in refused.content.decode()
        assert dana.post(address, data | {"effective_from": in_days(10), "medical": "approval"}).status_code == 302

        publish = f"/en/staff/policies/{role.code}/2/publish/"
        page = dana.get("/en/staff/policies/").content.decode()
        assert 'data-code="same_person"' in page and 'data-testid="move-publish"' not in page
        assert dana.post(publish).status_code == 403
        assert 'data-testid="move-publish"' in marat.get("/en/staff/policies/").content.decode()
        page = marat.post(publish, follow=True).content.decode()
        assert cast.dana.display_name in page and cast.marat.display_name in page

    def test_what_is_indispensable_has_no_choice(self, cast, role, sign_in):
        address = f"/en/staff/policies/{role.code}/draft/"
        form = sign_in(cast.dana).get(address).context["form"]
        assert len(form.fields["criminal_record"].choices) == 1
        data = {name: form[name].value() or "" for name in form.fields} | {"effective_from": in_days(10)}
        assert sign_in(cast.dana).post(address, data | {"identity": ""}).status_code == 422

    def test_others_see_nothing_of_it(self, cast, sign_in):
        for user in (cast.aigul, cast.raushan, cast.root):
            assert sign_in(user).get("/en/staff/policies/").status_code == 403


@pytest.mark.django_db(transaction=True)
def test_two_who_draft_at_once_draft_one():
    cast = make_cast()
    role = cast.nurlan.approvals.get().role
    acts = (attempt(draft, cast, role, by=user) for user in (cast.dana, cast.marat))
    assert sorted(together(*acts)) == ["done", "draft_exists"]
