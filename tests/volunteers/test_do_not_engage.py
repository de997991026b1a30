"""The do-not-engage list: hashes only, two people on, two people off, and what it does to an application."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from portal import crypto
from portal.management.demo.builders import iin_of
from portal.models import LogEntry, OutgoingMessage, StaffTask
from portal.refusals import NotAllowed, Refused
from tests.people import make_cast
from tests.racing import attempt, together
from tests.volunteers.cases import in_screening
from tests.volunteers.drafts import ABOUT, received
from volunteers.clearance import clearance
from volunteers.models import DoNotEngage, Hold, ReasonCode
from volunteers.services import do_not_engage, holds, screening
from volunteers.states import ApplicationState

SERIK = {
    "iin": ABOUT["iin"],
    "family_name": "Әбенов",
    "given_name": "Серік",
    "birth_date": date.fromisoformat(ABOUT["birth_date"]),
}
NOTE = "Мектептен қуылған, бұйрық № 7."


def propose(by, **about) -> DoNotEngage:
    code = ReasonCode.objects.get(code="court_ban")
    return do_not_engage.list_person(by=by, reason_code=code, note=NOTE, **(about or SERIK))


def listed(cast, **about) -> DoNotEngage:
    entry = propose(cast.dana, **about)
    do_not_engage.confirm(entry=entry, by=cast.marat)
    entry.refresh_from_db()
    return entry


def at(entry: DoNotEngage, step: str = "") -> str:
    return f"/en/staff/do-not-engage/{entry.uuid}/{step}"


def test_only_hashes_are_stored(cast):
    entry = propose(cast.dana)
    row = DoNotEngage.objects.filter(pk=entry.pk).values().get()
    stored = " ".join(str(bytes(value) if isinstance(value, memoryview | bytes) else value) for value in row.values())
    for secret in (ABOUT["iin"], "Әбенов", "Серік", ABOUT["birth_date"], "қуылған"):
        assert secret not in stored and secret.encode() not in bytes(row["note_sealed"])
    assert entry.iin_hash == crypto.lookup_hash(ABOUT["iin"], "iin")
    log = " ".join(f"{one.data} {one.reason} {one.object_code}" for one in LogEntry.objects.all())
    assert ABOUT["iin"] not in log and "Әбенов" not in log and entry.iin_hash not in log


def test_it_is_in_force_only_once_a_second_lead_confirms(cast):
    entry = propose(cast.dana)
    assert not DoNotEngage.objects.in_force().exists()
    with pytest.raises(NotAllowed) as refused:
        do_not_engage.confirm(entry=entry, by=cast.dana)
    assert refused.value.codes == ["same_person"]
    with pytest.raises(IntegrityError), transaction.atomic():
        DoNotEngage.objects.filter(pk=entry.pk).update(confirmed_by=cast.dana)
    do_not_engage.confirm(entry=entry, by=cast.marat)
    assert list(DoNotEngage.objects.in_force()) == [entry]
    with pytest.raises(Refused) as again:
        do_not_engage.confirm(entry=entry, by=cast.marat)
    assert again.value.codes == ["already_confirmed"]


def test_the_same_person_is_listed_once(cast):
    propose(cast.dana)
    with pytest.raises(Refused) as refused:
        propose(cast.marat)
    assert refused.value.codes == ["already_listed"]


def test_all_reasons_come_at_once(cast):
    with pytest.raises(Refused) as refused:
        do_not_engage.list_person(
            by=cast.dana, reason_code=ReasonCode.objects.all()[0], note=" ", **{**SERIK, "iin": "123456789012"}
        )
    assert refused.value.codes == ["iin_wrong", "reason_missing"]


@pytest.mark.parametrize("name", ["aigul", "bolat", "ivan", "saule", "gulnara", "raushan", "asel", "root", "serik"])
def test_nobody_but_a_lead_sees_or_changes_it(cast, sign_in, name):
    entry, somebody = propose(cast.dana), getattr(cast, name)
    for page in ("/en/staff/do-not-engage/", "/en/staff/do-not-engage/new/", at(entry)):
        assert sign_in(somebody).get(page).status_code == 403
    for act in (do_not_engage.confirm, do_not_engage.confirm_lift, do_not_engage.keep):
        with pytest.raises(NotAllowed):
            act(entry=entry, by=somebody)


def test_the_pages_lead_from_the_proposal_to_lifting_it(cast, sign_in):
    dana, marat = sign_in(cast.dana), sign_in(cast.marat)
    form = {**SERIK, "birth_date": ABOUT["birth_date"], "reason_code": ReasonCode.objects.all()[0].pk, "note": NOTE}
    wrong = dana.post("/en/staff/do-not-engage/new/", {**form, "iin": "1"})
    assert wrong.status_code == 422 and "қуылған" in wrong.content.decode()
    assert dana.post("/en/staff/do-not-engage/new/", form).status_code == 302
    entry = DoNotEngage.objects.get()
    assert "move-confirm_entry" not in dana.get(at(entry)).content.decode()
    assert dana.post(at(entry, "confirm/")).status_code == 403
    assert "move-confirm_entry" in marat.get(at(entry)).content.decode()
    marat.post(at(entry, "confirm/"))
    assert marat.post(at(entry, "propose-lift/"), {"reason": ""}).status_code == 422
    marat.post(at(entry, "propose-lift/"), {"reason": "Сот ақтады"})
    assert marat.post(at(entry, "confirm-lift/")).status_code == 403
    assert DoNotEngage.objects.in_force().exists()
    dana.post(at(entry, "confirm-lift/"))
    assert not DoNotEngage.objects.in_force().exists()
    assert LogEntry.objects.filter(kind="view", object_code=entry.code).count() >= 2
    assert "Әбенов" not in dana.get("/en/staff/do-not-engage/").content.decode()


def test_lifting_needs_two(cast):
    entry = listed(cast)
    with pytest.raises(Refused) as early:
        do_not_engage.confirm_lift(entry=entry, by=cast.marat)
    assert early.value.codes == ["not_proposed"]
    do_not_engage.propose_lift(entry=entry, by=cast.dana, reason="Сот ақтады")
    with pytest.raises(NotAllowed):
        do_not_engage.confirm_lift(entry=entry, by=cast.dana)
    with pytest.raises(IntegrityError), transaction.atomic():
        DoNotEngage.objects.filter(pk=entry.pk).update(lifted_by=cast.dana)
    do_not_engage.confirm_lift(entry=entry, by=cast.marat)
    propose(cast.marat)  # a new entry about the same person is possible again


def test_a_mentor_who_is_listed_loses_his_clearance_at_once(cast, sign_in):
    assert clearance(cast.nurlan).ok
    dana = sign_in(cast.dana)
    page = dana.get(f"/en/staff/people/{cast.nurlan.uuid}/do-not-engage/")
    assert cast.nurlan.full_name in page.content.decode()
    entry = listed(cast, person=cast.nurlan)
    answer = clearance(cast.nurlan)
    assert not answer.ok and answer.standing == "barred"
    assert cast.nurlan.full_name in dana.get(at(entry)).content.decode()


def test_scenario_5_a_listed_number_goes_on_hold_and_only_two_leads_release_it(cast, sign_in):
    entry = listed(cast)
    application = received(cast.serik)
    assert application.state == ApplicationState.ON_HOLD
    assert "We received it and are reading it" in sign_in(cast.serik).get("/en/my/").content.decode()
    aigul = sign_in(cast.aigul)
    words = ("do-not-engage", "do_not_engage", entry.code)
    for page in ("/en/staff/", "/en/staff/applications/", f"/en/staff/applications/{application.uuid}/"):
        text = aigul.get(page).content.decode()
        assert not any(word in text for word in words), page
    assert not StaffTask.objects.visible_to(cast.aigul).filter(kind="hold").exists()
    assert StaffTask.objects.visible_to(cast.dana).filter(kind="hold", about=application.code).exists()
    assert not OutgoingMessage.objects.filter(recipient=cast.serik, text__icontains="hold").exists()
    hold = application.holds.get()
    assert hold.reason == Hold.Reason.DO_NOT_ENGAGE and hold.note == entry.code
    holds.release(hold=hold, by=cast.dana, note="басқа адам")
    application.refresh_from_db()
    assert application.state == ApplicationState.ON_HOLD
    with pytest.raises(NotAllowed):
        holds.release(hold=hold, by=cast.dana, note="басқа адам")
    holds.release(hold=hold, by=cast.marat, note="басқа адам")
    application.refresh_from_db()
    assert application.state == ApplicationState.SCREENING


def test_the_same_name_and_birth_date_under_another_number_is_found_too(cast):
    listed(cast, **{**SERIK, "iin": iin_of(777), "family_name": "  әБЕНОВ "})
    assert received(cast.serik).state == ApplicationState.ON_HOLD


def test_an_entry_that_is_not_confirmed_or_was_lifted_holds_nobody(cast):
    entry = propose(cast.dana)
    do_not_engage.propose_lift(entry=entry, by=cast.dana, reason="қате")
    do_not_engage.confirm_lift(entry=entry, by=cast.marat)
    assert received(cast.serik).state == ApplicationState.SCREENING


def test_an_entry_reaches_a_case_that_is_open_already(cast):
    application = in_screening(cast)
    listed(cast, person=application.person)
    application.refresh_from_db()
    assert application.state == ApplicationState.ON_HOLD


@pytest.mark.parametrize(
    ("one", "other"), [("Әбенов", "ӘБЕНОВ "), ("Семёнов", "Семенов"), ("Де  Ла", "де ла"), ("Əбенов", "Əбенов")]
)
def test_names_are_compared_without_case_spacing_and_yo(one, other):
    born = date(1955, 3, 17)
    assert screening.name_hash(one, "Серік", born) == screening.name_hash(other, "СЕРІК", born)
    assert screening.name_hash(one, "Серік", born) != screening.name_hash(one, "Серік", born + timedelta(days=1))


def test_a_review_is_asked_for_on_its_day_and_once(cast):
    entry = listed(cast)
    assert do_not_engage.reviews_due(entry.review_on - timedelta(days=1)) == []
    assert do_not_engage.reviews_due(entry.review_on) == [entry.code]
    assert do_not_engage.reviews_due(entry.review_on + timedelta(days=1)) == []
    task = StaffTask.objects.visible_to(cast.dana).get(kind="review_due")
    assert task.about == entry.code
    do_not_engage.keep(entry=entry, by=cast.dana)
    entry.refresh_from_db()
    assert entry.review_on > timezone.localdate() + timedelta(days=1000)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_confirm_at_once_one_does():
    cast = make_cast()
    entry = propose(cast.dana)
    acts = [attempt(do_not_engage.confirm, entry=entry, by=cast.marat)] * 2
    assert sorted(together(*acts)) == ["already_confirmed", "done"]
    assert LogEntry.objects.filter(action="do_not_engage.confirm", object_code=entry.code).count() == 1
