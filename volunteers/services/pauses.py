"""A mentor does not come for a while, at his own wish."""

from __future__ import annotations

from datetime import date, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal import audit
from portal.models import User
from portal.refusals import NotAllowed, Reason, Refused
from volunteers import clearance
from volunteers.models import ErasureRequest, Pause, Person
from volunteers.services import guards


@transaction.atomic
def pause(*, person: Person, by: User, starts_on: date, ends_on: date) -> Pause:
    """Keeps the days, both inclusive, on which he does not come; visits agreed for them are released at once.

    Raises `NotAllowed` (`not_yours`: nobody pauses for another) and `Refused` with all of `not_serving`, `pause_order`,
    `pause_past`, `pause_too_long` (more days than `PROGRAMME["pause_days"]`), `pause_overlap`.
    """
    person = _lock(person, by)
    if reasons := problems(person, starts_on, ends_on):
        raise Refused(*reasons)
    made = Pause.objects.create(person=person, starts_on=starts_on, ends_on=ends_on)
    audit.record(person, "pause", by, pause=made.code, days=(ends_on - starts_on).days + 1)
    clearance.changed(person)
    return made


def problems(person: Person, starts_on: date, ends_on: date) -> list[Reason]:
    """Every reason against a pause on these days; the form asks beforehand."""
    reasons = []
    today, most = timezone.localdate(), settings.PROGRAMME["pause_days"]
    if not Person.objects.serving(today).filter(pk=person.pk).exists():
        reasons.append(Reason("not_serving", _("Only an approved mentor makes a pause.")))
    if ends_on < starts_on:
        reasons.append(Reason("pause_order", _("The last day comes before the first.")))
    if starts_on < today:
        reasons.append(Reason("pause_past", _("This day has passed.")))
    if (ends_on - starts_on).days >= most:
        reasons.append(Reason("pause_too_long", _("A pause has at most %(days)s days.") % {"days": most}))
    others = Pause.objects.filter(person=person, cancelled_at=None, starts_on__lte=ends_on, ends_on__gte=starts_on)
    if others.exists():
        reasons.append(Reason("pause_overlap", _("You have a pause on some of these days already.")))
    return reasons


def not_over(person: Person) -> QuerySet[Pause]:
    """His pauses that run or lie ahead, the next one first; `until_deleted` tells of one that his wish to be deleted made."""
    wishes = ErasureRequest.objects.filter(pause=OuterRef("pk"), cancelled_at=None)
    pauses = person.pauses.filter(cancelled_at=None, ends_on__gte=timezone.localdate())
    return pauses.annotate(until_deleted=Exists(wishes)).order_by("starts_on")


@transaction.atomic
def end_pause(*, pause: Pause, by: User) -> None:
    """He comes again from today on; a pause that has not begun, or began today, is taken back whole. Released visits do
    not come back. Raises `NotAllowed` (`not_yours`) and `Refused` (`pause_over`; `deletion_waits`: it lasts as long as his
    wish to be deleted)."""
    person = _lock(pause.person, by)
    pause = Pause.objects.select_for_update().get(pk=pause.pk)
    today = timezone.localdate()
    if pause.cancelled_at or pause.ends_on < today:
        raise Refused(Reason("pause_over", _("This pause is over already.")))
    if not_over(person).filter(pk=pause.pk, until_deleted=True).exists():
        text = _("You asked us to delete your data. Take that back under “My data” first.")
        raise Refused(Reason("deletion_waits", text))
    end_today(pause, today)
    audit.record(person, "end_pause", by, pause=pause.code)


def end_today(pause: Pause, today: date) -> None:
    """For services that hold the person's lock."""
    if pause.starts_on >= today:
        pause.cancelled_at = timezone.now()
    else:
        pause.ends_on = today - timedelta(days=1)
    pause.save(update_fields=["cancelled_at", "ends_on"])


def _lock(person: Person, by: User) -> Person:
    if person.user_id != by.pk:
        raise NotAllowed(Reason("not_yours", _("Only the mentor himself makes or ends a pause.")))
    return guards.lock_person(person.pk)
