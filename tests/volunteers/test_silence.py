"""What time does to a case that waits for the applicant (T18, T16b): reminders, closing, opening again, a deferral."""

from datetime import date, timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from portal.models import OutgoingMessage, StaffTask
from portal.refusals import NotAllowed, Refused
from tests.people import Cast
from tests.volunteers import cases
from tests.volunteers.drafts import draft, links, newest_code, received
from volunteers.models import Application
from volunteers.services import applications, decisions, information, silence

REMINDERS = "volunteers/reminder"


def on_day(number: int) -> date:
    """The day that comes `number` days after today."""
    return timezone.localdate() + timedelta(days=number)


def letters(application, letter=REMINDERS) -> int:
    return OutgoingMessage.objects.filter(letter=letter, about=application.code).count()


@pytest.fixture
def asked(cast: Cast) -> Application:
    """In checks, both referees asked, and the coordinator waits for an answer since today."""
    application = received(cast.serik)
    decisions.accept(application=application, by=cast.aigul, interviewer=cast.ivan, no_conflict=True)
    application.refresh_from_db()
    information.ask(application=application, by=cast.aigul, items=[{"step": "history", "text": "2011-2014?"}])
    application.refresh_from_db()
    return application


@pytest.fixture
def unconfirmed(cast: Cast) -> Application:
    application = draft(cast.serik)
    applications.send(application=application, by=cast.serik)
    application.refresh_from_db()
    return application


def nights(application, *days) -> None:
    for day in days:
        silence.lapse(on_day(day))
    application.refresh_from_db()


def test_two_reminders_then_it_is_closed(asked, cast):
    nights(asked, *range(7))
    assert letters(asked) == 0
    nights(asked, 7, 7, 8, 13)
    assert letters(asked) == 1
    nights(asked, 14, 15, 20)
    assert (letters(asked), asked.state) == (2, "more_info")
    nights(asked, 21)
    assert (asked.state, asked.return_to) == ("lapsed", "assessment more_info")
    assert letters(asked, "volunteers/lapsed") == 1
    assert StaffTask.objects.visible_to(cast.aigul).filter(kind="lapsed").count() == 1
    nights(asked, 22)
    assert letters(asked, "volunteers/lapsed") == 1


def test_the_reminder_says_when_it_will_be_closed(asked):
    nights(asked, 7)
    text = OutgoingMessage.objects.get(letter=REMINDERS).text
    assert str(on_day(21).year) in text and str(on_day(21).day) in text


def test_nobody_is_closed_without_both_reminders_and_time_after_them(asked):
    """The nightly job stood still for a month."""
    nights(asked, 30)
    assert (letters(asked), asked.state) == (1, "more_info")
    nights(asked, 31)
    assert (letters(asked), asked.state) == (2, "more_info")
    OutgoingMessage.objects.filter(letter=REMINDERS).update(created_at=timezone.now() + timedelta(days=31))
    nights(asked, 32, 37)
    assert asked.state == "more_info"
    nights(asked, 38)
    assert asked.state == "lapsed"


def test_who_does_not_confirm_his_contact_is_reminded_sooner_and_staff_never_hear_of_it(unconfirmed, cast):
    nights(unconfirmed, 3, 5, 7)
    assert (letters(unconfirmed), unconfirmed.state) == (2, "lapsed")
    assert not StaffTask.objects.filter(kind="lapsed").exists()
    assert not Application.objects.visible_to(cast.aigul).filter(pk=unconfirmed.pk).exists()


def test_a_trial_changes_nothing(asked):
    with transaction.atomic():
        assert silence.lapse(on_day(7)) == [asked.code]
        transaction.set_rollback(True)
    assert letters(asked) == 0


def test_who_answered_is_left_alone(asked, cast):
    Application.objects.filter(pk=asked.pk).update(state="assessment", return_to="")
    nights(asked, 40)
    assert letters(asked) == 0


def test_links_rest_while_it_is_closed_and_work_again_once_it_is_open(asked, cast, client, sign_in):
    path = links(asked)["ref1@demo.example"]
    nights(asked, 7, 14, 21)
    assert client.get(f"/{path}").status_code == 410
    me = sign_in(cast.serik)
    home = me.get("/en/my/").content.decode()
    assert 'data-testid="move-reopen"' in home and 'data-code="check:identity"' not in home
    assert me.post(f"/en/apply/{asked.uuid}/reopen/").url == "/en/my/"
    asked.refresh_from_db()
    assert (asked.state, asked.return_to) == ("more_info", "assessment")
    assert client.get(f"/{path}").status_code == 200
    assert 'data-code="check:identity"' in me.get("/en/my/").content.decode()
    nights(asked, 7)
    assert letters(asked) == 3  # his days begin anew


