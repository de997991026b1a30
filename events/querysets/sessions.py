from __future__ import annotations

from datetime import timedelta
from math import cos, radians

from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models.functions import Cast
from django.utils import timezone

from events.states import HOLDING, IN_LINE, PUBLIC, BookingState, SessionState, WaitState
from portal import access
from volunteers.models import Person


def staff_of(user, prefix: str = "") -> models.Q:
    """The sessions in the reach of a staff member's grants."""
    return access.within(user, "session.view", district=f"{prefix}school__district", school=f"{prefix}school")


def _count(model: str, **conditions) -> models.Subquery:
    """How many rows of `model` belong to a session."""
    return _number_of(apps.get_model("events", model).objects.filter(**conditions))


def _number_of(rows: models.QuerySet) -> models.Subquery:
    """How many of these belong to a session."""
    number = models.Func("session", function="COUNT", output_field=models.IntegerField())  # no GROUP BY, and never null
    return models.Subquery(rows.filter(session=models.OuterRef("pk")).order_by().values(number=number))


def _held() -> models.QuerySet:
    """Bookings that hold a place."""
    return apps.get_model("events", "Booking").objects.filter(state__in=HOLDING).order_by()


def _fewer_than(asked: str, held: models.QuerySet) -> models.Q:
    """The condition that fewer places are held than the column `asked` says (at least one). `held` are the bookings with a
    place in the sessions that matter: only where more than one is asked for is the alias `held` counted for each row."""
    several = models.Q(**{f"{asked}__gt": 1}) & models.Q(held__lt=models.F(asked))
    return ~_among(held.values("session")) | several


def _led() -> models.Q:
    """The condition that an experienced mentor has booked the session."""
    return _among(_held().filter(role="lead").values("session"))


def _among(sessions: models.QuerySet) -> models.Q:
    """The condition that a session is one of these: asked once of them all, not of each row."""
    return models.Q(pk__in=sessions)


class SchoolSessionQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Staff: the sessions of their districts or school. Somebody who has been approved as a mentor: every session
        that was ever published. Nobody else: none."""
        mentor = models.Exists(Person.objects.filter(user=user, approvals__isnull=False))
        return self.filter(staff_of(user) | (models.Q(state__in=PUBLIC) & models.Q(mentor)))

    def with_places(self):
        """Adds `taken`, the number of places that bookings hold; `experienced`, how many of these by a lead; `kept`, how
        many more are kept for whom the waiting list offers one; and `in_line`, how many wait. Counted for each row that
        is read, whatever the size of the table."""
        return self.annotate(
            taken=_count("Booking", state__in=HOLDING),
            experienced=_count("Booking", state__in=HOLDING, role="lead"),
            kept=_count("WaitlistEntry", state=WaitState.OFFERED, shared=False),
            in_line=_count("WaitlistEntry", state__in=IN_LINE),
        )

    def with_visits(self, states):
        """Adds `visits`, how many bookings are in one of these states."""
        return self.annotate(visits=_count("Booking", state__in=states))

    def upcoming(self, now=None):
        return self.filter(starts_at__gt=now or timezone.now())

    def over(self, now=None):
        return self.filter(ends_at__lte=now or timezone.now())

    def open(self, now=None):
        """Published, not begun, inside the time for booking and with a place that nobody waits for."""
        now = now or timezone.now()
        awaited = apps.get_model("events", "WaitlistEntry").objects.filter(state__in=IN_LINE)
        return self.alias(held=_count("Booking", state__in=HOLDING)).filter(
            models.Q(opens_at=None) | models.Q(opens_at__lte=now),
            models.Q(closes_at=None) | models.Q(closes_at__gt=now),
            ~_among(awaited.order_by().values("session")),
            _fewer_than("seats_max", _held().filter(starts_at__gt=now)),
            state=SessionState.PUBLISHED,
            starts_at__gt=now,
        )

    def led(self):
        """Those that an experienced mentor has booked."""
        return self.filter(_led())

    def awaiting_word(self, now=None):
        """Over, and of a visit nobody has said yet whether it took place."""
        now = now or timezone.now()
        return self.over(now).filter(_among(_held().filter(starts_at__lt=now).values("session")), starts_at__lt=now)

    def in_need(self, now=None):
        """Published sessions of the coming `PROGRAMME["needs_days"]` that lack mentors, the adult from the school, its word
        about a visit, or an experienced mentor beside a beginner whose visit waits for one."""
        coming, held = self._coming(now)
        again = held.filter(state=BookingState.RECONFIRM_NEEDED).values("session")
        led = held.filter(role="lead").values("session")
        lacking = models.Q(school_adult_name="") | _among(again) & ~_among(led) | _fewer_than("seats_min", held)
        return coming.filter(lacking | _among(held.unconfirmed().values("session")))

    def with_waiting(self):
        """Adds `waiting_again`, how many bookings wait for a partner or for their mentor's word, and `unconfirmed`, how
        many for the school's."""
        return self.annotate(
            waiting_again=_count("Booking", state=BookingState.RECONFIRM_NEEDED),
            unconfirmed=_number_of(apps.get_model("events", "Booking").objects.unconfirmed()),
        )

    def lacking_mentors(self, now=None):
        """Published sessions of the coming `PROGRAMME["needs_days"]` with fewer bookings than the mentors they need."""
        coming, held = self._coming(now)
        return coming.filter(_fewer_than("seats_min", held))

    def _coming(self, now):
        """The published sessions of the coming days, and the bookings that hold a place in one of these days."""
        now = now or timezone.now()
        days = {"starts_at__gt": now, "starts_at__lte": now + timedelta(days=settings.PROGRAMME["needs_days"])}
        held = _held().filter(**days)
        rows = self.alias(held=_count("Booking", state__in=HOLDING))
        return rows.filter(state=SessionState.PUBLISHED, **days), held

    def accompanied_first(self):
        """What an experienced mentor has booked before the rest; then by time."""
        alone = models.Case(models.When(_led(), then=0), default=1, output_field=models.IntegerField())
        return self.order_by(alone, "starts_at", "pk")

    def closest_first(self, place):
        """By the way (in a straight line; good enough for an order) from the place's latitude and longitude, then by time."""
        north, east = float(place.latitude), float(place.longitude)
        up = Cast("school__latitude", models.FloatField()) - north
        across = (Cast("school__longitude", models.FloatField()) - east) * cos(radians(north))
        return self.annotate(way=up * up + across * across).order_by("way", "starts_at", "pk")

    def ahead(self, now=None):
        """What is not over, the next one first. A session is on one day (see its constraint), so that a walk along the
        order in time may begin a day ago."""
        now = now or timezone.now()
        return self.filter(ends_at__gt=now, starts_at__gt=now - timedelta(days=1)).order_by("starts_at", "-pk")

    def behind(self, now=None):
        """What is over, the last one first."""
        now = now or timezone.now()
        return self.filter(ends_at__lte=now, starts_at__lt=now).order_by("-starts_at", "-pk")

    def for_cards(self):
        """With all that a card of the session shows, the earliest first."""
        rows = self.select_related("school__district", "school__settlement", "topic", "language")
        return rows.with_places().order_by("starts_at", "pk")


class SessionBatchQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Those with a session that the user may plan."""
        mine = access.within(user, "session.plan", district="sessions__school__district", school="sessions__school")
        return self.filter(mine).distinct()


class SessionTemplateQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Those of the whole oblast and those of the user's districts, for whoever plans sessions."""
        if not access.allows(user, "session.plan"):
            return self.none()
        return self.filter(models.Q(district=None) | access.within(user, "session.plan", district="district"))

    def in_use(self):
        return self.filter(retired_at=None)
