"""The register of concerns: who writes, who reads, and what closes one."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from events.models import Booking
from portal.management.demo import sessions as demo
from portal.models import LogEntry, OutgoingMessage, StaffTask, Topic
from portal.refusals import NotAllowed, Refused
from tests.volunteers.cases import days_ago, in_assessment
from volunteers.models import Concern, ConflictDeclaration
from volunteers.services import applications, concerns
from volunteers.states import ApplicationState

WORDS = "Сабақтан кейін баламен оңаша қалды."


def write(person, by, **changes) -> Concern:
    given = {"level": "low", "source": "staff", "text": WORDS, **changes}
    concerns.raise_concern(person=person, by=by, **given)
    return Concern.objects.order_by("-pk")[0]


@pytest.fixture
def concern(cast) -> Concern:
    return write(cast.nurlan, cast.aigul)


def at(concern: Concern, step: str = "") -> str:
    return f"/en/staff/concerns/{concern.uuid}/{step}"


def visited(cast) -> Booking:
    day = demo.teaching_days(days_ago(20), 1)[0]
    session = demo.make_session(cast, cast.school, Topic.objects.exclude(parent=None)[0], day, demo.time(10))
    return Booking.objects.create(
        session=session, person=cast.nurlan, seat_no=1, state="confirmed", starts_at=session.starts_at,
        ends_at=session.ends_at,
    )  # fmt: skip


def test_whoever_writes_one_does_not_read_it_again(cast, sign_in):
    aigul = sign_in(cast.aigul)
    answer = aigul.post(
        f"/en/staff/people/{cast.nurlan.uuid}/concern/", {"level": "low", "source": "staff", "text": WORDS}, follow=True
    )
    assert "Thank you" in answer.content.decode()
    concern = Concern.objects.get()
    assert concern.text == WORDS and WORDS.encode() not in bytes(concern.text_sealed)
    for page in ("/en/staff/concerns/", at(concern)):
        assert aigul.get(page).status_code == 403
    for page in (f"/en/staff/people/{cast.nurlan.uuid}/", f"/en/staff/people/{cast.nurlan.uuid}/concern/"):
        assert WORDS not in aigul.get(page).content.decode()


def test_the_leads_get_a_task_without_its_words(cast, concern):
    task = StaffTask.objects.visible_to(cast.dana).get(kind="concern")
    assert task.about == concern.code
    assert not StaffTask.objects.visible_to(cast.aigul).filter(kind="concern").exists()
    assert not OutgoingMessage.objects.filter(text__contains="оңаша").exists()
    assert not any("оңаша" in str(entry.data) + entry.reason for entry in LogEntry.objects.all())


def test_every_look_is_in_the_log_before_the_page(cast, concern, sign_in):
    page = sign_in(cast.dana).get(at(concern))
    assert WORDS in page.content.decode()
    assert LogEntry.objects.filter(kind="view", object_code=concern.code, actor=cast.dana).count() == 1
    listed = sign_in(cast.dana).get("/en/staff/concerns/").content.decode()
    assert concern.code in listed and WORDS not in listed


@pytest.mark.parametrize("name", ["aigul", "bolat", "ivan", "saule", "gulnara", "raushan", "asel", "root", "serik"])
def test_nobody_else_reads_one(cast, concern, sign_in, name):
    client = sign_in(getattr(cast, name))
    assert client.get("/en/staff/concerns/").status_code == 403
    assert client.get(at(concern)).status_code == 403
    assert client.post(at(concern, "close/"), {"outcome": "x"}).status_code == 403


def test_who_may_write_about_whom(cast, sign_in):
    address = f"/en/staff/people/{cast.nurlan.uuid}/concern/"
    expected = {"aigul": 200, "dana": 200, "ivan": 200, "bolat": 404, "gulnara": 404, "saule": 403, "raushan": 403}
    assert {name: sign_in(getattr(cast, name)).get(address).status_code for name in expected} == expected
    with pytest.raises(NotAllowed):
        write(cast.nurlan, cast.bolat)
    assert not Concern.objects.exists()


def test_a_school_writes_about_a_mentor_who_came(cast, sign_in):
    booking, gulnara = visited(cast), sign_in(cast.gulnara)
    page = gulnara.get("/en/school/").content.decode()
    address = f"/en/staff/people/{cast.nurlan.uuid}/concern/"
    assert address in page
    gulnara.post(address, {"level": "serious", "source": "school", "text": WORDS})
    assert Concern.objects.get().raised_by == cast.gulnara
    Booking.objects.filter(pk=booking.pk).update(state="released")
    assert gulnara.get(address).status_code == 404


def test_a_form_with_errors_keeps_what_was_typed(cast, sign_in):
    page = sign_in(cast.aigul).post(f"/en/staff/people/{cast.nurlan.uuid}/concern/", {"source": "staff", "text": WORDS})
    assert page.status_code == 422 and WORDS in page.content.decode()


def test_the_service_gives_all_reasons_at_once(cast):
    with pytest.raises(Refused) as refused:
        write(cast.nurlan, cast.aigul, level="x", source="y", text=" ")
    assert refused.value.codes == ["level_unknown", "source_unknown", "text_missing"]


def test_a_serious_one_holds_the_open_case_and_a_small_one_does_not(cast):
    application = in_assessment(cast)
    write(application.person, cast.aigul)
    application.refresh_from_db()
    assert application.state == ApplicationState.ASSESSMENT
    write(application.person, cast.aigul, level="serious")
    application.refresh_from_db()
    assert application.state == ApplicationState.ON_HOLD


def test_scenario_10_withdrawing_does_not_erase_a_concern(cast, sign_in):
    application = in_assessment(cast)
    concern = write(application.person, cast.ivan, level="serious", source="trainer")
    applications.withdraw(application=application, by=cast.serik)
    concern.refresh_from_db()
    assert concern.closed_at is None
    dana = sign_in(cast.dana)
    dana.post(at(concern, "act/"), {"action": "Әңгімелестік", "referred_to": "Полиция"})
    dana.post(at(concern, "close/"), {"outcome": "Расталмады"})
    concern.refresh_from_db()
    assert concern.closed_by == cast.dana and concern.outcome == "Расталмады"
    assert "Әңгімелестік" in concern.action and concern.referred_to == "Полиция"


def test_what_was_done_is_added_not_replaced(cast, concern):
    concerns.act(concern=concern, by=cast.dana, action="Бірінші", referred_to="Мектеп")
    concerns.act(concern=concern, by=cast.marat, action="Екінші")
    concern.refresh_from_db()
    assert "Бірінші" in concern.action and "Екінші" in concern.action and concern.referred_to == "Мектеп"


def test_whoever_wrote_it_down_does_not_close_it(cast, sign_in):
    concern = write(cast.nurlan, cast.dana)
    with pytest.raises(NotAllowed) as refused:
        concerns.close(concern=concern, by=cast.dana, outcome="x")
    assert refused.value.codes == ["same_person"]
    assert 'data-code="same_person"' in sign_in(cast.dana).get(at(concern)).content.decode()
    with pytest.raises(IntegrityError), transaction.atomic():
        Concern.objects.filter(pk=concern.pk).update(closed_by=cast.dana)
    concerns.close(concern=concern, by=cast.marat, outcome="x")
    with pytest.raises(Refused) as again:
        concerns.close(concern=concern, by=cast.marat, outcome=" ")
    assert again.value.codes == ["already_closed", "outcome_missing"]


def test_a_lead_who_is_tied_to_the_person_does_not_see_it(cast, sign_in):
    application = in_assessment(cast)
    concern = write(application.person, cast.aigul)
    ConflictDeclaration.objects.create(application=application, user=cast.dana, exists=True, kind="relative")
    assert sign_in(cast.dana).get(at(concern)).status_code == 404
    with pytest.raises(Concern.DoesNotExist):
        concerns.act(concern=concern, by=cast.dana, action="x")


def test_the_register_costs_the_same_for_one_and_thirty(cast, sign_in):
    dana = sign_in(cast.dana)
    write(cast.nurlan, cast.aigul)
    dana.get("/en/staff/concerns/")
    with CaptureQueriesContext(connection) as one:
        dana.get("/en/staff/concerns/")
    for _number in range(20):
        write(cast.yerbol, cast.aigul)
    with CaptureQueriesContext(connection) as many:
        dana.get("/en/staff/concerns/")
    assert len(many) == len(one)
