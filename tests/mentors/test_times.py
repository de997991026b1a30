"""When a mentor can come, when he is away, how much he wants to do."""

from __future__ import annotations

from datetime import time, timedelta

import pytest
from django.utils import timezone

from mentors import services
from mentors.models import Absence, AvailabilityWindow, Limits
from portal.models import LogEntry
from portal.refusals import NotAllowed, Refused
from tests.events.builders import at, make_session

pytestmark = pytest.mark.django_db
PAGE = "/en/my/times/"


def day(days: int):
    return timezone.localdate() + timedelta(days=days)


def refusal(call, **arguments) -> list[str]:
    with pytest.raises(Refused) as refused:
        call(**arguments)
    return refused.value.codes


class TestHours:
    def add(self, cast, weekdays=(0,), starts=time(9), ends=time(12), by=None):
        return services.add_windows(
            person=cast.nurlan, by=by or cast.nurlan.user, weekdays=weekdays, starts=starts, ends=ends
        )

    def test_the_same_hours_on_several_days(self, cast):
        assert [window.weekday for window in self.add(cast, weekdays=[4, 0, 4])] == [0, 4]
        assert self.add(cast, weekdays=[0, 4]) == []  # once more changes nothing
        assert LogEntry.objects.filter(action="availability.add").count() == 1

    def test_hours_on_one_day_do_not_overlap(self, cast):
        self.add(cast)
        assert refusal(self.add, cast=cast, starts=time(11), ends=time(13)) == ["overlap"]
        assert self.add(cast, starts=time(12), ends=time(13))  # one begins where the other ends

    @pytest.mark.parametrize(("starts", "ends"), [(time(12), time(9)), (time(9), time(9))])
    def test_the_end_comes_after_the_beginning(self, cast, starts, ends):
        assert refusal(self.add, cast=cast, starts=starts, ends=ends) == ["order"]

    def test_not_without_end(self, cast):
        for hour in (8, 10, 12):
            self.add(cast, weekdays=range(7), starts=time(hour), ends=time(hour + 1))
        assert refusal(self.add, cast=cast, starts=time(15), ends=time(16)) == ["too_many"]

    def test_nobody_else_changes_them(self, cast):
        for by in (cast.aigul, cast.yerbol.user, cast.root):
            with pytest.raises(NotAllowed):
                self.add(cast, by=by)
        (window,) = self.add(cast)
        services.remove_window(person=cast.yerbol, by=cast.yerbol.user, window=window.pk)
        assert AvailabilityWindow.objects.exists()


class TestDaysAway:
    def add(self, cast, first, last, **more):
        return services.add_absence(
            person=cast.nurlan, by=cast.nurlan.user, first_day=day(first), last_day=day(last), **more
        )

    def test_today_counts_and_yesterday_is_over(self, cast):
        assert refusal(self.add, cast=cast, first=-9, last=-1) == ["past"]
        assert self.add(cast, -2, 0)

    def test_the_same_days_again_are_the_same(self, cast):
        assert self.add(cast, 3, 5) == self.add(cast, 3, 5)
        assert refusal(self.add, cast=cast, first=5, last=8) == ["overlap"]

    def test_too_long_and_upside_down(self, cast):
        assert refusal(self.add, cast=cast, first=5, last=4) == ["order"]
        assert refusal(self.add, cast=cast, first=1, last=400) == ["too_long"]

    def test_a_day_whose_end_no_clock_knows(self, cast, sign_in):
        """It would stop the list of sessions, and with it the weekly letters of everybody."""
        client, typed = sign_in(cast.nurlan.user), {"away-first_day": "9999-12-31", "away-last_day": "9999-12-31"}
        response = client.post(f"{PAGE}away/", typed)
        assert (response.status_code, Absence.objects.exists()) == (422, False)
        assert "9999-12-31" in response.content.decode()
        assert client.get("/en/sessions/").status_code == 200


class TestLimits:
    @pytest.mark.parametrize(
        "values", [{"per_day": 0}, {"per_day": 4}, {"per_week": 7}, {"per_month": 17}, {"max_km": 0}, {"max_km": 501}]
    )
    def test_neither_below_one_nor_above_the_programmes(self, cast, values):
        assert refusal(services.save_limits, person=cast.nurlan, by=cast.nurlan.user, **values) == ["limit"]

    def test_empty_takes_a_limit_back(self, cast):
        services.save_limits(person=cast.nurlan, by=cast.nurlan.user, per_day=1, max_km=20)
        services.save_limits(person=cast.nurlan, by=cast.nurlan.user, max_km=20)
        limits = Limits.objects.get()
        assert (limits.per_day, limits.max_km) == (None, 20)


