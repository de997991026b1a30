"""Work outside sessions: noted by the mentor, counted by his coordinator's word (S56)."""

from __future__ import annotations

from datetime import date, timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.utils import timezone

from events import services
from events.models import ClosedMonth, WorkEntry
from events.services.forgetting import forget_visits
from portal.models import LogEntry, OutgoingMessage, StaffTask
from portal.refusals import NotAllowed, Refused
from tests.events.visits import attended, on
from tests.lists import take, words_of
from volunteers.models import Person

pytestmark = pytest.mark.django_db

YEAR = timezone.localdate().year - 1
DAY, NOW = date(YEAR, 3, 12), on(YEAR, 4, 10)
MARCH, APRIL = date(YEAR, 3, 1), date(YEAR, 4, 1)


def note(person, **more) -> WorkEntry:
    fields = {"day": DAY, "minutes": 90, "kind": "preparing", "note": "Slides about fraud", "now": NOW}
    return services.note_work(by=person.user, **(fields | more))


def refused(call, **arguments) -> list[str]:
    with pytest.raises(Refused) as refusal:
        call(**arguments)
    return refusal.value.codes


def tasks():
    return StaffTask.objects.filter(
        dedupe_key__in=[f"work_to_confirm:{entry.uuid}" for entry in WorkEntry.objects.all()]
    )


class TestNoting:
    def test_what_is_noted_waits_and_is_a_task(self, cast):
        entry = note(cast.nurlan)
        assert (entry.state, entry.month, entry.minutes) == ("submitted", None, 90)
        task = tasks().get()
        assert (task.role, task.district, task.about, task.done_at) == ("coordinator", cast.taraz, entry.code, None)
        logged = LogEntry.objects.get(action="note_work")
        assert logged.data == {"kind": "preparing", "minutes": 90}

    def test_an_open_task_of_the_release_before_is_settled_too(self, cast):
        entry = note(cast.nurlan)
        tasks().update(kind="to_confirm", dedupe_key=f"to_confirm:{entry.uuid}")
        import_module("portal.migrations.0015_task_of_work").give_them_their_kind(apps, None)
        assert tasks().get().kind == "work_to_confirm"
        services.confirm_work(entry=entry, by=cast.aigul, now=NOW)
        assert tasks().get().done_at

    def test_sent_twice_it_is_one(self, cast):
        assert note(cast.nurlan) == note(cast.nurlan)
        assert WorkEntry.objects.count() == 1
        assert refused(note, person=cast.nurlan, note="Something else") == ["noted_already"]

    def test_taken_back_it_may_be_noted_again(self, cast):
        first = note(cast.nurlan)
        services.withdraw_work(entry=first, by=cast.nurlan.user)
        assert note(cast.nurlan) != first

    @pytest.mark.parametrize(
        ("fields", "codes"),
        [
            ({"day": date(YEAR, 4, 11)}, ["future"]),
            ({"day": date(YEAR, 4, 10)}, []),
            ({"day": NOW.date() - timedelta(days=61)}, ["too_old"]),
            ({"day": NOW.date() - timedelta(days=60)}, []),
            ({"minutes": 0}, ["minutes"]),
            ({"minutes": 721}, ["minutes"]),
            ({"minutes": 720}, []),
            ({"note": " x "}, ["note"]),
            ({"note": "x" * 301}, ["note"]),
            ({"day": date(YEAR, 4, 11), "minutes": 0, "note": ""}, ["future", "minutes", "note"]),
        ],
    )
    def test_what_cannot_be_noted(self, cast, fields, codes):
        if codes:
            assert refused(note, person=cast.nurlan, **fields) == codes
        assert WorkEntry.objects.count() == 0
        if not codes:
            assert note(cast.nurlan, **fields).pk

    @pytest.mark.parametrize("day", [date.min, date.max])
    def test_a_day_whose_bounds_no_clock_knows(self, cast, day):
        assert refused(note, person=cast.nurlan, day=day) == ["too_old" if day == date.min else "future"]

    def test_a_day_has_no_more_than_twelve_hours_of_all_that_was_done(self, cast):
        attended(cast, starts_at=on(YEAR, 3, 12))  # 45 minutes
        note(cast.nurlan, minutes=600)
        assert refused(note, person=cast.nurlan, minutes=76) == ["day_full"]
        assert note(cast.nurlan, minutes=75).pk
        assert note(cast.nurlan, minutes=76, day=DAY + timedelta(days=1)).pk  # another day

    def test_who_was_never_approved_notes_nothing(self, cast):
        person = Person.objects.create(user=cast.serik, district=cast.taraz)
        with pytest.raises(NotAllowed):
            note(person)

    def test_taken_back_while_it_waits(self, cast):
        entry = note(cast.nurlan)
        with pytest.raises(WorkEntry.DoesNotExist):
            services.withdraw_work(entry=entry, by=cast.yerbol.user)
        with pytest.raises(NotAllowed):
            services.withdraw_work(entry=entry, by=cast.aigul)
        assert services.withdraw_work(entry=entry, by=cast.nurlan.user).state == "withdrawn"
        assert services.withdraw_work(entry=entry, by=cast.nurlan.user).state == "withdrawn"
        assert tasks().get().done_at
        assert refused(services.confirm_work, entry=entry, by=cast.aigul) == ["wrong_state"]


