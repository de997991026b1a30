"""The weekly letter of sessions that suit a mentor (S17)."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta

import pytest
from django.conf import settings
from django.core import mail as outbox
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from events import services
from events.services.digest import link_of, suggestions, write_digests
from events.services.guards import situation_of, ways_from
from mentors.models import Profile
from mentors.services import save_profile, stop_digest
from portal import mail, nightly
from portal.management import demo
from portal.models import LogEntry, OutgoingMessage, Topic, User
from tests.events.builders import make_session
from tests.events.test_booking import letters
from tests.events.test_waiting import suspend

pytestmark = pytest.mark.django_db


@pytest.fixture
def monday() -> date:
    """The next Monday, never today: then its eight o'clock is ahead."""
    today = timezone.localdate()
    return today + timedelta(days=7 - today.weekday())


def moment(day: date, hour: int = 10) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(hour)))


def want(person, **more) -> Profile:
    values = {"districts": [], "topics": [], "digest": True} | more
    profile = save_profile(person=person, by=person.user, **values)
    User.objects.filter(pk=person.user_id).update(language="en")
    return profile


def of_his_list(person, now):
    return suggestions(situation_of(person, now), now, ways_from(person.district))


@pytest.fixture
def profile(cast) -> Profile:
    return want(cast.nurlan)


class TestLetter:
    def test_s17_the_soonest_five_of_four_weeks_in_one_letter_on_monday_at_eight(self, cast, profile, monday):
        cast.nurlan.checks.update(expires_on=monday + timedelta(days=100))
        for days in (2, 4, 8, 10, 15, 20, 40):
            make_session(cast, starts_at=moment(monday + timedelta(days=days)))
        assert write_digests(monday) == [profile.code]
        letter = letters("weekly_digest").get()
        assert letter.recipient == cast.nurlan.user
        assert letter.due_at == moment(monday, 8)
        assert letter.useful_until == moment(monday + timedelta(days=3), 0)
        assert letter.text.count(" km from the centre of your district, ") == 5
        assert len(of_his_list(cast.nurlan, moment(monday + timedelta(days=11)))) == 2
        assert "by bus" in letter.text
        assert letter.dedupe_key == f"digest:{cast.nurlan.uuid}:{monday:%G}-{monday:%V}"

    def test_once_a_week_however_often_it_runs_and_again_in_the_next_one(self, cast, profile, monday):
        make_session(cast, starts_at=moment(monday + timedelta(days=9)))
        for days in (0, 0, 1, 2):
            write_digests(monday + timedelta(days=days))
        assert letters("weekly_digest").count() == 1
        write_digests(monday + timedelta(days=7))
        assert letters("weekly_digest").count() == 2

    def test_what_was_missed_on_monday_is_caught_up_until_wednesday(self, cast, profile, monday):
        make_session(cast, starts_at=moment(monday + timedelta(days=9)))
        for days in (3, 4, 5, 6):
            assert write_digests(monday + timedelta(days=days)) == []
        wednesday = monday + timedelta(days=2)
        assert write_digests(wednesday) == [profile.code]
        assert letters("weekly_digest").get().due_at == moment(wednesday, 0)

    def test_where_nothing_fits_there_is_no_letter(self, cast, monday):
        math = Topic.objects.filter(grade_to__lt=7).first() or Topic.objects.last()
        want(cast.nurlan, topics=[math])
        make_session(cast, starts_at=moment(monday + timedelta(days=2)), topic=Topic.objects.exclude(pk=math.pk)[0])
        assert write_digests(monday) == []

    def test_only_who_wants_it_and_is_cleared(self, cast, monday):
        make_session(cast, starts_at=moment(monday + timedelta(days=2)))
        assert write_digests(monday) == []
        want(cast.nurlan)
        suspend(cast, cast.nurlan)
        assert write_digests(monday) == []

    def test_it_shows_what_his_list_shows(self, cast, profile, monday, sign_in):
        mine = make_session(cast, starts_at=moment(monday + timedelta(days=2)))
        services.book(session=mine, by=cast.nurlan.user)
        make_session(cast, starts_at=moment(monday + timedelta(days=2)), school=cast.other_school)  # too close
        free = make_session(cast, starts_at=moment(monday + timedelta(days=4)))
        found = of_his_list(cast.nurlan, timezone.now())
        assert [row.session for row in found] == [free]
        assert sign_in(cast.nurlan.user).get("/en/sessions/").content.decode().count('data-testid="session"') == 1

    def test_the_nightly_run_writes_it_and_a_trial_does_not(self, cast, profile, monday):
        make_session(cast, starts_at=moment(monday + timedelta(days=2)))
        nightly.run(monday, trial=True)
        assert not letters("weekly_digest").exists()
        nightly.run(monday)
        assert letters("weekly_digest").count() == 1

    def test_each_mentor_costs_one_query_more(self, cast, profile, monday):
        make_session(cast, starts_at=moment(monday + timedelta(days=2)))
        costs = []
        for number in range(3):
            OutgoingMessage.objects.all().delete()
            with CaptureQueriesContext(connection) as queries:
                assert len(write_digests(monday)) == number + 1
            costs.append(len(queries))
            name, more = f"reads{number}", {"district": cast.taraz, "family": "Ә", "given": "О"}
            want(demo.make_mentor(name, number=870 + number, staff=cast, **more))
        assert costs[1] - costs[0] == costs[2] - costs[1] == 1