class TestPage:
    def test_he_adds_and_removes(self, cast, sign_in):
        client = sign_in(cast.nurlan.user)
        assert b'data-testid="any-time"' in client.get(PAGE).content
        hours = {"hours-weekdays": ["1", "3"], "hours-starts": "09:00", "hours-ends": "13:00"}
        assert client.post(f"{PAGE}hours/", hours).status_code == 302
        assert client.get(PAGE).content.decode().count('data-testid="window"') == 2
        for window in AvailabilityWindow.objects.all():
            assert client.post(f"{PAGE}hours/remove/", {"window-row": window.pk}).status_code == 302
        away = {"away-first_day": day(3).isoformat(), "away-last_day": day(4).isoformat()}
        assert client.post(f"{PAGE}away/", away).status_code == 302
        assert client.post(f"{PAGE}limits/", {"limits-per_week": "2", "limits-travels_by": "car"}).status_code == 302
        html = client.get(PAGE).content.decode()
        assert 'data-testid="absence"' in html and 'value="2"' in html
        client.post(f"{PAGE}away/remove/", {"absence-row": Absence.objects.get().pk})
        assert not Absence.objects.exists() and not AvailabilityWindow.objects.exists()

    @pytest.mark.parametrize(
        ("path", "data"),
        [
            ("hours/", {"hours-weekdays": "1", "hours-starts": "13:00", "hours-ends": "09:00"}),
            ("hours/", {"hours-starts": "09:00", "hours-ends": "13:00"}),
            ("hours/", {"hours-weekdays": "9", "hours-starts": "09:00", "hours-ends": "13:00"}),
            ("hours/", {"hours-weekdays": "1", "hours-starts": "25:00", "hours-ends": "x"}),
            ("away/", {"away-first_day": "2026-02-30", "away-last_day": ""}),
            ("away/", {"away-first_day": "2020-01-01", "away-last_day": "2020-01-02"}),
            ("limits/", {"limits-per_day": "99", "limits-travels_by": "bus"}),
            ("limits/", {"limits-max_km": "-1", "limits-travels_by": "bus"}),
            ("limits/", {"limits-travels_by": "horse"}),
            ("hours/remove/", {"window-row": "x"}),
        ],
    )
    def test_what_is_wrong_is_said_and_nothing_is_written(self, cast, sign_in, path, data):
        response = sign_in(cast.nurlan.user).post(PAGE + path, data)
        assert response.status_code == 422
        assert not (AvailabilityWindow.objects.exists() or Absence.objects.exists() or Limits.objects.exists())

    def test_what_was_typed_is_kept(self, cast, sign_in):
        data = {"hours-weekdays": "1", "hours-starts": "13:00", "hours-ends": "09:15"}
        html = sign_in(cast.nurlan.user).post(f"{PAGE}hours/", data).content.decode()
        assert 'value="09:15"' in html and 'data-testid="error-summary"' in html

    def test_the_list_of_sessions_keeps_to_it(self, cast, sign_in):
        morning, evening = make_session(cast, starts_at=at(7, 9)), make_session(cast, starts_at=at(8, 17))
        client = sign_in(cast.nurlan.user)

        def shown() -> tuple[bool, bool]:
            html = client.get("/en/sessions/").content.decode()
            return str(morning.uuid) in html, str(evening.uuid) in html

        assert shown() == (True, True)
        services.add_windows(person=cast.nurlan, by=cast.nurlan.user, weekdays=range(7), starts=time(8), ends=time(12))
        assert shown() == (True, False)
        services.add_absence(person=cast.nurlan, by=cast.nurlan.user, first_day=morning.day, last_day=morning.day)
        assert shown() == (False, False)

    def test_so_it_does_to_distance_and_caps(self, cast, sign_in):
        near = make_session(cast, starts_at=at(7, 9))
        client = sign_in(cast.nurlan.user)
        client.post("/en/my/profile/", {"districts": [cast.taraz.pk, cast.zhambyl.pk]})
        far = make_session(cast, starts_at=at(8, 9), school=cast.far_school)

        def shown() -> tuple[bool, bool]:
            html = client.get("/en/sessions/").content.decode()
            return str(near.uuid) in html, str(far.uuid) in html

        assert shown() == (True, True)
        services.save_limits(person=cast.nurlan, by=cast.nurlan.user, max_km=10)
        assert shown() == (True, False)
        services.save_limits(person=cast.nurlan, by=cast.nurlan.user, per_day=1)
        client.post(f"/en/sessions/{near.uuid}/book/")
        beside = make_session(cast, starts_at=at(7, 15))
        assert str(beside.uuid) not in client.get("/en/sessions/").content.decode()
