"""The main job, end to end, as people do it: a visitor reads, a man applies, two people vet him, he books, attends, and
his hours count. In Kazakh on a phone with JavaScript off, and in Russian on a desk with it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from events.models import Booking, HoursEntry, SchoolSession
from events.services.reminders import plan_reminders
from portal.management.demo import builders, sessions
from portal.models import OutgoingMessage, Topic
from tests.papers import a_pdf
from volunteers.clearance import clearance
from volunteers.models import Application, Check
from volunteers.states import ApplicationState

PASSWORD = "Қарлығаш-ұшады-2026"
ADDRESS = "baurzhan@demo.example"
IIN = builders.iin_of(777)
PAPER = {"name": "anyqtama.pdf", "mimeType": "application/pdf", "buffer": a_pdf()}


@pytest.mark.parametrize(("language", "width", "script"), [("kk", 360, False), ("ru", 1280, True)])
def test_from_reading_to_hours(town, walk, letters, language, width, script):
    man = walk(language, width, script)
    _reads(man)
    _is_stopped_politely(man)
    _makes_an_account(man, letters)
    application = _applies(man, letters)
    coordinator = walk(language, width, script).sign_in("aigul")
    _is_accepted(coordinator, town, application)
    _gives_papers(man, application)
    _referees_answer(walk(language, width, script), letters)
    _is_checked(walk, language, width, script, coordinator, application)
    _is_decided_by_two(walk, language, width, script, coordinator, application)
    _gets_ready(walk, language, width, script, man, coordinator, application)
    booking = _books(man, town, letters)
    _attends(walk(language, width, script).sign_in("gulnara"), man, booking)


def _reads(man):
    man.go("~/")
    man.shot("01-home")
    man.page.locator("main a[href*='/mentors/']").first.click()
    with man.page.expect_navigation():
        man.page.locator("main a[href*='/when-a-pupil-tells/']").first.click()
    man.shot("02-topic")
    assert man.page.locator("h1").count() == 1
    man.go("~/become-a-mentor/school_mentor/")
    man.shot("03-role")


def _is_stopped_politely(man):
    def answer(age: str):
        man.go("~/become-a-mentor/school_mentor/eligibility/")
        man.fill(age=age, oblast="yes", conviction_bar="no", two_adults="yes", checks="yes")
        man.press("next")

    answer("17")
    man.shot("04-not-eligible")
    assert man.page.locator("[data-testid=move-start], input[name=age]").count() == 0
    assert not Application.objects.exclude(state=ApplicationState.APPROVED).exists()
    man.go("~/become-a-mentor/school_mentor/eligibility/")
    man.shot("05-eligibility")
    answer("68")


def _makes_an_account(man, letters):
    man.go("~/account/signup/?next=" + f"/{man.language}/apply/start/school_mentor/")
    man.fill(email=ADDRESS, password1=PASSWORD)
    man.shot("06-account")
    man.page.locator("main form button").first.click()
    man.page.locator("[name=code]").fill(letters(ADDRESS).code)
    man.page.locator("main form button").first.click()
    man.page.locator("[data-testid=move-start]").wait_for()


def _applies(man, letters) -> Application:
    man.press("move-start")
    man.fill(
        family_name="Бөрібаев", given_name="Бауыржан", birth_date="1958-05-09", iin="123456789012", district="taraz",
        phone="8 700 000 07 77",
    )  # fmt: skip
    man.page.locator("[name=languages][value=kk]").check()
    man.press("next")
    assert man.page.locator("#id_iin").input_value() == "123456789012"  # refused at the field, kept as typed
    assert man.page.locator("[data-testid=field-error]").count() == 1
    man.shot("07-mistake")
    man.fill(iin=IIN)
    man.press("next")
    man.page.locator("[name=organisation] option", has_text="(").first.wait_for(state="attached")
    man.page.locator("[name=organisation]").select_option(index=2)
    man.press("next")
    man.fill(
        life_work="Отыз жыл механик болдым.",
        motivation="Балаларға сабырды үйреткім келеді.",
        with_children="Немерелерім бар.",
    )
    man.shot("08-experience")
    man.press("next")
    man.page.locator("[name='1-kind']").select_option("work")
    man.page.locator("[name='1-organisation']").fill("Автопарк, механик")
    man.page.locator("[name='1-from']").fill("1980")
    man.page.locator("[name='1-to']").fill("2018")
    man.page.locator("[name='2-kind']").select_option("household")
    man.page.locator("[name='2-from']").fill("01.2019")
    man.shot("08-history")
    man.press("next")
    for number in (0, 1):
        man.page.locator("[name$='-name']").nth(number).fill(("Роза Есімова", "Марат Байжанов")[number])
        man.page.locator("[name$='-relation']").nth(number).select_option("colleague")
        man.page.locator("[name$='-email']").nth(number).fill(f"ref{number}@demo.example")
    man.page.locator("[name$='-saw_with_children']").first.check()
    man.shot("09-referees")
    man.press("next")
    for box in man.page.locator("main form input[type=checkbox]").all():
        box.check()
    man.shot("10-consents")
    man.press("next")
    man.shot("11-review")
    man.press("move-send")
    man.shot("12-code")
    application = Application.objects.exclude(state=ApplicationState.APPROVED).get()
    assert application.state == ApplicationState.UNCONFIRMED
    man.fill(code=letters(ADDRESS, "volunteers/contact_code").code)
    man.press("move-confirm_contact")
    man.go("~/my/")
    assert man.state() == "screening"
    man.shot("13-status")
    application.refresh_from_db()
    return application


def _is_accepted(coordinator, town, application):
    coordinator.go("~/staff/applications/")
    coordinator.shot("14-queue")
    coordinator.go(f"~/staff/applications/{application.uuid}/")
    coordinator.page.locator("[name=interviewer]").first.select_option(str(town.ivan.pk))
    coordinator.fill(no_conflict=True)
    coordinator.shot("15-case")
    coordinator.press("move-accept")
    assert coordinator.state() == "assessment"


def _gives_papers(man, application):
    for check in Check.objects.filter(application=application, check_type__provided_by_applicant=True):
        man.go(f"~/my/checks/{check.uuid}/")
        if check.check_type.is_declaration:
            _declares(man)
            continue
        if check.check_type.needs_number:
            man.fill(number="101000012345")
        man.fill(issued_on=timezone.localdate().isoformat(), upload=PAPER)
        man.shot(f"16-paper-{check.check_type.code}")
        man.press("move-provide")
        check.refresh_from_db()
        assert check.state == "provided", check.check_type.code
    man.go("~/my/")
    man.shot("17-status-checks")


def _declares(man):
    for answer in man.page.locator("main input[type=radio][value=no]").all():
        answer.check()
    man.fill(signed_name="Бөрібаев Бауыржан")
    man.shot("16-declaration")
    man.press("move-provide")


def _referees_answer(referee, letters):
    for number in (0, 1):
        link = letters(f"ref{number}@demo.example").link
        referee.go(link)
        referee.shot("18-reference")
        for group in {radio.get_attribute("name") for radio in referee.page.locator("main input[type=radio]").all()}:
            wanted = "no" if group in {"related", "names_a_reason", "warned"} else "yes"
            options = referee.page.locator(f"main input[type=radio][name='{group}']")
            values = [option.get_attribute("value") for option in options.all()]
            options.nth(values.index(wanted) if wanted in values else 0).check()
        for field in referee.page.locator("main form input[type=text], main form textarea").all():
            field.fill("Он жылдан бері білемін.")
        referee.page.locator("[name=phone]").fill("8 700 000 08 88")
        referee.press("move-answer")
        assert referee.page.goto(referee.base + link).status == 410


def _verify(desk, application, code, method, **fields):
    desk.go(f"~/staff/applications/{application.uuid}/")
    row = f"[data-testid=check][data-code={code}]"
    desk.fill(row, method=method, issued_on=timezone.localdate().isoformat(), **fields)
    if code == "criminal_record":
        desk.shot("19-verify")
    desk.press("move-verify", row)
    assert desk.page.locator(f"{row} [data-testid=state]").first.get_attribute("data-state") == "verified"


def _is_interviewed(interviewer, application):
    interviewer.go(f"~/staff/applications/{application.uuid}/")
    interviewer.page.locator("[data-testid=interview]").click()
    interviewer.fill(held_on=timezone.localdate().isoformat(), place="Кітапхана", recommendation="yes")
    for answer in interviewer.page.locator("main form textarea").all():
        answer.fill("Өз сөзімен айтты.")
    interviewer.shot("19-interview")
    interviewer.press("move-interview")
    row = "[data-testid=check][data-code=interview]"
    assert interviewer.page.locator(f"{row} [data-testid=state]").first.get_attribute("data-state") == "verified"


def _is_checked(walk, language, width, script, coordinator, application):
    _verify(coordinator, application, "identity", "original_sighted", number="012345678")
    _verify(coordinator, application, "criminal_record", "state_service", number="101000012345")
    _verify(coordinator, application, "court_ban", "register_searched", issuer="Тізілім")
    _verify(coordinator, application, "offenders_register", "register_searched", issuer="qamqor.gov.kz")
    _is_interviewed(walk(language, width, script).sign_in("ivan"), application)
    lead = walk(language, width, script).sign_in("dana")
    lead.go(f"~/staff/checks/{application.checks.get(check_type__code='self_disclosure').uuid}/declaration/")
    lead.shot("19-declaration-read")
    lead.fill(method="declaration_read")
    lead.press("move-verify")
    for number, request in enumerate(application.referees.all()):
        lead.go(f"~/staff/references/{request.uuid}/")
        lead.shot("20-reference-read")
        lead.go(f"~/staff/applications/{application.uuid}/")
        row = f"[data-testid=referee][data-uuid='{request.uuid}']"
        lead.fill(row, result="accepted")
        if number == 0:
            lead.fill(row, called_back=True)
        lead.press("move-assess", row)


def _is_decided_by_two(walk, language, width, script, coordinator, application):
    coordinator.go(f"~/staff/applications/{application.uuid}/")
    coordinator.press("move-ready")
    coordinator.fill("[data-move=propose]", rationale="Барлық тексеру дұрыс.", no_conflict=True)
    coordinator.shot("21-propose")
    coordinator.press("move-propose")
    assert coordinator.state() == "proposed"
    assert coordinator.page.locator("[data-testid=move-confirm]").count() == 0
    second = walk(language, width, script).sign_in("marat")
    second.go(f"~/staff/applications/{application.uuid}/")
    second.fill("[data-move=confirm]", no_conflict=True)
    second.shot("22-confirm")
    second.press("move-confirm")
    assert second.state() == "approved"
    names = second.page.locator("[data-testid=decision]").first.inner_text()
    assert "Есімова" in names and "Тілеуов" in names


def _gets_ready(walk, language, width, script, man, coordinator, application):
    man.go("~/my/")
    man.shot("23-approved")
    assert not clearance(application.person).ok
    trainer = walk(language, width, script).sign_in("ivan")
    trainer.go(f"~/staff/training/{application.person.uuid}/")
    trainer.fill(held_on=timezone.localdate().isoformat(), result="passed", in_person=True)
    trainer.press("move-training")
    coordinator.go(f"~/staff/people/{application.person.uuid}/")
    coordinator.page.locator("[name=supervisor]").locator("xpath=ancestor::details[not(@open)]/summary").click()
    coordinator.page.locator("[name=supervisor]").select_option(index=1)
    coordinator.press("move-supervisor")
    man.go("~/my/agreements/code_of_conduct/")
    man.shot("24-code-of-conduct")
    man.press("move-accept")
    man.go("~/my/")
    man.shot("25-cleared")
    assert clearance(application.person).ok


def _books(man, town, letters) -> Booking:
    day = sessions.teaching_days(timezone.localdate() + timedelta(days=10), 1)[0]
    session = sessions.make_session(
        town, town.school, Topic.objects.get(slug="friendship"), day, sessions.time(10), seats_max=2
    )
    man.go(f"~/sessions/{session.uuid}/")
    assert man.page.locator("[data-testid=reason][data-code=probation]").count() == 1
    sessions.book_experienced(session, town.nurlan)
    man.go("~/sessions/")
    man.shot("26-sessions")
    man.go(f"~/sessions/{session.uuid}/")
    man.press("move-book")
    man.shot("27-booked")
    booking = Booking.objects.exclude(person=town.nurlan).get(session=session)
    assert booking.state == "confirmed"
    letter = letters(ADDRESS, "events/booked")
    assert "METHOD:REQUEST" in letter.attachments[0]["content"]
    plan_reminders(booking.starts_at - timedelta(days=3))
    assert OutgoingMessage.objects.filter(address=ADDRESS, letter="events/reminder", state="scheduled").count() == 1
    return booking


def _attends(contact, man, booking):
    contact.go("~/school/")
    contact.shot("28-school")
    then = timezone.now() - timedelta(hours=3)
    ends = then + timedelta(minutes=45)
    SchoolSession.objects.filter(pk=booking.session_id).update(starts_at=then, ends_at=ends)
    Booking.objects.filter(pk=booking.pk).update(starts_at=then, ends_at=ends)
    contact.go("~/school/")
    contact.fill(f"[data-uuid='{booking.uuid}']", result="attended", pupils_present="23")
    contact.shot("29-attendance")
    contact.press("move-confirm_attendance", f"[data-uuid='{booking.uuid}']")
    assert HoursEntry.objects.get(booking=booking).minutes == 45
    man.go("~/my/bookings/")
    man.shot("30-hours")
    assert "45" in man.page.locator("[data-testid=hours]").inner_text()
