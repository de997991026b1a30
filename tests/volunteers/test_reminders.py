from datetime import timedelta

import pytest
from django.utils import timezone

from portal.models import OutgoingMessage
from tests.volunteers.cases import days_ago
from volunteers.clearance import clearance
from volunteers.models import Pause, SupervisorAssignment
from volunteers.services import reminders

pytestmark = pytest.mark.django_db


def letters(person):
    return OutgoingMessage.objects.filter(letter="volunteers/clearance_ends", recipient=person.user)


def test_sixty_thirty_seven_days_before_and_on_the_day(cast):
    """Nurlan's certificate ends in 20 days."""
    end = timezone.localdate() + timedelta(days=20)
    told = {number: reminders.remind_of_end(end - timedelta(days=number)) for number in (20, 19, 8, 7, 6, 1, 0)}
    assert [number for number, codes in told.items() if cast.nurlan.code in codes] == [20, 7, 0]
    assert letters(cast.nurlan).count() == 3
    assert reminders.remind_of_end(end + timedelta(days=1)) == []


def test_the_letter_says_what_ends_in_the_readers_language(cast):
    reminders.remind_of_end(timezone.localdate())
    text = letters(cast.nurlan).get().text
    assert cast.nurlan.checks.get(check_type__code="criminal_record").check_type.name_kk in text
    assert "/kk/my/" in text


def test_a_later_end_begins_anew(cast):
    reminders.remind_of_end(timezone.localdate())
    cast.nurlan.checks.filter(check_type__code="criminal_record").update(
        expires_on=timezone.localdate() + timedelta(days=25)
    )
    assert reminders.remind_of_end(timezone.localdate()) == [cast.nurlan.code]


def test_his_own_pause_and_a_stand_ins_end_are_no_reason_to_write(cast):
    Pause.objects.create(
        person=cast.nurlan,
        starts_on=timezone.localdate() + timedelta(days=3),
        ends_on=timezone.localdate() + timedelta(days=5),
    )
    SupervisorAssignment.objects.filter(person=cast.yerbol).update(ends_on=timezone.localdate() + timedelta(days=3))
    assert clearance(cast.nurlan).ok and clearance(cast.yerbol).ok
    assert reminders.remind_of_end(timezone.localdate()) == []


def test_nobody_is_reminded_who_has_no_approval_any_more(cast):
    cast.nurlan.approvals.update(valid_to=days_ago(1))
    assert reminders.remind_of_end(timezone.localdate()) == []
