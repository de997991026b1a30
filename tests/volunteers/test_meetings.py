"""Training meetings: planned, filled, held, cancelled."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from portal.access import Role
from portal.models import OutgoingMessage
from portal.refusals import NotAllowed, Refused
from portal.services import grant_role
from tests.volunteers.cases import in_assessment
from volunteers import clearance
from volunteers.models import TrainingMeeting, TrainingModule, TrainingPlace, TrainingRecord
from volunteers.services import meetings

pytestmark = pytest.mark.django_db


def plan(cast, *, days: int = 5, seats: int = 2, by=None, **more) -> TrainingMeeting:
    """The induction in Taraz, `days` from now (planned before where it is past)."""
    starts_at = timezone.now() + timedelta(days=days)
    call = {
        "module": TrainingModule.objects.get(code="induction"),
        "district": cast.taraz,
        "starts_at": starts_at,
        "place": "Taraz, library",
        "seats": seats,
        "trainer": cast.ivan,
        "by": by or cast.ivan,
        "now": min(timezone.now(), starts_at - timedelta(days=1)),
    }
    return meetings.plan_meeting(**call | more)


def held(cast, *people) -> tuple[TrainingMeeting, list[TrainingPlace]]:
    """A meeting that began yesterday, with places of these people."""
    meeting = plan(cast, days=-1, seats=20)
    before = meeting.starts_at - timedelta(days=1)
    return meeting, [meetings.take_place(meeting=meeting, by=person.user, now=before) for person in people]


def page(name: str, *args) -> str:
    with translation.override("en"):
        return reverse(name, args=args)


def letters(letter: str, **filters):
    return OutgoingMessage.objects.filter(letter=f"volunteers/{letter}", **filters)


class TestPlanning:
    def test_by_the_form(self, cast, sign_in):
        ivan = sign_in(cast.ivan)
        day = timezone.localdate() + timedelta(days=9)
        induction = TrainingModule.objects.get(code="induction").pk
        form = {
            "module": induction, "district": cast.taraz.pk, "day": day.isoformat(), "begins": "10:00",
            "place": "Library", "seats": 12, "trainer": cast.ivan.pk,
        }  # fmt: skip
        response = ivan.post(page("staff_meeting_new"), form)
        meeting = TrainingMeeting.objects.get()
        assert response["Location"] == page("staff_meeting", meeting.uuid)
        assert timezone.localtime(meeting.starts_at).strftime("%Y-%m-%d %H:%M") == f"{day} 10:00"
        wrong = ivan.post(page("staff_meeting_new"), form | {"day": "2020-01-01", "seats": 0})
        assert wrong.status_code == 422 and "Library" in wrong.content.decode()

    def test_every_reason_at_once(self, cast):
        with pytest.raises(Refused) as refusal:
            plan(cast, days=-1, seats=0, trainer=cast.dana, now=timezone.now())
        assert refusal.value.codes == ["past", "seats", "trainer_role"]

    @pytest.mark.parametrize("name", ["bolat", "dana", "gulnara", "root"])
    def test_others_may_not(self, cast, name):
        with pytest.raises(NotAllowed):
            plan(cast, by=getattr(cast, name))

    def test_a_coordinator_offers_his_own_district_only(self, cast, sign_in):
        html = sign_in(cast.bolat).get(page("staff_meeting_new")).content.decode()
        assert f'value="{cast.zhambyl.pk}"' in html
        options = html.split('name="district"')[1].split("</select>")[0]
        assert options.count("<option") == 1

    def test_the_list_costs_the_same_for_one_and_for_many(self, cast, sign_in):
        plan(cast)
        ivan = sign_in(cast.ivan)
        ivan.get(page("staff_meetings"))
        with CaptureQueriesContext(connection) as for_one:
            ivan.get(page("staff_meetings"))
        for days in range(1, 12):
            plan(cast, days=days)
        with CaptureQueriesContext(connection) as for_many:
            ivan.get(page("staff_meetings"))
        assert len(for_one) == len(for_many)


class TestPlaces:
    def test_a_place_is_kept_and_a_reminder_waits(self, cast, sign_in):
        person, meeting = in_assessment(cast).person, plan(cast)
        serik = sign_in(cast.serik)
        assert 'data-testid="move-take"' in serik.get(page("my_training")).content.decode()
        serik.post(page("my_training_take", meeting.uuid))
        serik.post(page("my_training_take", meeting.uuid))
        assert meeting.places.get().person == person
        letter = letters("training_place").get()
        assert "Taraz, library" in letter.text
        reminder = letters("training_reminder").get()
        assert reminder.due_at == meeting.starts_at - timedelta(hours=24)
        assert 'data-testid="move-give_up"' in serik.get(page("my_training")).content.decode()

    def test_a_place_taken_late_needs_no_reminder(self, cast):
        in_assessment(cast)
        meetings.take_place(meeting=plan(cast, days=1), by=cast.serik, now=timezone.now() + timedelta(hours=2))
        assert not letters("training_reminder").exists()

    def test_given_up_and_taken_again(self, cast, sign_in):
        in_assessment(cast)
        meeting, serik = plan(cast), sign_in(cast.serik)
        serik.post(page("my_training_take", meeting.uuid))
        serik.post(page("my_training_give_up", meeting.uuid))
        assert letters("training_reminder", state="cancelled").count() == 1
        assert meeting.places.holding().count() == 0
        serik.post(page("my_training_take", meeting.uuid))
        assert (meeting.places.count(), meeting.places.holding().count()) == (2, 1)
        assert letters("training_reminder", state="scheduled").count() == 1

    def test_one_person_gives_up_only_his_own_reminder(self, cast):
        """Keys of letters are compared by their beginning: place 1 is not place 12."""
        people = [cast.nurlan.user, cast.yerbol.user]
        kept = [meetings.take_place(meeting=plan(cast, days=3 + n), by=people[n % 2]) for n in range(12)]
        meetings.give_up_place(meeting=kept[0].meeting, by=people[0])
        assert letters("training_reminder", state="cancelled").count() == 1

    def test_all_places_taken(self, cast):
        in_assessment(cast)
        meeting = plan(cast, seats=1)
        meetings.take_place(meeting=meeting, by=cast.nurlan.user)
        with pytest.raises(Refused) as refusal:
            meetings.take_place(meeting=meeting, by=cast.serik)
        assert refusal.value.codes == ["full"]
        meetings.give_up_place(meeting=meeting, by=cast.nurlan.user)
        assert meetings.take_place(meeting=meeting, by=cast.serik)

    def test_past_and_cancelled(self, cast):
        meeting = plan(cast)
        meetings.cancel_meeting(meeting=meeting, by=cast.ivan)
        with pytest.raises(Refused) as refusal:
            meetings.take_place(meeting=meeting, by=cast.nurlan.user, now=meeting.starts_at)
        assert refusal.value.codes == ["cancelled", "past"]

    def test_what_has_begun_is_not_given_up(self, cast):
        meeting, _places = held(cast, cast.nurlan)
        with pytest.raises(Refused) as refusal:
            meetings.give_up_place(meeting=meeting, by=cast.nurlan.user)
        assert refusal.value.codes == ["past"]

    def test_whoever_did_not_apply_takes_none(self, cast, sign_in):
        meeting = plan(cast)
        with pytest.raises(NotAllowed):
            meetings.take_place(meeting=meeting, by=cast.serik)
        assert sign_in(cast.serik).post(page("my_training_take", meeting.uuid)).status_code == 404


class TestCancelling:
    def test_everybody_is_told_once(self, cast, sign_in):
        meeting = plan(cast)
        for person in (cast.nurlan, cast.yerbol):
            meetings.take_place(meeting=meeting, by=person.user)
        meetings.give_up_place(meeting=meeting, by=cast.yerbol.user)
        ivan = sign_in(cast.ivan)
        for _turn in range(2):
            assert ivan.post(page("staff_meeting_cancel", meeting.uuid)).status_code == 302
        assert letters("training_cancelled").get().recipient == cast.nurlan.user
        assert not letters("training_reminder", state="scheduled").exists()
        assert 'data-testid="move-take"' not in sign_in(cast.yerbol.user).get(page("my_training")).content.decode()

    def test_not_after_it_has_begun(self, cast):
        with pytest.raises(Refused) as refusal:
            meetings.cancel_meeting(meeting=held(cast)[0], by=cast.ivan)
        assert refusal.value.codes == ["past"]


class TestRecording:
    def test_one_form_for_everybody(self, cast, sign_in):
        trainee = in_assessment(cast).person
        meeting, places = held(cast, trainee, cast.nurlan, cast.yerbol)
        first, second, third = places
        ivan, path = sign_in(cast.ivan), page("staff_meeting_record", meeting.uuid)
        form = {
            f"result_{first.pk}": "passed", f"result_{second.pk}": "repeat", f"note_{second.pk}": "Module two.",
            f"result_{third.pk}": "absent", "in_person": "on",
        }  # fmt: skip
        assert ivan.post(path, form).status_code == 302
        assert ivan.post(path, form).status_code == 302  # the same words are not written twice
        records = {record.person: record for record in TrainingRecord.objects.filter(meeting=meeting)}
        assert set(records) == {trainee, cast.nurlan}
        assert records[trainee].in_person and records[trainee].held_on == timezone.localdate(meeting.starts_at)
        assert (records[cast.nurlan].result, records[cast.nurlan].note) == ("repeat", "Module two.")
        assert "missing:induction" in [reason.code for reason in clearance.clearance(cast.nurlan).reasons]
        assert clearance.clearance(cast.yerbol).ok

    def test_a_missing_note_is_shown_at_its_field_and_the_rest_is_kept(self, cast, sign_in):
        meeting, (place,) = held(cast, cast.nurlan)
        response = sign_in(cast.ivan).post(
            page("staff_meeting_record", meeting.uuid), {f"result_{place.pk}": "failed", "in_person": "on"}
        )
        html = response.content.decode()
        assert (response.status_code, html.count("checked")) == (422, 2)
        assert not TrainingRecord.objects.filter(meeting=meeting).exists()

    def test_something_is_said_of_everybody(self, cast, sign_in):
        meeting, (first, _second) = held(cast, cast.nurlan, cast.yerbol)
        form = {f"result_{first.pk}": "passed", "in_person": "on"}
        assert sign_in(cast.ivan).post(page("staff_meeting_record", meeting.uuid), form).status_code == 422
        assert not TrainingRecord.objects.filter(meeting=meeting).exists()

    def test_whoever_runs_the_system_says_nothing(self, cast):
        meeting, (place,) = held(cast, cast.nurlan)
        grant_role(user=cast.root, role=Role.TRAINER, by=None)
        with pytest.raises(NotAllowed) as refusal:
            meetings.record_meeting(meeting=meeting, by=cast.root, words=[meetings.Word(place, "passed")])
        assert refusal.value.codes == ["administrator"]

    def test_without_the_modules_nobody_passes_and_all_are_named(self, cast):
        trainee, other = in_assessment(cast).person, in_assessment(cast, name="marlen", number=51).person
        meeting, places = held(cast, trainee, other)
        words = [meetings.Word(place, "passed") for place in places]
        with pytest.raises(Refused) as refusal:
            meetings.record_meeting(meeting=meeting, by=cast.ivan, words=words)
        assert refusal.value.codes == ["modules_missing", "modules_missing"]
        assert trainee.full_name in str(refusal.value.reasons[0].text)
        assert meetings.record_meeting(meeting=meeting, by=cast.ivan, words=words, in_person=True) == 2

    def test_not_before_it_has_begun(self, cast):
        meeting = plan(cast)
        place = meetings.take_place(meeting=meeting, by=cast.nurlan.user)
        with pytest.raises(Refused) as refusal:
            meetings.record_meeting(meeting=meeting, by=cast.ivan, words=[meetings.Word(place, "passed")])
        assert refusal.value.codes == ["not_begun"]

    def test_a_coordinator_of_another_district_finds_nothing(self, cast, sign_in):
        meeting, _places = held(cast, cast.nurlan)
        bolat = sign_in(cast.bolat)
        assert bolat.get(page("staff_meeting", meeting.uuid)).status_code == 404
        assert bolat.post(page("staff_meeting_record", meeting.uuid), {}).status_code == 404
