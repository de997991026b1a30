"""A wrong word about a visit is corrected by the coordinator, and its hours follow (I21, I22)."""

from __future__ import annotations

from datetime import date

import pytest
from django.urls import reverse
from django.utils import timezone

from events import services
from events.models import Booking, HoursEntry
from events.services.reliability import facts_of
from events.services.served import records_of
from events.states import BookingState
from portal.models import LogEntry, OutgoingMessage
from portal.refusals import NotAllowed, Refused
from tests.events.builders import at, make_session
from tests.events.visits import attended, hold, on

pytestmark = pytest.mark.django_db

YEAR = timezone.localdate().year - 1
MARCH, APRIL, NOW = date(YEAR, 3, 1), date(YEAR, 4, 1), on(YEAR, 4, 10)
WHY = "The school mixed up two mentors"


@pytest.fixture
def visit(cast):
    """Nurlan's confirmed visit of 12 March, 45 minutes."""
    return attended(cast, starts_at=on(YEAR, 3, 12))


@pytest.fixture
def missed(cast):
    """The school said that Nurlan did not come on 12 March."""
    booking = hold(cast.nurlan, make_session(cast, starts_at=on(YEAR, 3, 12)))
    services.confirm_attendance(booking=booking, by=cast.gulnara, result="no_show")
    return Booking.objects.get(pk=booking.pk)


def correct(booking, state, *, minutes=None, reason=WHY, by, now=NOW):
    return services.correct_attendance(booking=booking, state=state, minutes=minutes, reason=reason, by=by, now=now)


def letters(cast):
    return OutgoingMessage.objects.filter(letter="events/attendance_corrected", recipient=cast.nurlan.user)


def close(cast):
    services.close_month(month=MARCH, district=cast.taraz, by=cast.aigul, now=NOW)


def test_he_was_there_after_all(cast, missed):
    attendance = correct(missed, "attended", by=cast.aigul)
    missed.refresh_from_db()
    assert (missed.state, attendance.state, attendance.confirmed_by) == (BookingState.COMPLETED, "attended", cast.aigul)
    assert list(missed.hours.values_list("minutes", "month")) == [(45, MARCH)]
    letter = letters(cast).get()
    assert WHY in letter.text
    entry = LogEntry.objects.get(action="correct_complete")
    assert (entry.state_from, entry.state_to, entry.reason) == ("no_show", "completed", WHY)
    assert entry.data == {"before": "no_show", "after": "attended", "minutes_before": 0, "minutes_after": 45}


def test_he_was_not_there(cast, visit):
    certificate = services.issue_certificate(by=cast.nurlan.user, first_day=MARCH, last_day=date(YEAR, 3, 31))
    correct(visit, "no_show", by=cast.aigul)
    visit.refresh_from_db()
    certificate.refresh_from_db()
    assert visit.state == BookingState.NO_SHOW
    assert [entry.minutes for entry in visit.hours.order_by("pk")] == [45, -45]
    assert certificate.revoked_at
    assert letters(cast).count() == 1
    assert not OutgoingMessage.objects.filter(letter="events/hours_corrected").exists()


def test_a_visit_that_was_none_is_nobodys_last_one(cast, visit):
    assert records_of([cast.nurlan.pk])[cast.nurlan.pk].last_on == date(YEAR, 3, 12)
    correct(visit, "no_show", by=cast.aigul)
    record = records_of([cast.nurlan.pk])[cast.nurlan.pk]
    assert (record.visits, record.minutes, record.last_on) == (0, 0, None)


def test_from_there_to_a_part_and_back_again(cast, visit):
    correct(visit, "partial", minutes=20, by=cast.aigul)
    assert visit.hours.minutes() == 20
    correct(visit, "excused", by=cast.aigul)
    assert visit.hours.minutes() == 0
    correct(visit, "attended", by=cast.aigul)
    assert visit.hours.minutes() == 45
    assert visit.hours.filter(corrects=None).count() == 1  # the rest are counter-entries
    assert letters(cast).count() == 3
    visit.refresh_from_db()
    assert visit.state == BookingState.COMPLETED


def test_from_one_absence_to_another_no_hours_move(cast, missed):
    correct(missed, "excused", by=cast.aigul)
    missed.refresh_from_db()
    assert missed.state == BookingState.EXCUSED
    assert not missed.hours.exists()
    assert letters(cast).count() == 1


def test_the_same_word_again_changes_nothing(cast, visit, missed):
    first = correct(missed, "attended", by=cast.aigul)
    assert correct(missed, "attended", by=cast.aigul, reason="") == first
    assert correct(missed, "attended", minutes=45, by=cast.aigul) == first
    assert correct(visit, "attended", by=cast.aigul).state == "attended"
    assert letters(cast).count() == 1
    assert HoursEntry.objects.filter(booking=missed).count() == 1