def test_it_can_be_opened_on_the_last_day_and_not_after(asked, cast):
    nights(asked, 7, 14, 21)
    Application.objects.filter(pk=asked.pk).update(state_since=timezone.now() - timedelta(days=31))
    with pytest.raises(Refused) as refused:
        silence.reopen(application=asked, by=cast.serik)
    assert refused.value.codes == ["too_late"]
    Application.objects.filter(pk=asked.pk).update(state_since=timezone.now() - timedelta(days=30))
    silence.reopen(application=asked, by=cast.serik)
    asked.refresh_from_db()
    assert asked.state == "more_info"


def test_after_that_nothing_waits_any_more(asked):
    nights(asked, 7, 14, 21)
    silence.lapse(on_day(30))
    assert set(asked.referees.values_list("state", flat=True)) == {"sent"}
    assert silence.lapse(on_day(31)) == [asked.code]
    assert set(asked.referees.values_list("state", flat=True)) == {"cancelled"}
    assert set(asked.checks.values_list("state", flat=True)) == {"cancelled"}
    assert silence.lapse(on_day(32)) == []


def test_a_contact_that_was_not_confirmed_gets_a_new_code_on_opening(unconfirmed, cast):
    nights(unconfirmed, 3, 5, 7)
    silence.reopen(application=unconfirmed, by=cast.serik)
    unconfirmed.refresh_from_db()
    assert unconfirmed.state == "unconfirmed"
    applications.confirm_contact(application=unconfirmed, by=cast.serik, code=newest_code(unconfirmed))
    assert OutgoingMessage.objects.filter(letter="volunteers/contact_code", about=unconfirmed.code).count() == 2


def test_not_beside_another_open_application(unconfirmed, cast):
    nights(unconfirmed, 3, 5, 7)
    draft(cast.serik)
    with pytest.raises(Refused) as refused:
        silence.reopen(application=unconfirmed, by=cast.serik)
    assert refused.value.codes == ["already_open"]


def test_only_he_himself_opens_it(asked, cast):
    nights(asked, 7, 14, 21)
    for by in (cast.aigul, cast.dana, cast.root, cast.nurlan.user):
        with pytest.raises((NotAllowed, Application.DoesNotExist)):
            silence.reopen(application=asked, by=by)


@pytest.fixture
def deferred(cast: Cast) -> Application:
    """Everything was in; deferred until today, by Aigul and Marat."""
    application = cases.complete(cast)
    decisions.propose_defer(
        application=application,
        by=cast.aigul,
        rationale="He is away until spring.",
        defer_until=on_day(1),
        applicant_text="Please come back in spring.",
        no_conflict=True,
    )
    decisions.confirm_defer(application=application, by=cast.marat, no_conflict=True)
    Application.objects.filter(pk=application.pk).update(deferred_until=timezone.localdate())
    application.refresh_from_db()
    return application


def test_a_deferred_applicant_goes_on_from_his_day(deferred, cast, sign_in):
    me = sign_in(cast.serik)
    old = deferred.checks.filter(check_type__code="criminal_record")
    old.update(issued_on=cases.days_ago(400), expires_on=cases.days_ago(1))
    assert "Please come back in spring." in me.get("/en/my/").content.decode()
    assert me.post(f"/en/apply/{deferred.uuid}/continue/").url == "/en/my/"
    deferred.refresh_from_db()
    assert deferred.state == "assessment"
    asked_anew = deferred.checks.filter(check_type__code="criminal_record", state="requested")
    assert asked_anew.count() == 1
    assert not deferred.checks.filter(check_type__code="identity", state="requested").exists()
    assert StaffTask.objects.visible_to(cast.aigul).filter(kind="deferral_over").count() == 1


def test_not_before_his_day(deferred, cast, sign_in):
    Application.objects.filter(pk=deferred.pk).update(deferred_until=on_day(1))
    page = sign_in(cast.serik).get("/en/my/").content.decode()
    assert 'data-testid="move-continue"' not in page
    with pytest.raises(Refused) as refused:
        silence.resume(application=deferred, by=cast.serik)
    assert refused.value.codes == ["too_early"]


def test_on_that_day_he_gets_one_letter(deferred):
    assert silence.tell_deferred(on_day(-1)) == []
    assert silence.tell_deferred(on_day(0)) == [deferred.code]
    assert silence.tell_deferred(on_day(1)) == []
    assert letters(deferred, "volunteers/deferral_over") == 1
