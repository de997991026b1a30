"""One person with two accounts: found, compared, joined."""

from datetime import date

import pytest
from allauth.account.models import EmailAddress
from django.db.models import Q
from django.utils import timezone

from portal.management.demo import builders
from portal.models import LogEntry, OutgoingMessage, StaffTask, User
from portal.refusals import NotAllowed, Refused
from tests.people import Cast
from tests.volunteers.cases import inquiry
from tests.volunteers.drafts import ABOUT, draft, received
from volunteers.models import Application, Person
from volunteers.services import applications, people, standing
from volunteers.services.own_data import deleting
from volunteers.states import ApplicationState


@pytest.fixture
def second(cast: Cast) -> Application:
    """Serik has an application; the same number comes from another account, which is refused."""
    received(cast.serik)
    user = builders.make_user("serik2", given="Серік", family="Әбенов")
    application = draft(user, email="serik2@demo.example")
    with pytest.raises(Refused) as refused:
        applications.send(application=application, by=user)
    assert refused.value.codes == ["cannot_accept"]
    return application


def merge(second: Application, cast, by=None, reason="Екеуі де Серік, телефонмен сөйлестім") -> Person:
    known = Person.objects.exclude(pk=second.person_id).get(family_name=ABOUT["family_name"], given_name="Серік")
    people.merge(kept=known, duplicate=second.person, by=by or cast.dana, reason=reason)
    known.refresh_from_db()
    return known


def page_of(second: Application) -> str:
    task = StaffTask.objects.get(kind="duplicate_person")
    return task.url.replace("/kk/", "/en/").replace("/ru/", "/en/")


def test_scenario_4_the_second_is_not_taken_and_dana_compares_the_two(cast, second, sign_in):
    second.refresh_from_db()
    assert second.state == ApplicationState.DRAFT
    assert StaffTask.objects.visible_to(cast.dana).get(kind="duplicate_person")
    page = sign_in(cast.dana).get(page_of(second))
    text = page.content.decode()
    assert page.status_code == 200 and text.count('data-testid="record"') == 2
    assert ABOUT["iin"] not in text and "орманшы" not in text
    assert LogEntry.objects.filter(kind="view", action="duplicate", actor=cast.dana).count() == 2


@pytest.mark.parametrize("name", ["aigul", "bolat", "ivan", "saule", "gulnara", "raushan", "asel", "root", "serik"])
def test_nobody_else_compares(cast, second, sign_in, name):
    assert sign_in(getattr(cast, name)).get(page_of(second)).status_code in (403, 404)
    with pytest.raises(NotAllowed):
        merge(second, cast, by=getattr(cast, name))


def test_people_are_not_compared_at_will(cast, second, sign_in):
    other = f"/en/staff/duplicates/{second.uuid}/{cast.nurlan.uuid}/"
    assert sign_in(cast.dana).get(other).status_code == 404
    with pytest.raises(Refused) as refused:
        people.merge(kept=cast.nurlan, duplicate=second.person, by=cast.dana, reason="x")
    assert refused.value.codes == ["not_suspected"]


def test_joining_gives_the_new_account_the_known_record(cast, second, sign_in):
    account, old = second.person.user, sign_in(cast.serik)
    assert old.get("/en/my/").status_code == 200
    answer = sign_in(cast.dana).post(page_of(second), {"reason": "Телефонмен сөйлестім"})
    assert answer.status_code == 302
    known = Person.objects.get(user=account)
    assert known.full_name.startswith("Әбенов Серік") and known.email == "serik2@demo.example"
    second.refresh_from_db()
    assert second.state == ApplicationState.WITHDRAWN and second.answers == ""
    assert old.get("/en/my/").status_code == 302  # the former account's session is over
    assert "We received it and are reading it" in sign_in(account).get("/en/my/").content.decode()
    letters = OutgoingMessage.objects.filter(letter__in=["volunteers/account_goes_on", "volunteers/account_closed"])
    assert {letter.address for letter in letters} == {"serik@demo.example", "serik2@demo.example"}
    assert LogEntry.objects.filter(action="merge", object_code=known.code).exists()