class TestStopping:
    def test_the_link_of_the_letter_stops_it_without_signing_in(self, cast, profile, monday, client):
        make_session(cast, starts_at=moment(monday + timedelta(days=2)))
        write_digests(monday)
        (address,) = re.findall(r"https?://[^/\s]+(/en/letters/stop/\S+)", letters("weekly_digest").get().text)
        page = client.get(address)
        assert 'data-testid="move-digest_stop"' in page.content.decode()
        assert cast.nurlan.family_name not in page.content.decode()
        assert Profile.objects.get().digest  # scanners of mail open links
        for _click in range(2):
            assert client.post(address).status_code == 302
        assert not Profile.objects.get().digest
        assert 'data-state="stopped"' in client.get(address).content.decode()
        assert LogEntry.objects.filter(action="digest.stop").count() == 1
        assert write_digests(monday + timedelta(days=7)) == []

    def test_a_mail_program_stops_it_by_one_press(self, cast, profile, monday):
        """RFC 8058: no session, no token of a form, no redirect; a repeat changes nothing."""
        make_session(cast, starts_at=moment(monday + timedelta(days=2)))
        write_digests(monday)
        message = letters("weekly_digest").get()
        assert mail.deliver(message.pk, now=message.due_at)
        head = outbox.outbox[0].message()
        assert head["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        address = head["List-Unsubscribe"].strip("<>").removeprefix(settings.SITE_URL)
        program = Client(enforce_csrf_checks=True)
        for _press in range(2):
            answer = program.post(address, {"List-Unsubscribe": "One-Click"})
            assert (answer.status_code, answer.content, answer.cookies) == (200, b"", {})
        assert not Profile.objects.get().digest
        assert LogEntry.objects.filter(action="digest.stop").count() == 1

    @pytest.mark.parametrize("way", ["link", "profile"])
    def test_one_that_waits_for_monday_does_not_leave_either(self, cast, profile, monday, way):
        make_session(cast, starts_at=moment(monday + timedelta(days=2)))
        write_digests(monday)
        if way == "link":
            stop_digest(profile=profile)
        else:
            want(cast.nurlan, digest=False)
        assert letters("weekly_digest").get().state == OutgoingMessage.State.CANCELLED

    def test_other_words_open_nothing(self, cast, profile, client):
        token = link_of(profile)
        for words in (profile.uuid.hex, token[:-1] + "!", f"{'0' * 32}:{token.split(':')[1]}", "x"):
            assert client.get(f"/en/letters/stop/{words}/").status_code == 404

    def test_he_ticks_the_box_on_his_profile(self, cast, sign_in):
        client = sign_in(cast.nurlan.user)
        assert client.post("/en/my/profile/", {"digest": "on"}).status_code == 302
        assert Profile.objects.get().digest
        assert client.get("/en/my/profile/").context["form"].initial["digest"]
