"""Entries leave the log when its years are over, from its beginning, and the chain still fits."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from portal import audit, log_chain, nightly
from portal.log_door import RETAIN, door
from portal.models import LogEntry, LogLink
from tests.logbook import rewrite, sql

pytestmark = pytest.mark.django_db


class TestRetention:
    LIMIT = settings.PROGRAMME["log_days"]

    def aged(self, cast, *days: int) -> list[int]:
        """Entries alone in the log, written so many days ago at this time of the day (by the local clock, whose zone
        moved in 2024)."""
        with door(RETAIN):
            LogLink.objects.all().delete()
            LogEntry.objects.all().delete()
        for number in days:
            audit.record(cast.nurlan, "stay", None)
            rewrite(LogEntry.objects.order_by("pk").reverse()[:1], at=timezone.localtime() - timedelta(days=number))
        log_chain.link_new()
        return list(LogEntry.objects.order_by("pk").values_list("pk", flat=True))

    def test_a_day_over_goes_and_the_last_day_stays(self, cast):
        _old, kept, young = self.aged(cast, self.LIMIT + 1, self.LIMIT, 0)
        assert log_chain.retain(timezone.localdate()) == ["#1"]
        record = LogEntry.objects.get(action="log.retain")
        assert record.data == {"count": 1, "last": 1}
        assert set(LogEntry.objects.values_list("pk", flat=True)) == {kept, young, record.pk}
        assert log_chain.verify().faults == 0  # its record is not linked yet
        log_chain.link_new()
        assert log_chain.verify().faults == 0
        assert log_chain.retain(timezone.localdate()) == []

    def test_what_stands_behind_a_younger_one_waits(self, cast):
        entries = self.aged(cast, 0, self.LIMIT + 1)
        assert log_chain.retain(timezone.localdate()) == []
        assert LogEntry.objects.filter(pk__in=entries).count() == 2

    def test_the_last_link_stays_and_the_chain_goes_on(self, cast):
        self.aged(cast, self.LIMIT + 3, self.LIMIT + 2, self.LIMIT + 1)
        assert log_chain.retain(timezone.localdate()) == ["#1", "#2"]
        audit.record(cast.nurlan, "stay", None)
        log_chain.link_new()
        assert LogLink.objects.order_by("position").values_list("position", flat=True).first() == 3
        assert log_chain.verify().faults == 0

    def test_more_than_it_took_is_found(self, cast):
        self.aged(cast, self.LIMIT + 1, 1, 0)
        log_chain.retain(timezone.localdate())
        log_chain.link_new()
        sql(
            "DELETE FROM portal_logentry WHERE id = (SELECT entry_id FROM portal_loglink WHERE position = 2)",
            "DELETE FROM portal_loglink WHERE position = 2",
        )
        assert log_chain.verify().where == "#2"

    def test_a_trial_deletes_nothing(self, cast):
        self.aged(cast, self.LIMIT + 1, 0)
        assert "#1" in {code for line in nightly.run(trial=True) for code in line.codes}
        assert LogLink.objects.count() == 2
