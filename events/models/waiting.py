from __future__ import annotations

from datetime import datetime

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from events.querysets import OfSessionQuerySet, SwapOfferQuerySet
from events.states import IN_LINE, SwapState, WaitState
from portal.access import Reach
from portal.models import Coded
from volunteers.models import Person

from .booking import Booking
from .session import SchoolSession


class WaitlistEntry(Coded):
    """A mentor's turn for a place in a full session. An offer keeps a place for him until `offer_expires_at`, unless it
    is `shared`: close to the session every waiter gets one, and the first who takes it has the place."""

    CODE_PREFIX = "W"

    session = models.ForeignKey(SchoolSession, models.PROTECT, related_name="waiting")
    person = models.ForeignKey(Person, models.PROTECT, related_name="waiting")
    queued_at = models.DateTimeField(default=timezone.now)  # the order of turns: later once an offer ran out
    state = models.CharField(max_length=8, choices=WaitState.choices, default=WaitState.WAITING)
    state_since = models.DateTimeField(default=timezone.now)
    offer_expires_at = models.DateTimeField(null=True, blank=True)
    shared = models.BooleanField(default=False)
    gives_back = models.ForeignKey(  # his second choice, given up in the moment in which he takes this place
        Booking, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("visit to give back")
    )
    lapses = models.PositiveSmallIntegerField(default=0)  # offers that ran out
    created_at = models.DateTimeField(auto_now_add=True)

    objects = OfSessionQuerySet.as_manager()

    class Meta:
        verbose_name = _("place in a waiting list")
        verbose_name_plural = _("waiting lists")
        ordering = ["queued_at", "pk"]
        indexes = [
            models.Index(
                fields=["offer_expires_at"], condition=models.Q(state=WaitState.OFFERED), name="offers_by_their_end"
            )
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["session", "person"], condition=models.Q(state__in=sorted(IN_LINE)), name="waiting_once"
            ),
            models.CheckConstraint(
                condition=~models.Q(state=WaitState.OFFERED) | models.Q(offer_expires_at__isnull=False),
                name="offer_has_an_end",
            ),
        ]

    @property
    def reach(self) -> Reach:
        school = self.session.school
        return Reach(district_id=school.district_id, school_id=school.pk, subject_id=self.person.user_id)

    def second_choice(self, now: datetime | None = None) -> Booking | None:
        """The visit that ends when he takes this place: he holds it, and it has not begun."""
        given = self.gives_back
        return given if given and given.holds and given.starts_at > (now or timezone.now()) else None

    @property
    def keeps_a_place(self) -> bool:
        """Nobody else may take it (I2)."""
        return self.state == WaitState.OFFERED and not self.shared


class SwapOffer(Coded):
    """A mentor looks for a colleague who takes his visit over: one whom he names, or any who may. Until it is done the
    visit stays his."""

    CODE_PREFIX = "SW"

    booking = models.ForeignKey(Booking, models.PROTECT, related_name="swap_offers")
    to_person = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")  # nobody: the pool
    taken_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")
    state = models.CharField(max_length=9, choices=SwapState.choices, default=SwapState.OPEN)
    state_since = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)

    objects = SwapOfferQuerySet.as_manager()

    class Meta:
        verbose_name = _("handover of a visit")
        verbose_name_plural = _("handovers of visits")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["booking"], condition=models.Q(state=SwapState.OPEN), name="swap_one_open_each"
            ),
            models.CheckConstraint(
                condition=models.Q(state=SwapState.DONE) ^ models.Q(taken_by=None), name="swap_done_by_somebody"
            ),
        ]

    @property
    def reach(self) -> Reach:
        return self.booking.reach
