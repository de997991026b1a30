from __future__ import annotations

from django.db import models
from django.utils import timezone

from events.states import HOLDING, IN_LINE, SHOWN_TO_SCHOOL, SwapState, WaitState
from volunteers.models import Person

from .sessions import staff_of


class BookingQuerySet(models.QuerySet):
    def visible_to(self, user):
        """One's own; for staff those of their districts or school."""
        return self.filter(models.Q(person__user=user) | staff_of(user, "session__"))

    def of(self, user):
        return self.filter(person__user=user)

    def holding(self):
        return self.filter(state__in=HOLDING)

    def shown_to_school(self):
        return self.filter(state__in=SHOWN_TO_SCHOOL)

    def upcoming(self, now=None):
        return self.filter(ends_at__gt=now or timezone.now())

    def over(self, now=None):
        return self.filter(ends_at__lte=now or timezone.now())

    def with_session(self):
        return self.select_related(
            "person", "session__school__district", "session__school__settlement", "session__topic", "session__language"
        )


class OfBookingQuerySet(models.QuerySet):
    """Rows that belong to a booking and are visible with it."""

    def visible_to(self, user):
        return self.filter(booking__in=self.model._meta.apps.get_model("events", "Booking").objects.visible_to(user))

    def minutes(self) -> int:
        return self.aggregate(total=models.Sum("minutes"))["total"] or 0


class CalendarTokenQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.filter(user=user)

    def working(self):
        return self.filter(revoked_at=None, user__is_active=True)


class OfSessionQuerySet(models.QuerySet):
    """Waiting places: one's own; for staff those of the sessions in their reach."""

    def visible_to(self, user):
        return self.filter(models.Q(person__user=user) | staff_of(user, "session__"))

    def in_line(self):
        return self.filter(state__in=IN_LINE)

    def keeping_a_place(self):
        """Offers that nobody else may take (I2)."""
        return self.filter(state=WaitState.OFFERED, shared=False)


class SwapOfferQuerySet(models.QuerySet):
    def visible_to(self, user):
        """One's own, those made to oneself, for mentors those made to everybody, and for staff those of their sessions."""
        own = models.Q(booking__person__user=user) | models.Q(to_person__user=user)
        mentor = models.Exists(Person.objects.filter(user=user, approvals__isnull=False))
        pool = models.Q(to_person=None, state=SwapState.OPEN) & models.Q(mentor)
        return self.filter(own | pool | staff_of(user, "booking__session__"))

    def open(self, now=None):
        return self.filter(state=SwapState.OPEN, expires_at__gt=now or timezone.now())


class CertificateQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.filter(person__user=user)

    def valid(self):
        return self.filter(revoked_at=None)
