"""What stands at the top of every page: the numbers to call, and what everybody must know just now."""

from __future__ import annotations

from datetime import datetime

from django.core.cache import cache
from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.utils import timezone
from django.utils.translation import get_language

from portal.models import Helpline, SiteAlert

KEY = "top-bar"
KEPT_SECONDS = 300
NAMES = ["name_kk", "name_ru", "name_en"]
ALWAYS = ("112", "111")
_last_known = list(ALWAYS)
GRAVEST_FIRST = [SiteAlert.Level.DANGER, SiteAlert.Level.WARNING, SiteAlert.Level.INFO]


def top_bar() -> dict[str, list[dict]]:
    """`lines`: the helplines of the bar; `alerts`: those in force or to come. One read of the cache; two queries after a
    change, and every five minutes."""
    kept = cache.get(KEY)
    if kept is None:
        alerts = SiteAlert.objects.filter(ends_at__gt=timezone.now())
        kept = {
            "lines": list(Helpline.objects.filter(in_crisis_bar=True).values("number", "for_danger_now", *NAMES)),
            "alerts": list(alerts.values("level", "text_kk", "text_ru", "text_en", "starts_at", "ends_at")),
        }
        cache.set(KEY, kept, KEPT_SECONDS)
    if kept["lines"]:
        _last_known[:] = [line["number"] for line in kept["lines"]]
    return kept


def last_known() -> list[str]:
    """The numbers of the bar as this process read them last, or those that are always right; asks nobody."""
    return list(_last_known)


def named(lines: list[dict]) -> list[dict]:
    """`lines` with their `name` in the active language."""
    language = get_language()
    return [line | {"name": line[f"name_{language}"]} for line in lines]


def in_force(alerts: list[dict], now: datetime | None = None) -> list[dict]:
    """Those of `alerts` that are to be read now, in the active language, the gravest first."""
    now, language = now or timezone.now(), get_language()
    shown = [
        {"level": alert["level"], "text": alert[f"text_{language}"], "ends_at": alert["ends_at"]}
        for alert in alerts
        if alert["starts_at"] <= now < alert["ends_at"]
    ]
    return sorted(shown, key=lambda alert: GRAVEST_FIRST.index(alert["level"]))


def seconds_to_change(now: datetime | None = None) -> float | None:
    """How long a page made now says the right thing: until an alert begins or ends. None where none is known of."""
    now = now or timezone.now()
    turns = [alert[end] for alert in top_bar()["alerts"] for end in ("starts_at", "ends_at")]
    return min(((turn - now).total_seconds() for turn in turns if turn > now), default=None)


@receiver([post_save, post_delete], sender=Helpline)
@receiver([post_save, post_delete], sender=SiteAlert)
def forget_top_bar(**kwargs) -> None:
    """After the transaction: forgotten any sooner, somebody else's page could bring the old words back for all."""
    transaction.on_commit(lambda: cache.delete(KEY))
