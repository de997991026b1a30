"""How long data are kept: one table, each row of which a job carries out to the day. A day before nothing goes, a day
after it is gone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from events.models import Booking, Feedback, SessionRequest
from portal import audit, log_chain, nightly, retention
from portal.log_door import RETAIN, door
from portal.management.demo import builders, past
from portal.models import Import, LogEntry, LogLink, OutgoingMessage, User
from portal.services import imports
from tests.events.asking import make_request
from tests.events.builders import at, make_session
from tests.events.visits import hold
from tests.logbook import rewrite
from tests.volunteers import drafts
from tests.volunteers.test_retention import days_ago
from volunteers.models import (
    Application,
    CheckEvidence,
    Concern,
    DataArchive,
    ErasureRequest,
    Interest,
    Invitation,
    Person,
    ProgrammeRole,
)
from volunteers.services.own_data import archive, deleting

pytestmark = pytest.mark.django_db


def moment(days: int):
    """This time of day so many days ago by the local clock: five years back the zone stood an hour elsewhere, and the
    last hour of a day would be the next day there."""
    return timezone.localtime() - timedelta(days=days)


# Each makes what is `days` old and returns a question: is it still there?


def sign_up(cast, days: int) -> Callable[[], bool]:
    user = User.objects.create_user("nobody@demo.example", first_name="Б")
    User.objects.filter(pk=user.pk).update(date_joined=moment(days))
    return User.objects.filter(pk=user.pk).exists


def draft(cast, days: int) -> Callable[[], bool]:
    application = drafts.draft(cast.serik)
    Application.objects.filter(pk=application.pk).update(created_at=moment(days))
    rewrite(LogEntry.objects.filter(action="save_draft"), at=moment(days))
    return Application.objects.filter(pk=application.pk).exists


def paper(cast, days: int) -> Callable[[], bool]:
    """The type of a paper has the days: `purge_after` is the day on which they are over."""
    past.declined_long_ago(cast, on=days_ago(1))
    CheckEvidence.objects.update(purge_after=days_ago(days))
    return CheckEvidence.objects.filter(purged_at=None).exists


def closed_case(cast, days: int) -> Callable[[], bool]:
    case = past.declined_long_ago(cast, on=days_ago(days))
    return Application.objects.filter(pk=case.pk, anonymised_at=None).exists


def former_mentor(cast, days: int) -> Callable[[], bool]:
    person = builders.make_mentor(
        "former", number=97, staff=cast, district=cast.taraz, family="Ф", given="Ф", since=days_ago(days + 700)
    )
    person.approvals.update(valid_to=days_ago(days))
    return Person.objects.filter(pk=person.pk).exclude(family_name="").exists


def allegation(cast, days: int) -> Callable[[], bool]:
    Concern.objects.create(
        person=cast.nurlan, source="staff", level="serious", closed_by=cast.dana, closed_at=moment(days)
    )
    return Concern.objects.exists


def words_about_a_visit(cast, days: int) -> Callable[[], bool]:
    booking = hold(cast.nurlan, make_session(cast, starts_at=at(-days)))
    Booking.objects.filter(pk=booking.pk).update(note="x")
    Feedback.objects.create(
        booking=booking, side="school", mark=3, prepared=True, again=True, text="x", given_by=cast.gulnara
    )
    return lambda: Booking.objects.exclude(note="").exists() or Feedback.objects.exclude(text="").exists()


def letter(cast, days: int) -> Callable[[], bool]:
    OutgoingMessage.objects.create(
        letter="x", channel="email", address="x@demo.example", text="x", language="kk", dedupe_key="x", state="sent",
        due_at=moment(days),
    )  # fmt: skip
    return OutgoingMessage.objects.exclude(text="").exists


def call(cast, days: int) -> Callable[[], bool]:
    Interest.objects.create(name="x", phone="+77010000000", district=cast.taraz, language="kk", called_at=moment(days))
    return Interest.objects.exists


def an_archive(cast, days: int) -> Callable[[], bool]:
    made, _new = archive.ask(user=cast.serik, language="kk")
    archive.make(made.pk)
    DataArchive.objects.update(ready_at=moment(days))
    return DataArchive.objects.exists


def a_wish(cast, days: int) -> Callable[[], bool]:
    request = deleting.ask(user=cast.serik)
    ErasureRequest.objects.filter(pk=request.pk).update(due_on=request.due_on - timedelta(days=days))
    return User.objects.filter(pk=cast.serik.pk, is_active=True).exists


def an_entry(cast, days: int) -> Callable[[], bool]:
    with door(RETAIN):
        LogLink.objects.all().delete()
        LogEntry.objects.all().delete()
    for age in (days, 0):
        audit.record(cast.nurlan, "stay", None)
        rewrite(LogEntry.objects.order_by("-pk")[:1], at=moment(age))
    log_chain.link_new()
    return lambda: LogEntry.objects.filter(action="stay").count() == 2


def a_list(cast, days: int) -> Callable[[], bool]:
    sent = imports.send(kind="schools", content=b"x", by=cast.root)
    Import.objects.filter(pk=sent.pk).update(created_at=moment(days))
    return Import.objects.filter(pk=sent.pk).exists


MADE = {
    "sign_ups": sign_up,
    "drafts": draft,
    "papers": paper,
    "closed_cases": closed_case,
    "mentors": former_mentor,
    "allegations": allegation,
    "visits": words_about_a_visit,
    "letters": letter,
    "calls": call,
    "archives": an_archive,
    "lists": a_list,
    "erasures": a_wish,
    "log": an_entry,
}
LAST_DAY_GOES = {"drafts", "papers"}  # of these the last day is the day on which it goes


def night(code: str, on: date) -> list[str]:
    return [found for job in retention.jobs()[code] for found in job.run(on)]


def test_every_row_has_a_job_of_the_night_and_a_test():
    assert set(MADE) == set(retention.SCHEDULE)
    assert all(retention.jobs().values())


@pytest.mark.parametrize("code", MADE)
def test_a_day_before_nothing_and_a_day_after_gone(cast, code):
    days = retention.SCHEDULE[code].days or 0
    there, today = MADE[code](cast, days - (code in LAST_DAY_GOES)), timezone.localdate()
    assert there()
    assert night(code, today) == []
    assert there()
    assert len(night(code, today + timedelta(days=1))) == 1
    assert not there()
    assert night(code, today + timedelta(days=1)) == []


@pytest.mark.parametrize("code", MADE)
def test_a_trial_counts_and_changes_nothing(cast, code):
    days = (retention.SCHEDULE[code].days or 0) + 1
    there = MADE[code](cast, days)
    found = {one.rule.code: one for one in retention.trial()}[code]
    assert there()
    assert found.count == 1
    assert found.oldest is not None and found.oldest <= timezone.localdate()


def test_the_command_shows_the_table_and_with_dry_run_the_counts(cast, capsys):
    letter(cast, 400)
    call_command("retention")
    table = capsys.readouterr().out
    assert "letters: " in table and "would go" not in table
    call_command("retention", "--dry-run")
    assert f"would go: 1; oldest: {days_ago(400)}" in capsys.readouterr().out
    assert OutgoingMessage.objects.exclude(text="").exists()


class TestExceptions:
    """What looks like it and stays."""

    def test_letters_of_a_case_and_those_on_their_way(self, cast):
        letter(cast, 400)
        OutgoingMessage.objects.update(about="A-12345678")
        assert night("letters", timezone.localdate()) == []
        OutgoingMessage.objects.update(about="", state="scheduled")
        assert night("letters", timezone.localdate()) == []

    @pytest.mark.parametrize("known", ["verified", "signed_in", "role"])
    def test_a_sign_up_that_somebody_uses(self, cast, known):
        there = sign_up(cast, 400)
        user = User.objects.get(email="nobody@demo.example")
        if known == "verified":
            user.emailaddress_set.create(email=user.email, verified=True, primary=True)
        elif known == "signed_in":
            User.objects.filter(pk=user.pk).update(last_login=timezone.now())
        else:
            user.role_grants.create(role="trainer", ends_at=timezone.now())
        assert night("sign_ups", timezone.localdate()) == [] and there()

    def test_an_allegation_about_somebody_younger_than_65(self, cast):
        there = allegation(cast, 9000)
        Person.objects.filter(pk=cast.nurlan.pk).update(birth_date=days_ago(60 * 365))
        assert night("allegations", timezone.localdate()) == [] and there()

    def test_a_mentor_about_whom_a_serious_concern_stands(self, cast):
        there = former_mentor(cast, 9000)
        person = Person.objects.get(family_name="Ф")
        Concern.objects.create(person=person, source="staff", level="serious", closed_at=timezone.now())
        assert night("mentors", timezone.localdate()) == [] and there()

    def test_a_case_that_was_refused_for_the_safety_of_children(self, cast):
        there = closed_case(cast, 3000)
        decision = Application.objects.get(anonymised_at=None, state="declined").decisions.get()
        decision.reason_codes.set(decision.reason_codes.model.objects.filter(code="conviction_bar"))
        assert night("closed_cases", timezone.localdate()) == [] and there()
        assert len(night("closed_cases", timezone.localdate() + timedelta(days=700))) == 1

    def test_drafts_of_schools_go_with_the_rule_of_drafts(self, cast):
        request = make_request(cast, state="draft")
        SessionRequest.objects.filter(pk=request.pk).update(state_since=moment(retention.SCHEDULE["drafts"].days + 1))
        assert night("drafts", timezone.localdate()) == [request.code]

    def test_an_invitation_with_the_calls(self, cast):
        Invitation.objects.create(
            name="x", email="x@demo.example", role=ProgrammeRole.objects.first(), district=cast.taraz, token_hash="0" * 64,
            sent_by=cast.aigul, expires_at=moment(400),
        )  # fmt: skip
        assert len(night("calls", timezone.localdate())) == 1

    def test_the_whole_night_runs_with_all_of_it(self, cast):
        for make in MADE.values():
            if make not in (an_entry, paper):  # the log stays as it was written; a paper is in the closed case
                make(cast, 4000)
        assert {line.failure for line in nightly.run()} == {""}
