from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone

from events.states import HOLDING, PUBLIC, BookingState, SessionState
from portal import access
from volunteers.models import Person


def staff_of(user, prefix: str = "") -> models.Q:
    """The sessions in the reach of a staff member's grants."""
    return access.within(user, "session.view", district=f"{prefix}school__district", school=f"{prefix}school")


class SchoolSessionQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Staff: the sessions of their districts or school. Somebody who has been approved as a mentor: every session
        that was ever published. Nobody else: none."""
        mentor = models.Exists(Person.objects.filter(user=user, approvals__isnull=False))
        return self.filter(staff_of(user) | (models.Q(state__in=PUBLIC) & models.Q(mentor)))

    def with_places(self):
        """Adds `taken`, the number of places that bookings hold, and `experienced`, how many of these by a lead."""
        held = models.Q(bookings__state__in=HOLDING)
        return self.annotate(
            taken=models.Count("bookings", filter=held),
            experienced=models.Count("bookings", filter=held & models.Q(bookings__role="lead")),
        )

    def upcoming(self, now=None):
        return self.filter(starts_at__gt=now or timezone.now())

    def over(self, now=None):
        return self.filter(ends_at__lte=now or timezone.now())

    def open(self, now=None):
        """Published, not begun, inside the time for booking and with a free place. Needs `with_places()`."""
        now = now or timezone.now()
        return self.upcoming(now).filter(
            models.Q(opens_at=None) | models.Q(opens_at__lte=now),
            models.Q(closes_at=None) | models.Q(closes_at__gt=now),
            state=SessionState.PUBLISHED,
            taken__lt=models.F("seats_max"),
        )

    def in_need(self, now=None):
        """Published sessions of the coming `PROGRAMME["needs_days"]` that lack mentors, the adult from the school, or an
        experienced mentor beside a beginner whose visit waits for one. Needs `with_places()`; adds `waiting_again`."""
        now = now or timezone.now()
        again = models.Count("bookings", filter=models.Q(bookings__state=BookingState.RECONFIRM_NEEDED))
        lacking = models.Q(taken__lt=models.F("seats_min")) | models.Q(school_adult_name="")
        lacking |= models.Q(waiting_again__gt=0, experienced=0)
        coming = self.upcoming(now).filter(starts_at__lte=now + timedelta(days=settings.PROGRAMME["needs_days"]))
        return coming.filter(state=SessionState.PUBLISHED).annotate(waiting_again=again).filter(lacking)

    def accompanied_first(self):
        """What an experienced mentor has booked before the rest; then by time. Needs `with_places()`."""
        alone = models.Case(models.When(experienced__gt=0, then=0), default=1, output_field=models.IntegerField())
        return self.order_by(alone, "starts_at", "pk")

    def nearest_first(self, now=None):
        """What lies ahead, the next one first; then what is over, the last one first."""
        over = models.Q(ends_at__lte=now or timezone.now())
        ahead = models.Case(models.When(over, then=None), default="starts_at", output_field=models.DateTimeField())
        return self.order_by(models.OrderBy(ahead, nulls_last=True), "-starts_at", "-pk")

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
