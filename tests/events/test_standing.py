"""What somebody's standing does to his visits: the scenarios of the lifecycle, clicked as people would."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from events import services
from events.models import HoursEntry
from events.states import BookingState
from portal import nightly
from portal.access import Role
from portal.models import OutgoingMessage, StaffTask
from portal.refusals import Refused
from portal.services import end_role
from tests.events.builders import at, make_session
from tests.events.test_school import hold
from tests.volunteers.cases import inquiry, verify
from volunteers.clearance import clearance
from volunteers.models import Approval, ExitRecord, Suspension
from volunteers.service_record import service_records
from volunteers.services import checks, inactivity, leaving, pauses, standing, supervision

pytestmark = pytest.mark.django_db


def in_days(count: int) -> date:
    return timezone.localdate() + timedelta(days=count)


def booked(cast, days: int, person=None):
    return services.book(session=make_session(cast, starts_at=at(days)), by=(person or cast.nurlan).user)


def refusal(cast, days: int, person=None) -> list[str]:
    with pytest.raises(Refused) as caught:
        booked(cast, days, person)
    return caught.value.codes


def state(booking) -> str:
    booking.refresh_from_db()
    return booking.state


def test_scenario_33_the_session_day_counts(cast, sign_in):
    """Nurlan's certificate ends in 20 days."""
    assert booked(cast, 10).holds
    assert booked(cast, 20).holds
    assert refusal(cast, 21) == ["expired:criminal_record"]
    page = sign_in(cast.nurlan.user).post(reverse("session_book", args=[make_session(cast, starts_at=at(30)).uuid]))
    assert page.status_code == 409 and reverse("my_home") in page.content.decode()


def test_scenario_34_early_renewal_no_gap(cast):
    old = cast.nurlan.checks.get(check_type__code="criminal_record")
    before = clearance(cast.nurlan).until
    fresh = checks.renew(check=old, by=cast.nurlan.user)
    verify(cast, fresh, by=cast.dana)
    old.refresh_from_db()
    assert old.state == "verified" and old.expires_on == in_days(20)
    assert booked(cast, 30).holds
    assert clearance(cast.nurlan).until > before


def test_scenario_36_suspension_is_at_once(cast, sign_in):
    first, second = booked(cast, 7), booked(cast, 8)
    standing.suspend(person=cast.nurlan, by=cast.dana, reason_code=inquiry(), note="A call from the school.")
    assert [state(first), state(second)] == [BookingState.REVOKED] * 2
    letters = OutgoingMessage.objects.filter(letter="events/to_school_visit_off", recipient=cast.gulnara)
    assert letters.count() == 2 and not any("A call" in letter.text for letter in letters)
    assert 'data-state="invalid"' in sign_in(cast.serik).get(f"/badge/{cast.nurlan.uuid}/").content.decode()
    assert refusal(cast, 9) == ["suspended"]


def test_scenario_37_lifting_needs_two(cast):
    booking = booked(cast, 7)
    suspension = standing.suspend(person=cast.nurlan, by=cast.aigul, reason_code=inquiry(), note="x")
    standing.propose_lift(suspension=suspension, by=cast.dana)
    assert refusal(cast, 9) == ["suspended"]
    with pytest.raises(Refused):
        standing.confirm_lift(suspension=suspension, by=cast.dana)
    standing.confirm_lift(suspension=suspension, by=cast.marat)
    assert Suspension.objects.get().lifted_by == cast.marat
    assert state(booking) == BookingState.REVOKED
    assert booked(cast, 9).holds


def test_scenario_39_the_nightly_job_releases_who_lost_clearance(cast):
    booking = booked(cast, 7)
    cast.nurlan.acceptances.all().delete()
    nightly.run()
    assert state(booking) == BookingState.REVOKED
    assert StaffTask.objects.filter(kind="booking_released", about=booking.code).exists()


def test_scenario_40_nobody_unsupervised(cast, sign_in):
    end_role(user=cast.aigul, role=Role.COORDINATOR, by=None, district=cast.taraz)
    board = sign_in(cast.dana).get(reverse("staff_supervision"), {"show": "alone"}).content.decode()
    assert str(cast.nurlan.uuid) in board and 'data-testid="alone"' in board
    assert refusal(cast, 7) == ["no_supervisor"]
    supervision.assign_cover(
        person=cast.nurlan, cover=cast.ivan, by=cast.dana, starts_on=in_days(0), ends_on=in_days(8)
    )
    assert booked(cast, 7).holds
    assert refusal(cast, 9) == ["no_supervisor"]


def test_scenario_41_pause(cast):
    inside, outside = booked(cast, 7), booked(cast, 15)
    pauses.pause(person=cast.nurlan, by=cast.nurlan.user, starts_on=in_days(5), ends_on=in_days(9))
    assert state(inside) == BookingState.REVOKED
    outside.refresh_from_db()
    assert outside.holds
    assert refusal(cast, 9) == ["paused"]
    assert booked(cast, 10).holds
    pauses.end_pause(pause=cast.nurlan.pauses.get(), by=cast.nurlan.user)
    assert state(inside) == BookingState.REVOKED  # what was released does not come back by itself
    assert booked(cast, 6).holds