class TestTheCoordinatorsWord:
    def test_confirmed_it_counts_in_the_month_of_its_day(self, cast):
        entry = services.confirm_work(entry=note(cast.nurlan), by=cast.aigul, now=NOW)
        assert (entry.state, entry.month, entry.decided_by) == ("confirmed", MARCH, cast.aigul)
        assert services.confirm_work(entry=entry, by=cast.aigul, now=NOW).month == MARCH
        assert LogEntry.objects.get(action="confirm_work").data == {"minutes": 90, "month": f"{YEAR}-03"}

    def test_in_a_closed_month_it_counts_when_it_is_confirmed(self, cast):
        waiting = note(cast.nurlan)
        services.close_month(
            month=MARCH, district=cast.taraz, by=cast.aigul, now=NOW
        )  # what waits does not keep it open
        assert services.confirm_work(entry=waiting, by=cast.aigul, now=NOW).month == APRIL
        assert note(cast.nurlan, minutes=30).pk  # a day of a closed month may still be noted

    def test_a_month_closed_in_another_district_is_open_here(self, cast):
        ClosedMonth.objects.create(month=MARCH, district=cast.zhambyl, closed_by=cast.bolat)
        assert services.confirm_work(entry=note(cast.nurlan), by=cast.aigul, now=NOW).month == MARCH

    def test_declined_with_a_reason_that_the_mentor_reads(self, cast):
        entry = note(cast.nurlan)
        assert refused(services.decline_work, entry=entry, by=cast.aigul, reason=" ") == ["reason_missing"]
        services.decline_work(entry=entry, by=cast.aigul, reason="It was a visit")
        services.decline_work(entry=entry, by=cast.aigul, reason="It was a visit")
        letter = OutgoingMessage.objects.get(letter="events/work_declined")
        assert letter.recipient == cast.nurlan.user
        assert "It was a visit" in letter.text
        assert tasks().get().done_at

    def test_nobody_has_a_word_about_his_own(self, cast):
        Person.objects.filter(pk=cast.nurlan.pk).update(user=cast.aigul)
        cast.nurlan.refresh_from_db()
        entry = note(cast.nurlan)
        for call, more in ((services.confirm_work, {}), (services.decline_work, {"reason": "x"})):
            with pytest.raises(NotAllowed):
                call(entry=entry, by=cast.aigul, **more)

    def test_only_his_coordinator_has(self, cast):
        entry = note(cast.nurlan)
        for by in (cast.bolat, cast.dana, cast.gulnara):
            with pytest.raises(WorkEntry.DoesNotExist):
                services.confirm_work(entry=entry, by=by)

    def test_one_task_for_a_mentor_at_a_time(self, cast):
        entries = [note(cast.nurlan, minutes=minutes) for minutes in (10, 20, 30)]
        assert tasks().open().count() == 1
        services.confirm_work(entry=entries[1], by=cast.aigul)
        assert tasks().open().get().about == entries[0].code
        services.confirm_work(entry=entries[0], by=cast.aigul)
        assert tasks().open().get().about == entries[2].code
        services.decline_work(entry=entries[2], by=cast.aigul, reason="x")
        assert not tasks().open().exists()
        note(cast.nurlan, minutes=40)
        note(cast.yerbol)
        assert tasks().open().count() == 2


