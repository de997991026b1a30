"""What is known of how dependable a mentor is: facts of the last twelve months, each with the visits behind it. No score."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from events.models import Booking
from events.states import BookingState
from volunteers.models import Person

LOOKED_AT = timedelta(days=365)


class Fact(models.TextChoices):
    HELD = "held", _("Visits held")
    LATE = "late", _("Cancelled close to the visit")
    NO_SHOW = "no_show", _("Did not come")
    UNANSWERED = "unanswered", _("Did not say again whether he comes")


def _condition(fact: str, now: datetime) -> Q:
    if fact == Fact.HELD:
        return Q(state=BookingState.COMPLETED)
    if fact == Fact.NO_SHOW:
        return Q(state=BookingState.NO_SHOW)
    if fact == Fact.LATE:
        late = timedelta(hours=settings.PROGRAMME["late_cancel_hours"])
        return Q(state=BookingState.CANCELLED_BY_MENTOR, state_since__gte=F("starts_at") - late)
    # Time or place changed after he last said that he comes, and no word since: released by the coordinator, who always says
    # why (a rule that releases him asks him nothing and gives no reason), or the hours to answer are over.
    until = now - timedelta(hours=settings.PROGRAMME["confirm_again_hours"])
    silent = Q(state=BookingState.RELEASED) & ~Q(reason="") | Q(
        state=BookingState.RECONFIRM_NEEDED, state_since__lte=until
    )
    return silent & (Q(confirmed_version=None) | Q(confirmed_version__lt=F("session__version")))


def visits_behind(visits: QuerySet[Booking], fact: str, now: datetime) -> QuerySet[Booking]:
    """Of these visits the ones of the last twelve months that make up the fact, the newest first."""
    recent = visits.filter(starts_at__gt=now - LOOKED_AT).filter(_condition(fact, now))
    return recent.with_session().order_by("-starts_at", "-pk")


def facts_of(person: Person, now: datetime) -> dict[Fact, int]:
    """How many visits of the last twelve months each fact counts, in one query."""
    counts = {fact.value: models.Count("pk", filter=_condition(fact, now)) for fact in Fact}
    found = Booking.objects.filter(person=person, starts_at__gt=now - LOOKED_AT).order_by().aggregate(**counts)
    return {fact: found[fact.value] for fact in Fact}