def test_scenario_42_exit_frees_what_was_agreed(cast, sign_in):
    done = hold(cast.nurlan, make_session(cast, starts_at=at(-3)))
    HoursEntry.objects.create(
        booking=done,
        person=cast.nurlan,
        minutes=90,
        month=done.session.day.replace(day=1),
        confirmed_by=cast.gulnara,
    )
    ahead = booked(cast, 7)
    leaving.leave(person=cast.nurlan, by=cast.nurlan.user, reason="moved")
    assert state(ahead) == BookingState.REVOKED
    assert refusal(cast, 9) == ["exited"]
    letter = sign_in(cast.nurlan.user).get("/en/my/service-letter/").content.decode()
    assert 'data-testid="visits">1<' in letter and 'data-testid="hours">1.5<' in letter


def test_a_record_of_service_counts_visits_that_took_place(cast):
    assert service_records([cast.nurlan.pk])[cast.nurlan.pk].visits == 0
    done = hold(cast.nurlan, make_session(cast, starts_at=at(-3)))
    record = service_records([cast.nurlan.pk])[cast.nurlan.pk]
    assert (record.visits, record.minutes, record.last_on) == (0, 0, in_days(-3))
    HoursEntry.objects.create(
        booking=done,
        person=cast.nurlan,
        minutes=45,
        month=done.session.day.replace(day=1),
        confirmed_by=cast.gulnara,
    )
    booked(cast, 7)
    record = service_records([cast.nurlan.pk])[cast.nurlan.pk]
    assert (record.visits, record.minutes, record.next_on) == (1, 45, in_days(7))


class TestSilence:
    """Days from an approval long ago; the job is asked for days to come."""

    @pytest.fixture
    def silent(self, cast, settings):
        begun = in_days(-settings.PROGRAMME["inactive_warning_days"])
        Approval.objects.filter(person=cast.nurlan).update(valid_from=begun)
        Approval.objects.filter(person=cast.yerbol).update(valid_from=in_days(-1))
        return cast.nurlan

    @staticmethod
    def letters():
        return OutgoingMessage.objects.filter(letter="volunteers/inactive")

    def test_a_letter_first_and_a_month_later_he_has_left(self, cast, silent, settings):
        grace = settings.PROGRAMME["inactive_days"] - settings.PROGRAMME["inactive_warning_days"]
        assert inactivity.let_the_silent_go(in_days(-1)) == []
        assert inactivity.let_the_silent_go(in_days(0)) == [silent.code]
        assert inactivity.let_the_silent_go(in_days(grace - 1)) == []
        assert self.letters().count() == 1
        assert inactivity.let_the_silent_go(in_days(grace)) == [silent.code]
        record = ExitRecord.objects.get()
        assert record.reason == "inactive" and record.may_reapply and record.recorded_by is None
        assert inactivity.let_the_silent_go(in_days(grace)) == []

    def test_nobody_is_let_go_without_the_letter(self, cast, silent):
        Approval.objects.filter(person=silent).update(valid_from=in_days(-700))
        inactivity.let_the_silent_go(in_days(0))
        assert self.letters().count() == 1 and not ExitRecord.objects.exists()

    def test_one_click_and_he_stays(self, cast, silent, sign_in, settings):
        inactivity.let_the_silent_go(in_days(0))
        client = sign_in(silent.user)
        assert "/my/stay/" in self.letters().get().text
        assert 'data-testid="move-stay"' in client.get(reverse("my_stay")).content.decode()
        assert client.post(reverse("my_stay")).status_code == 302
        assert inactivity.let_the_silent_go(in_days(60)) == []
        assert inactivity.let_the_silent_go(in_days(settings.PROGRAMME["inactive_warning_days"])) != []
        assert self.letters().count() >= 2

    @pytest.mark.parametrize("what", ["visit", "ahead", "pause", "suspended"])
    def test_what_breaks_the_silence(self, cast, silent, what):
        if what == "visit":
            hold(silent, make_session(cast, starts_at=at(-9)))
        elif what == "ahead":
            booked(cast, 7)
        elif what == "pause":
            pauses.pause(person=silent, by=silent.user, starts_on=in_days(0), ends_on=in_days(3))
        else:
            standing.suspend(person=silent, by=cast.aigul, reason_code=inquiry(), note="x")
        assert inactivity.let_the_silent_go(in_days(0)) == []
        assert inactivity.let_the_silent_go(in_days(4)) == []

    def test_nobody_stays_for_another(self, cast, silent):
        with pytest.raises(Refused):
            inactivity.stay(person=silent, by=cast.aigul)
