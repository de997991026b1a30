"""What the portal does by itself leaves a record, runs once however many clocks and workers there are, and is told of when late."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import FieldError
from django.utils import timezone, translation

from portal import alarms, jobs, nightly, regular
from portal.models import JobRun, OutgoingMessage
from portal.tasks import sweep

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def row() -> JobRun:
    return jobs.runs(["link_log"])["link_log"]


def run(act=list, **more) -> jobs.Outcome | None:
    return jobs.run("link_log", act, lease=HOUR, **more)


# --- a record ----------------------------------------------------------------------------------------------------


def test_a_run_leaves_when_it_began_ended_and_what_it_changed(row):
    before = timezone.now()
    run(lambda: ["A-1", "A-2"])
    row.refresh_from_db()
    assert before <= row.started_at <= row.finished_at <= row.succeeded_at <= timezone.now()
    assert (row.count, row.failure, row.held_until) == (2, "", None)


def test_a_failure_leaves_its_kind_and_keeps_the_last_success(row):
    run()
    row.refresh_from_db()
    done = row.succeeded_at

    def fails():
        raise FieldError("Есімі: Маркер")

    assert run(fails).failure == "FieldError"
    row.refresh_from_db()
    assert (row.failure, row.succeeded_at) == ("FieldError", done)
    run(lambda: 7)
    row.refresh_from_db()
    assert (row.failure, row.count) == ("", 7)


def test_every_job_of_the_house_has_a_name_of_its_own_and_leaves_a_record(cast):
    nightly.run()
    regular.run()
    sweep.delay()
    states = jobs.states()
    assert {job.name for job in nightly._jobs} | set(regular._jobs) | {"sweep", "backup"} == {
        state.job.name for state in states
    }
    assert [state.job.name for state in states if state.run.succeeded_at is None or state.is_late] == ["backup"]
    with pytest.raises(ValueError, match="link_log"):
        regular.register("link_log", "x", list)


def test_a_trial_leaves_no_record(cast):
    nightly.run(trial=True)
    assert not JobRun.objects.exclude(started_at=None).exists()


# --- once --------------------------------------------------------------------------------------------------------


def test_who_comes_while_it_runs_leaves_it_alone(row):
    again = []
    run(lambda: again.append(run()))
    assert again == [None]
    assert run() is not None


def test_a_killed_run_is_taken_over_when_its_lease_ended(row):
    JobRun.objects.filter(name="link_log").update(started_at=timezone.now(), held_until=timezone.now() + HOUR)
    assert run() is None
    JobRun.objects.filter(name="link_log").update(held_until=timezone.now() - HOUR)
    assert run() is not None


def test_who_was_given_up_changes_nothing_when_he_ends_after_all(row):
    def slow():
        JobRun.objects.filter(name="link_log").update(held_until=timezone.now() - HOUR)
        run(lambda: 5)
        return 1

    run(slow)
    row.refresh_from_db()
    assert row.count == 5


def test_two_clocks_do_nothing_twice(cast):
    regular.run_due()
    began = dict(JobRun.objects.values_list("name", "started_at"))
    regular.run_due()
    assert dict(JobRun.objects.values_list("name", "started_at")) == began
    JobRun.objects.update(started_at=timezone.now() - timedelta(minutes=5))
    regular.run_due()
    assert JobRun.objects.get(name="link_log").started_at > timezone.now() - timedelta(minutes=1)


# --- the night ---------------------------------------------------------------------------------------------------


@pytest.fixture
def done(monkeypatch) -> list[str]:
    """Names of the jobs that ran; three jobs of our own instead of all."""
    ran: list[str] = []
    names = ("verify_log", "make_figures", "announce_agreements")
    monkeypatch.setattr(
        nightly, "_jobs", [nightly.Job(name, name, lambda on, name=name: ran.append(name) or []) for name in names]
    )
    jobs.runs(names)
    JobRun.objects.update(known_since=timezone.now() - timedelta(days=9))
    return ran


def almaty(hour: int, minute: int = 0) -> datetime:
    """Today, in Almaty; runs are compared with the real clock, so the time of day of the machine does not count."""
    return datetime.now(ZoneInfo("Asia/Almaty")).replace(hour=hour, minute=minute, second=0, microsecond=0)


def succeeded(when: datetime, *names: str) -> None:
    JobRun.objects.filter(name__in=names or list(JobRun.objects.values_list("name", flat=True))).update(
        succeeded_at=when, started_at=when
    )


def test_the_night_is_done_once_from_two_on(done):
    succeeded(almaty(2) - timedelta(hours=20))
    nightly.run_due(almaty(1, 50))
    assert done == []
    nightly.run_due(almaty(2))
    assert len(done) == 3
    succeeded(almaty(2))
    nightly.run_due(almaty(2, 10))
    nightly.run_due(almaty(23, 59))
    assert len(done) == 3


def test_a_night_that_was_missed_is_caught_up_by_day_and_in_order(done):
    succeeded(almaty(2) - timedelta(days=3))
    nightly.run_due(almaty(15))
    assert done == ["verify_log", "make_figures", "announce_agreements"]


def test_a_new_job_waits_for_its_first_night(done):
    JobRun.objects.update(known_since=almaty(2, 1))
    nightly.run_due(almaty(15))
    assert done == []


def test_what_failed_is_tried_again_after_an_hour_and_the_rest_is_done(done):
    succeeded(almaty(2) - timedelta(days=1))
    first = nightly._jobs[0]

    def fails(on):
        done.append("failed")
        raise OSError

    nightly._jobs[0] = nightly.Job(first.name, first.label, fails)
    nightly.run_due(almaty(2))
    assert done == ["failed", "make_figures", "announce_agreements"]
    succeeded(almaty(2), "make_figures", "announce_agreements")
    JobRun.objects.filter(name="verify_log").update(started_at=almaty(2))
    nightly.run_due(almaty(2, 30))
    assert done.count("failed") == 1
    nightly.run_due(almaty(3, 1))
    assert done == ["failed", "make_figures", "announce_agreements", "failed"]


def test_where_another_is_at_it_the_rest_of_the_night_is_his(done):
    succeeded(almaty(2) - timedelta(days=1))
    JobRun.objects.filter(name="make_figures").update(held_until=timezone.now() + timedelta(days=2))
    nightly.run_due(almaty(2))
    assert done == ["verify_log"]


# --- late --------------------------------------------------------------------------------------------------------


def letters() -> list[OutgoingMessage]:
    return list(OutgoingMessage.objects.filter(letter="portal/jobs_late").order_by("pk"))


@pytest.fixture
def all_done(cast):
    jobs.runs()
    JobRun.objects.update(succeeded_at=timezone.now())
    return cast


def test_what_is_late_is_told_to_administrators_once_until_it_succeeds(all_done):
    now = timezone.now()
    assert alarms.tell_late(now + timedelta(minutes=19)) == ["sweep"]
    late = alarms.tell_late(now + timedelta(hours=1))
    assert set(late) == set(regular._jobs)
    assert alarms.tell_late(now + timedelta(hours=2)) == []
    assert {letter.address for letter in letters()} == {all_done.root.email}
    assert len(letters()) == 2
    with translation.override(all_done.root.language):
        assert all(str(jobs._known[name].label) in letters()[1].text for name in late)
    jobs.run("link_log", list, lease=HOUR)
    assert alarms.tell_late(now + timedelta(hours=3)) == ["link_log"]


def test_nothing_late_is_no_letter(all_done):
    assert alarms.tell_late() == []
    assert letters() == []


# --- the page ----------------------------------------------------------------------------------------------------


def test_the_page_says_what_is_late_and_what_answers(all_done, sign_in, django_assert_max_num_queries):
    JobRun.objects.filter(name="make_figures").update(
        succeeded_at=timezone.now() - timedelta(days=2), failure="KeyError"
    )
    OutgoingMessage.objects.all().delete()
    client = sign_in(all_done.raushan)
    client.get("/en/staff/status/")
    with django_assert_max_num_queries(20):
        page = client.get("/en/staff/status/").content.decode()
    assert 'data-job="make_figures" data-late="yes"' in page
    assert page.count('data-late="yes"') == 1
    assert "KeyError" in page
    assert 'data-answers="no"' not in page
    assert "None waits that should have left." in page


def test_the_page_says_since_when_a_letter_waits_and_that_keys_are_gone(all_done, sign_in, settings, tmp_path):
    OutgoingMessage.objects.create(letter="x", channel="email", address="a@demo.example", language="kk", dedupe_key="x",
                                   due_at=datetime(2026, 5, 4, 3, 2, tzinfo=ZoneInfo("Asia/Almaty")))  # fmt: skip
    client = sign_in(all_done.root)
    settings.DATA_KEYS_DIR = tmp_path
    page = client.get("/en/staff/status/").content.decode()
    assert "should have left at" in page
    assert page.count('data-answers="no"') == 1