def test_the_facts_about_him_follow(cast):
    booking = attended(cast)
    now = timezone.now()
    assert facts_of(cast.nurlan, now)["held"] == 1
    correct(booking, "no_show", by=cast.aigul, now=now)
    found = facts_of(cast.nurlan, now)
    assert (found["held"], found["no_show"]) == (0, 1)


@pytest.mark.parametrize("was_there", [True, False])
def test_a_closed_month_stays_and_the_current_one_counts(cast, was_there, request):
    booking = request.getfixturevalue("visit" if was_there else "missed")
    close(cast)
    correct(booking, "no_show" if was_there else "attended", by=cast.aigul)
    assert booking.hours.order_by("-pk").first().month == APRIL
    assert HoursEntry.objects.filter(month=MARCH).minutes() == (45 if was_there else 0)


@pytest.mark.parametrize(
    ("state", "minutes", "reason", "codes"),
    [
        ("attended", None, " ", ["reason_missing"]),
        ("partial", None, WHY, ["minutes_missing"]),
        ("attended", 500, "", ["reason_missing", "minutes"]),
    ],
)
def test_what_cannot_be(cast, missed, state, minutes, reason, codes):
    with pytest.raises(Refused) as refusal:
        correct(missed, state, minutes=minutes, reason=reason, by=cast.aigul)
    assert refusal.value.codes == codes
    missed.refresh_from_db()
    assert missed.state == BookingState.NO_SHOW


def test_where_nothing_was_said_nothing_is_corrected(cast):
    booking = hold(cast.nurlan, make_session(cast, starts_at=at(-1)))
    with pytest.raises(Refused) as refusal:
        correct(booking, "attended", by=cast.aigul)
    assert refusal.value.codes == ["wrong_state"]


def test_without_an_adult_in_the_room_nobody_was_there(cast):
    booking = hold(cast.nurlan, make_session(cast, starts_at=at(-1), school_adult_name=""))
    services.confirm_attendance(booking=booking, by=cast.gulnara, result="no_show")
    with pytest.raises(Refused) as refusal:
        correct(booking, "attended", by=cast.aigul)
    assert refusal.value.codes == ["adult_missing"]


def test_the_hours_of_who_was_not_there_are_not_corrected_past_the_word(cast, visit):
    correct(visit, "no_show", by=cast.aigul)
    with pytest.raises(Refused) as refusal:
        services.correct_hours(booking=visit, minutes=30, reason="x", by=cast.aigul, now=NOW)
    assert refusal.value.codes == ["no_hours"]


def test_only_the_coordinator_of_the_district_and_never_his_own(cast, sign_in, missed):
    for by in (cast.gulnara, cast.dana, cast.nurlan.user):
        with pytest.raises(NotAllowed):
            correct(missed, "attended", by=by)
    with pytest.raises(Booking.DoesNotExist):
        correct(missed, "attended", by=cast.bolat)
    missed.person.user = None
    Booking.objects.filter(pk=missed.pk).update(person=cast.yerbol)
    type(cast.yerbol).objects.filter(pk=cast.yerbol.pk).update(user=cast.aigul)
    with pytest.raises(NotAllowed):
        correct(missed, "attended", by=cast.aigul)
    assert sign_in(cast.aigul).post(reverse("staff_visit_attendance", args=[missed.uuid])).status_code == 404
    assert not HoursEntry.objects.exists()


def test_the_page_keeps_what_was_typed(cast, sign_in, missed):
    client, url = sign_in(cast.aigul), reverse("staff_visit_attendance", args=[missed.uuid])
    page = client.get(reverse("staff_visit", args=[missed.uuid])).content.decode()
    assert 'data-testid="move-correct_attendance"' in page
    assert 'data-testid="move-correct_hours"' not in page
    answer = client.post(url, {"state": "attended", "minutes": "900", "reason": "He was in the other building"})
    assert answer.status_code == 422
    assert 'value="900"' in answer.content.decode()
    assert "He was in the other building" in answer.content.decode()
    assert client.post(url, {"state": "attended", "minutes": "40", "reason": WHY}).status_code == 302
    page = client.get(reverse("staff_visit", args=[missed.uuid])).content.decode()
    assert 'data-minutes="40"' in page
    assert 'data-testid="move-correct_hours"' in page
    lead = sign_in(cast.dana)
    assert "move-correct_attendance" not in lead.get(reverse("staff_visit", args=[missed.uuid])).content.decode()
    assert lead.post(url, {"state": "excused", "reason": WHY}).status_code == 403
