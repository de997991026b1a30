"""Renewal and change of role: short applications of somebody approved (row G5)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from portal.models import StaffTask
from portal.refusals import Refused
from tests.people import Cast
from tests.volunteers.drafts import newest_code
from volunteers import clearance
from volunteers.models import Acceptance, Application, Approval, ExitRecord, Person, ProgrammeRole, ReferenceResponse
from volunteers.services import answers, applications, decisions, guards, renewal, terms


def in_days(days: int):
    return timezone.localdate() + timedelta(days=days)


@pytest.fixture
def nurlan(cast: Cast) -> Person:
    """His term ends in thirty days."""
    cast.nurlan.approvals.update(valid_to=in_days(30))
    return cast.nurlan


@pytest.fixture
def client(sign_in, nurlan):
    return sign_in(nurlan.user)


def fill_in(client, application) -> None:
    about = client.get(f"/en/apply/{application.uuid}/about/").context["form"].initial
    posts = {
        "about": {**about, "birth_date": str(about["birth_date"]), "patronymic": about["patronymic"] or ""},
        "changes": {"changes": "Ештеңе өзгерген жоқ."},
        "organisation": {"organisation": ""},
        "referees": {
            f"{number}-{field}": value
            for number in (1, 2)
            for field, value in {
                "name": f"Ұсынушы {number}",
                "relation": "colleague",
                "email": f"ref{number}@demo.example",
                "language": "kk",
            }.items()
        },
        "consents": dict.fromkeys(answers.CONSENTS, "on"),
    }
    for step in answers.steps_of(application):
        answer = client.post(f"/en/apply/{application.uuid}/{step}/", posts[step])
        assert answer.status_code == 302, (step, answer.content.decode())


def begun(client) -> Application:
    assert client.post("/en/my/renewal/").status_code == 302
    return Application.objects.get(kind="renewal")


def sent(client, person) -> Application:
    application = begun(client)
    fill_in(client, application)
    client.post(f"/en/apply/{application.uuid}/send/")
    applications.confirm_contact(application=application, by=person.user, code=newest_code(application))
    application.refresh_from_db()
    return application


def test_a_renewal_is_short_and_knows_the_person(client, nurlan):
    home = client.get("/en/my/").content.decode()
    assert 'data-testid="renewal"' in home
    application = begun(client)
    assert answers.steps_of(application) == ["about", "changes", "organisation", "consents"]  # his references last
    page = client.get(f"/en/apply/{application.uuid}/about/").content.decode()
    assert f'value="{nurlan.family_name}"' in page and f'value="{nurlan.birth_date}"' in page
    for step in ("experience", "history"):
        assert client.get(f"/en/apply/{application.uuid}/{step}/").status_code == 404
    fill_in(client, application)
    review = client.get(f"/en/apply/{application.uuid}/review/").content.decode()
    assert "Ештеңе өзгерген жоқ." in review and "is not finished" not in review


def test_referees_are_named_only_where_references_run_out(nurlan):
    application = renewal.start_renewal(by=nurlan.user)
    ReferenceResponse.objects.filter(request__application__person=nurlan).update(assessed_at=timezone.now())
    assert "referees" not in answers.steps_of(application)
    early = timezone.now() - timedelta(days=730 - 60)
    ReferenceResponse.objects.filter(request__application__person=nurlan).update(assessed_at=early)
    assert "referees" in answers.steps_of(application)


def test_the_old_term_keeps_its_dates_and_the_new_one_follows_it(client, nurlan, cast):
    old = nurlan.approvals.get()
    application = sent(client, nurlan)
    assert application.state == "screening"
    assert StaffTask.objects.visible_to(cast.aigul).filter(kind="renewal").count() == 1
    assert clearance.clearance(nurlan).ok
    decisions.accept(application=application, by=cast.aigul, no_conflict=True)
    asked = set(application.checks.values_list("check_type__code", flat=True))
    assert {"self_disclosure", "criminal_record"} <= asked and "identity" not in asked
    old.refresh_from_db()
    assert old.valid_to == in_days(30)
    assert guards.first_day_of_approval(application) == in_days(31)
    assert clearance.clearance(nurlan).ok


def test_agreements_are_accepted_anew_on_sending(client, nurlan):
    before = Acceptance.objects.filter(person=nurlan, version__agreement__code="code_of_conduct").count()
    sent(client, nurlan)
    after = Acceptance.objects.filter(person=nurlan, version__agreement__code="code_of_conduct").count()
    assert after == before + 1


def test_not_before_the_window_and_the_day_is_named(cast, sign_in):
    nurlan = cast.nurlan
    opens = terms.renewal_opens_on(nurlan)
    assert opens == nurlan.approvals.get().valid_to - timedelta(days=60)
    with pytest.raises(Refused) as refused:
        renewal.start_renewal(by=nurlan.user)
    assert refused.value.codes == ["too_early"] and str(opens.year) in str(refused.value.reasons[0].text)
    assert 'data-testid="renewal"' not in sign_in(nurlan.user).get("/en/my/").content.decode()
    nurlan.approvals.update(valid_to=in_days(61))
    with pytest.raises(Refused):
        renewal.start_renewal(by=nurlan.user)
    nurlan.approvals.update(valid_to=in_days(60))
    renewal.start_renewal(by=nurlan.user)


def test_one_renewal_at_a_time(nurlan):
    renewal.start_renewal(by=nurlan.user)
    with pytest.raises(Refused) as refused:
        renewal.start_renewal(by=nurlan.user)
    assert refused.value.codes == ["already_open"]


def test_once_renewed_it_is_too_early_again(nurlan):
    approval = nurlan.approvals.get()
    Approval.objects.create(person=nurlan, role=approval.role, valid_from=in_days(31), valid_to=in_days(31 + 730))
    assert terms.renewal_opens_on(nurlan) == in_days(31 + 730 - 60)


def test_who_is_not_approved_applies_like_anybody(cast, nurlan):
    with pytest.raises(Refused) as refused:
        renewal.start_renewal(by=cast.serik)
    assert refused.value.codes == ["not_approved"]
    ExitRecord.objects.create(person=nurlan, reason="moved")
    with pytest.raises(Refused) as refused:
        renewal.start_renewal(by=nurlan.user)
    assert refused.value.codes == ["not_approved"]
    role = ProgrammeRole.objects.get(code="school_mentor")
    assert applications.start(by=nurlan.user, role=role).kind == "initial"


def test_a_withdrawn_renewal_leaves_him_where_he_was(client, nurlan):
    application = sent(client, nurlan)
    applications.withdraw(application=application, by=nurlan.user)
    home = client.get("/en/my/").content.decode()
    assert 'data-state="approved"' in home and 'data-testid="renewal"' in home
    assert clearance.clearance(nurlan).ok
    assert renewal.start_renewal(by=nurlan.user).state == "draft"


def test_another_role_is_a_short_application_too(sign_in, cast):
    client = sign_in(cast.nurlan.user)
    role = ProgrammeRole.objects.get(code="supervised_speaker")
    with pytest.raises(Refused) as refused:
        applications.start(by=cast.nurlan.user, role=role)
    assert refused.value.reasons[0].url.endswith("/my/roles/supervised_speaker/")
    assert client.get("/en/my/roles/supervised_speaker/").status_code == 200
    client.post("/en/my/roles/supervised_speaker/")
    application = Application.objects.get(kind="role_change")
    assert application.policy.role == role
    assert answers.steps_of(application) == ["about", "changes", "organisation", "consents"]
    with pytest.raises(Refused) as refused:
        renewal.start_role_change(by=cast.nurlan.user, role=ProgrammeRole.objects.get(code="school_mentor"))
    assert refused.value.codes == ["same_role", "already_open"]


def test_a_new_name_in_a_renewal_sends_the_papers_back(client, nurlan):
    application = begun(client)
    fill_in(client, application)
    application.refresh_from_db()
    renamed = {"about": {**answers.read(application)["about"], "family_name": "Жаңаев"}}
    applications.save_draft(application=application, by=nurlan.user, answers=renamed)
    applications.send(application=application, by=nurlan.user)
    assert not clearance.clearance(nurlan).ok
