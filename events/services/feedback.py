"""What school and mentor say of a visit that took place, and what coordinators read of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db import transaction
from django.db.models import Avg, Count, Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from events.models import Attendance, Booking, Feedback
from events.services.locks import lock_booking
from portal import access, audit
from portal.models import School, Topic, User
from portal.refusals import NotAllowed, Reason, Refused

FEWEST = 5  # answers of which a mean is shown: fewer would show single ones
CAME = (Attendance.State.ATTENDED, Attendance.State.PARTIAL)


@transaction.atomic
def give_feedback(
    *,
    booking: Booking,
    by: User,
    mark: int,
    prepared: bool,
    again: bool,
    text: str = "",
    now: datetime | None = None,
) -> Feedback:
    """Keeps one side's words, once: later ones change nothing, what was said first is returned. The side follows from
    `by`: the mentor of the visit, or a contact person of its school.

    Refuses not_confirmed (the visit took place only when the school or the coordinator has said so); `NotAllowed`
    not_yours. The log gets the side, not the words.
    """
    booking = lock_booking(booking, by)
    side = side_of(booking, by)
    if said := Feedback.objects.filter(booking=booking, side=side).first():
        return said
    if reasons := why_not_yet(booking):
        raise Refused(*reasons)
    feedback = Feedback.objects.create(
        booking=booking,
        side=side,
        mark=Feedback.Mark(mark),
        prepared=prepared,
        again=again,
        text=text.strip()[:500],
        given_by=by,
        given_at=now or timezone.now(),
    )
    audit.record(booking, "feedback", by, side=side)
    return feedback


def why_not_yet(booking: Booking) -> list[Reason]:
    """Nothing where the visit took place by the word of the school or the coordinator. Code: not_confirmed."""
    if Attendance.objects.filter(booking=booking, state__in=CAME).exists():
        return []
    return [Reason("not_confirmed", _("First the school confirms that the visit took place."))]


def side_of(booking: Booking, by: User) -> str:
    """Whose words `by` speaks. `NotAllowed` (not_yours) for everybody else, coordinators too."""
    if booking.person.user_id == by.pk:
        return Feedback.Side.MENTOR
    if access.allows(by, "feedback.give", booking.reach):
        return Feedback.Side.SCHOOL
    raise NotAllowed(Reason("not_yours", _("Only the school and the mentor of this visit answer these questions.")))


def awaited_of_mentor(by: User) -> QuerySet[Booking]:
    """His confirmed visits of which he has said nothing, the newest first."""
    return _without(Booking.objects.of(by), Feedback.Side.MENTOR)


def awaited_of_school(by: User) -> QuerySet[Booking]:
    """The confirmed visits to the schools whose contact person `by` is, of which the school has said nothing."""
    reach = access.within(by, "feedback.give", district="session__school__district", school="session__school")
    return _without(Booking.objects.filter(reach).exclude(person__user=by), Feedback.Side.SCHOOL)


def _without(visits: QuerySet[Booking], side: str) -> QuerySet[Booking]:
    """Of the last `PROGRAMME["feedback_days"]`: of older ones nobody remembers much."""
    said = Feedback.objects.filter(booking=OuterRef("pk"), side=side)
    since = timezone.now() - timedelta(days=settings.PROGRAMME["feedback_days"])
    asked = visits.filter(~Exists(said), attendance__state__in=CAME, starts_at__gt=since)
    return asked.with_session().order_by("-starts_at", "-pk")


class Mean(NamedTuple):
    """Of a school or a topic: how many answers, and their mean mark (1 to 4); None while they are fewer than `FEWEST`."""

    name: str
    answers: int
    mark: float | None


def means(feedback: QuerySet[Feedback], model: type[School] | type[Topic]) -> list[Mean]:
    """The means of these answers by school or topic, those with most answers first, in two queries."""
    place = f"booking__session__{model._meta.model_name}"
    rows = feedback.order_by().values(place).annotate(answers=Count("pk"), mean=Avg("mark")).order_by("-answers", place)
    names = {row.pk: row.name for row in model.objects.filter(pk__in=[row[place] for row in rows])}
    return [
        Mean(names[row[place]], row["answers"], round(row["mean"], 1) if row["answers"] >= FEWEST else None)
        for row in rows
    ]
