"""Meetings of trainings and the places in them."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from .people import OfDistrictQuerySet, OfPersonQuerySet


class TrainingMeetingQuerySet(OfDistrictQuerySet):
    def with_taken(self):
        """Adds `taken`, the number of places that somebody holds."""
        return self.annotate(taken=models.Count("places", filter=models.Q(places__given_up_at=None)))

    def coming(self, now=None):
        """What applicants and mentors may come to, wherever it is held."""
        return self.filter(starts_at__gt=now or timezone.now(), cancelled_at=None)

    def nearest_first(self, now=None):
        """What lies ahead, the next one first; then what is over, the last one first."""
        over = models.Q(starts_at__lte=now or timezone.now())
        ahead = models.Case(models.When(over, then=None), default="starts_at", output_field=models.DateTimeField())
        return self.order_by(models.OrderBy(ahead, nulls_last=True), "-starts_at", "-pk")


class TrainingPlaceQuerySet(OfPersonQuerySet):
    def holding(self):
        return self.filter(given_up_at=None)
