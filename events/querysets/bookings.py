from __future__ import annotations

from django.db import models
from django.utils import timezone

from events.states import HOLDING, IN_LINE, SHOWN_TO_SCHOOL, BookingState, SwapState, WaitState, WorkState
from portal import access
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

    def unconfirmed(self):
        """Those that the school has to confirm: before the first time, or again because an experienced mentor left and
        another one comes. A beginner's visit that still waits for one is nothing that the school could confirm."""
        led = self.model.objects.filter(session=models.OuterRef("session"), state__in=HOLDING, role="lead")
        again = models.Q(state=BookingState.RECONFIRM_NEEDED, confirmed_version=models.F("session__version"))
        return self.filter(models.Q(state=BookingState.PENDING) | again & models.Exists(led))

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


class HoursQuerySet(OfBookingQuerySet):
    def minutes(self) -> int:
        return self.aggregate(total=models.Sum("minutes"))["total"] or 0

    def of_visits(self):
        """The first entry of each visit of which corrections have left something."""
        all_of_it = self.model.objects.filter(booking=models.OuterRef("booking")).order_by().values("booking")
        left = all_of_it.annotate(total=models.Sum("minutes")).values("total")
        return self.filter(corrects=None).annotate(left=models.Subquery(left)).filter(left__gt=0)

    def by_visit(self, *also: str):
        """One row for each visit and month in which it counts: person, month, booking, `also` of it, and `total` (minutes,
        corrections included)."""
        return self.order_by().values("person", "month", "booking", *also).annotate(total=models.Sum("minutes"))


class FeedbackQuerySet(models.QuerySet):
    def visible_to(self, user):
        """One's own words; for coordinators and leads what was said of visits in their reach, but of their own."""
        told = access.within(
            user, "feedback.view", district="booking__session__school__district", school="booking__session__school"
        )
        return self.filter(models.Q(given_by=user) | (told & ~models.Q(booking__person__user=user)))


class CalendarTokenQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.filter(user=user)

    def working(self):
        return self.filter(revoked_at=None, user__is_active=True)


class OfSessionQuerySet(models.QuerySet):
    """Waiting places: one's own; for staff those of the sessions in their reach."""

    def visible_to(self, user):
        return self.filter(models.Q(person__user=user) | staff_of(user, "session__"))

    def of(self, user):
        return self.filter(person__user=user)

    def in_line(self):
        return self.filter(state__in=IN_LINE)

    def with_position(self):
        """Adds `position` in the line, from 1."""
        before = models.Q(queued_at__lt=models.OuterRef("queued_at"))
        before |= models.Q(queued_at=models.OuterRef("queued_at"), pk__lte=models.OuterRef("pk"))
        line = self.model.objects.filter(before, session=models.OuterRef("session"), state__in=IN_LINE).order_by()
        counted = line.values("session").annotate(number=models.Count("pk")).values("number")
        return self.annotate(position=models.Subquery(counted))

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
        now = now or timezone.now()
        return self.filter(state=SwapState.OPEN, expires_at__gt=now, booking__starts_at__gt=now)

    def for_taking(self, person):
        """What others ask him by name to take over or leave to anybody; without visits to sessions where he comes anyway."""
        coming = self.model._meta.apps.get_model("events", "Booking").objects.holding().filter(person=person)
        asked = self.filter(models.Q(to_person=person) | models.Q(to_person=None))
        return asked.exclude(booking__person=person).exclude(booking__session__in=coming.values("session"))

    def with_session(self):
        return self.select_related("booking__person__user", "booking__session__school", "to_person__user")


class WorkQuerySet(models.QuerySet):
    def visible_to(self, user):
        """One's own; for coordinators that of the people of their districts."""
        told = access.within(user, "hours.correct", district="person__district")
        return self.filter(models.Q(person__user=user) | told)

    def of(self, user):
        return self.filter(person__user=user)

    def waiting(self):
        return self.filter(state=WorkState.SUBMITTED)

    def counted(self):
        return self.filter(state=WorkState.CONFIRMED)

    def standing(self):
        """What waits and what counts: neither declined nor taken back."""
        return self.filter(state__in=[WorkState.SUBMITTED, WorkState.CONFIRMED])

    def minutes_by(self, key: str) -> dict:
        """The sum of minutes for each value of `key`."""
        return dict(self.order_by().values_list(key).annotate(models.Sum("minutes")))


class CertificateQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.filter(person__user=user)

    def valid(self):
        return self.filter(revoked_at=None)