class TestPages:
    def test_a_mentor_writes_it_down_and_takes_it_back(self, cast, sign_in):
        client, today = sign_in(cast.nurlan.user), timezone.localdate()
        typed = {"day": today.isoformat(), "hours": "1", "minutes": "30", "kind": "event", "note": "Helped at the fair"}
        assert client.post("/en/my/hours/", typed).status_code == 302
        page = client.get("/en/my/hours/").content.decode()
        assert "Helped at the fair" in page
        assert 'data-state="submitted"' in page
        assert 'data-testid="work-hours"' not in page  # nothing counts yet
        entry = WorkEntry.objects.get()
        assert entry.minutes == 90
        assert client.post(f"/en/my/hours/{entry.uuid}/take-back/").status_code == 302
        page = client.get("/en/my/hours/").content.decode()
        assert 'data-state="withdrawn"' in page
        assert "move-withdraw_work" not in page

    @pytest.mark.parametrize(
        ("changed", "field"),
        [
            ({"day": "2999-01-01"}, "day"),
            ({"hours": "0", "minutes": ""}, "hours"),
            ({"hours": "13"}, "hours"),
            ({"minutes": "90", "hours": "11"}, "hours"),
        ],
    )
    def test_what_was_typed_stays_when_it_is_refused(self, cast, sign_in, changed, field):
        today = timezone.localdate()
        typed = {"day": today.isoformat(), "hours": "1", "minutes": "0", "kind": "event", "note": "Helped at the fair"}
        response = sign_in(cast.nurlan.user).post("/en/my/hours/", typed | changed)
        assert response.status_code == 422
        assert "Helped at the fair" in response.content.decode()
        assert set(response.context["form"].errors) == {field}

    def test_visits_and_other_work_stand_apart(self, cast, sign_in):
        attended(cast, starts_at=on(YEAR, 3, 12))
        services.confirm_work(entry=note(cast.nurlan), by=cast.aigul, now=NOW)
        page = sign_in(cast.nurlan.user).get("/en/my/hours/").content.decode()
        assert 'data-testid="hours" data-minutes="45"' in page
        assert 'data-testid="work-hours" data-minutes="90"' in page
        assert f'data-month="{YEAR}-03" data-minutes="45"' in page
        assert 'data-testid="month-work" data-minutes="90"' in page

    def test_the_coordinator_confirms_and_declines_on_volunteer_hours(self, cast, sign_in):
        first, second, far = note(cast.nurlan), note(cast.nurlan, minutes=30), note(cast.yerbol)
        Person.objects.filter(pk=cast.yerbol.pk).update(district=cast.zhambyl)
        client = sign_in(cast.aigul)
        page = client.get("/en/staff/hours/").content.decode()
        assert str(first.uuid) in page and str(second.uuid) in page and str(far.uuid) not in page
        assert client.post(f"/en/staff/work/{first.uuid}/confirm/").status_code == 302
        response = client.post(f"/en/staff/work/{second.uuid}/decline/", {"reason": ""})
        assert response.status_code == 422
        assert 'class="field' in response.content.decode() and str(second.uuid) in response.content.decode()
        assert client.post(f"/en/staff/work/{second.uuid}/decline/", {"reason": "It was a visit"}).status_code == 302
        assert sorted(WorkEntry.objects.filter(person=cast.nurlan).values_list("state", flat=True)) == [
            "confirmed",
            "declined",
        ]
        assert client.post(f"/en/staff/work/{first.uuid}/decline/", {"reason": ""}).status_code == 409
        assert client.post(f"/en/staff/work/{far.uuid}/confirm/").status_code == 404
        assert "It was a visit" in sign_in(cast.nurlan.user).get("/en/my/hours/").content.decode()
        auditor = sign_in(cast.raushan).get("/en/staff/hours/").content.decode()
        assert "move-confirm_work" not in auditor

    def test_one_does_not_find_ones_own_among_the_work_to_confirm(self, cast, sign_in):
        Person.objects.filter(pk=cast.nurlan.pk).update(user=cast.aigul)
        cast.nurlan.refresh_from_db()
        note(cast.nurlan)
        assert "move-confirm_work" not in sign_in(cast.aigul).get("/en/staff/hours/").content.decode()

    def test_the_register_has_a_row_of_its_own_for_other_work(self, cast, sign_in):
        day = timezone.localdate().replace(day=1) - timedelta(days=1)
        attended(cast, starts_at=on(day.year, day.month, day.day))
        noted = note(cast.nurlan, day=day, now=None)
        alone = note(cast.yerbol, day=day, now=None)
        for entry in (noted, alone):
            services.confirm_work(entry=entry, by=cast.aigul)
        note(cast.yerbol, day=day, minutes=10, now=None)  # waits
        client, month = sign_in(cast.aigul), f"{day:%Y-%m}"
        text = words_of(take(client, f"/en/staff/hours/export/?month={month}"))
        assert f"{cast.nurlan.code};1;45;0 h 45 min;visits to schools" in text
        assert f"{cast.nurlan.code};0;90;1 h 30 min;work outside sessions" in text
        assert f"{cast.yerbol.code};0;90;1 h 30 min;work outside sessions" in text
        assert len(text.strip().splitlines()) == 4
        assert LogEntry.objects.get(action="export").data["count"] == 2
        page = client.get(f"/en/staff/hours/?month={month}").content.decode()
        assert 'data-testid="work-minutes" data-minutes="180"' in page
        assert 'data-testid="work-waiting" data-count="1"' in page
        assert "that waits: 1" in client.post(f"/en/staff/hours/{month}/taraz/close/", follow=True).content.decode()

    def test_the_pages_cost_the_same_for_one_entry_and_for_many(self, cast, sign_in, django_assert_max_num_queries):
        mentor, coordinator = sign_in(cast.nurlan.user), sign_in(cast.aigul)
        today = timezone.localdate()
        for number in range(1, 31):
            note(cast.nurlan, minutes=number, now=None, day=today - timedelta(days=number % 5))
            if number in (1, 30):
                with django_assert_max_num_queries(18):
                    mentor.get("/en/my/hours/")
                with django_assert_max_num_queries(22):
                    coordinator.get("/en/staff/hours/")


def test_a_forgotten_mentor_leaves_no_words(cast):
    counted = services.confirm_work(entry=note(cast.nurlan, note="Nurlan taught"), by=cast.aigul, now=NOW)
    declined = note(cast.nurlan, minutes=10, note="Nurlan taught")
    services.decline_work(entry=declined, by=cast.aigul, reason="Nurlan was at home")
    waiting = note(cast.nurlan, minutes=20, note="Nurlan taught")
    forget_visits(cast.nurlan)
    for entry in (counted, declined, waiting):
        entry.refresh_from_db()
        assert (entry.note, entry.reason) == ("", "")
    assert (counted.state, counted.minutes, waiting.state) == ("confirmed", 90, "withdrawn")
    assert not tasks().open().exists()
    assert not LogEntry.objects.filter(reason__contains="Nurlan").exists()
    assert not OutgoingMessage.objects.filter(text__contains="Nurlan was at home").exists()