def test_the_former_account_keeps_nothing_of_him(cast, second):
    former, old_name, old_address = cast.serik, cast.serik.last_name, cast.serik.email
    merge(second, cast)
    former = User.objects.get(pk=former.pk)
    assert former.is_closed
    assert old_name not in former.display_name
    assert not EmailAddress.objects.filter(email=old_address).exists()
    left = OutgoingMessage.objects.filter(Q(address=old_address) | Q(recipient=former)).exclude(address="")
    assert [letter.letter for letter in left] == ["volunteers/account_closed"]
    assert left.get().state == OutgoingMessage.State.SCHEDULED


@pytest.mark.parametrize("whose", ["former", "new"])
def test_who_waits_to_be_deleted_is_not_joined(cast, second, whose):
    user = cast.serik if whose == "former" else second.person.user
    request = deleting.ask(user=user)
    with pytest.raises(Refused) as refused:
        merge(second, cast)
    assert refused.value.codes == ["deletion_waits"]
    deleting.cancel(user=user)
    assert merge(second, cast).user == second.person.user
    assert not deleting.carry_out(request=request)


def test_what_speaks_against_it_comes_at_once(cast, second):
    known = Person.objects.get(user=cast.serik)
    Person.objects.filter(pk=known.pk).update(user=None)
    second.person.user.role_grants.create(role="trainer")
    with pytest.raises(Refused) as refused:
        people.merge(kept=known, duplicate=second.person, by=cast.dana, reason=" ")
    assert refused.value.codes == ["staff_account", "reason_missing"]


def test_a_suspended_person_is_not_joined(cast):
    user = builders.make_user("nurlan2")
    duplicate = Person.objects.create(user=user)
    application = Application.objects.create(
        person=duplicate, role=cast.nurlan.approvals.get().role, policy=cast.nurlan.applications.get().policy
    )
    StaffTask.objects.create(
        kind="duplicate_person", role="safeguarding_lead", about=f"{application.code} / {cast.nurlan.code}",
        dedupe_key="d",
    )  # fmt: skip
    standing.suspend(person=cast.nurlan, by=cast.aigul, reason_code=inquiry(), note="x")
    with pytest.raises(Refused) as refused:
        people.merge(kept=cast.nurlan, duplicate=duplicate, by=cast.dana, reason="x")
    assert refused.value.codes == ["suspended"]


def test_the_same_name_and_birth_date_puts_the_newcomer_on_hold(cast, sign_in):
    Person.objects.filter(pk=cast.nurlan.pk).update(
        family_name="ӘБЕНОВ", given_name="серік", birth_date=date.fromisoformat(ABOUT["birth_date"])
    )
    application = received(cast.serik)
    assert application.state == ApplicationState.ON_HOLD
    assert application.holds.get().reason == "duplicate"
    dana = sign_in(cast.dana)
    case = dana.get(f"/en/staff/applications/{application.uuid}/").content.decode()
    address = f"/en/staff/duplicates/{application.uuid}/{cast.nurlan.uuid}/"
    assert address in case
    assert 'data-code="has_sent"' in dana.get(address).content.decode()
    assert "duplicates" not in sign_in(cast.aigul).get(f"/en/staff/applications/{application.uuid}/").content.decode()


def test_an_earlier_refusal_of_the_same_person_is_recognised(cast):
    person = builders.make_person(
        cast.serik, number=501, district=cast.taraz, family="Әбенов", given="Серік", born=date(1955, 3, 17)
    )
    builders.make_application(person, ApplicationState.DECLINED, since=timezone.localdate())
    application = received(cast.serik, iin=builders.iin_of(501))
    assert application.state == ApplicationState.ON_HOLD and application.holds.get().reason == "other"
