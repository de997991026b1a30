"""Meetings at which a trainer teaches a module: planned, filled with people, held and written down, or cancelled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal import access, audit
from portal.access import PERMISSIONS, Reach
from portal.models import District, RoleGrant, User
from portal.refusals import NotAllowed, Reason, Refused
from volunteers.models import Person, TrainingMeeting, TrainingModule, TrainingPlace, TrainingRecord
from volunteers.notifications import training as letters
from volunteers.services import guards, training


@dataclass(frozen=True)
class Word:
    """What the trainer says of one participant. `result` is a `TrainingRecord.Result`."""

    place: TrainingPlace
    result: str
    note: str = ""


def trainers_for(by: User) -> QuerySet[User]:
    """Who may be named as the trainer: whoever holds a role that trains, where `by` plans meetings."""
    grants = RoleGrant.objects.in_force().filter(role__in=PERMISSIONS["training.record"])
    here = Q(district=None) | Q(district__in=districts_of(by))
    return User.objects.filter(pk__in=grants.filter(here).values("user"), is_superuser=False)


def districts_of(by: User) -> QuerySet[District]:
    return District.objects.filter(access.within(by, "training.record", district="pk"))


@transaction.atomic
def plan_meeting(
    *,
    module: TrainingModule,
    district: District,
    starts_at: datetime,
    place: str,
    seats: int,
    trainer: User,
    by: User,
    now: datetime | None = None,
) -> TrainingMeeting:
    """A meeting that applicants and mentors see at once and may come to. `starts_at` is UTC.

    Raises `NotAllowed` (`not_yours`) and `Refused` with all of `past`, `seats` (fewer than one) and `trainer_role`.
    """
    guards.demand_permission("training.record", Reach(district_id=district.pk), by)
    reasons = []
    if starts_at <= (now or timezone.now()):
        reasons.append(Reason("past", _("This moment has passed.")))
    if seats < 1:
        reasons.append(Reason("seats", _("At least one place is needed.")))
    if not access.allows(trainer, "training.record", Reach(district_id=district.pk)):
        reasons.append(Reason("trainer_role", _("The trainer has no role for training in this district.")))
    if reasons:
        raise Refused(*reasons)
    meeting = TrainingMeeting.objects.create(
        module=module, district=district, starts_at=starts_at, place=place.strip(), seats=seats, trainer=trainer
    )
    audit.record(meeting, "plan_training", by, module=module.code, seats=seats)
    return meeting


@transaction.atomic
def cancel_meeting(*, meeting: TrainingMeeting, by: User, now: datetime | None = None) -> None:
    """Everybody who holds a place gets a letter; his reminder is taken back. A repeated call does nothing.

    Raises `TrainingMeeting.DoesNotExist` out of `by`'s reach and `Refused` (`past`: it has begun).
    """
    meeting = _lock(meeting, by)
    if meeting.cancelled_at:
        return
    now = now or timezone.now()
    if meeting.starts_at <= now:
        raise Refused(Reason("past", _("This training has already begun.")))
    meeting.cancelled_at = now
    meeting.save(update_fields=["cancelled_at"])
    places = list(meeting.places.holding().select_related("person__user", "meeting__module"))
    audit.record(meeting, "cancel_training", by, places=len(places))
    for place in places:
        letters.forget_reminder(place)
        letters.meeting_cancelled(place)


@transaction.atomic
def take_place(*, meeting: TrainingMeeting, by: User, now: datetime | None = None) -> TrainingPlace:
    """Keeps a place for `by`, who gets a letter, and a reminder the day before. A second call returns the same place.

    Raises `NotAllowed` (`not_a_trainee`) and `Refused` with all of `cancelled`, `past` and `full`.
    """
    now = now or timezone.now()
    person = Person.objects.select_for_update(of=("self",)).learning().filter(user=by).first()
    if person is None:
        raise NotAllowed(Reason("not_a_trainee", _("Training is for applicants and mentors.")))
    meeting = TrainingMeeting.objects.select_for_update(of=("self",)).select_related("module").get(pk=meeting.pk)
    if held := meeting.places.holding().filter(person=person).first():
        return held
    if reasons := why_no_place(meeting, meeting.places.holding().count(), now):
        raise Refused(*reasons)
    place = TrainingPlace.objects.create(meeting=meeting, person=person)
    audit.record(person, "take_training_place", by, meeting=meeting.code)
    letters.place_taken(place, now)
    return place


def why_no_place(meeting: TrainingMeeting, taken: int, now: datetime) -> list[Reason]:
    """Why nobody else can come to this meeting now; empty when somebody can."""
    reasons = []
    if meeting.cancelled_at:
        reasons.append(Reason("cancelled", _("This training is cancelled.")))
    if meeting.starts_at <= now:
        reasons.append(Reason("past", _("This training has already begun.")))
    if taken >= meeting.seats:
        reasons.append(Reason("full", _("All places are taken.")))
    return reasons


@transaction.atomic
def give_up_place(*, meeting: TrainingMeeting, by: User, now: datetime | None = None) -> None:
    """Frees the place of `by`; nothing where he holds none. The reminder is taken back. Raises `Refused` (`past`)."""
    now = now or timezone.now()
    person = Person.objects.select_for_update().get(user=by)
    meeting = TrainingMeeting.objects.select_for_update().get(pk=meeting.pk)
    place = meeting.places.holding().filter(person=person).first()
    if place is None:
        return
    if meeting.starts_at <= now:
        raise Refused(Reason("past", _("This training has already begun.")))
    place.given_up_at = now
    place.save(update_fields=["given_up_at"])
    audit.record(person, "give_up_training_place", by, meeting=meeting.code)
    letters.forget_reminder(place)


@transaction.atomic
def record_meeting(
    *,
    meeting: TrainingMeeting,
    by: User,
    words: Sequence[Word],
    in_person: bool = False,
    now: datetime | None = None,
) -> int:
    """Writes down what became of those who came, all or nothing; whoever did not come gets no record, and the same word
    again is not written twice. `in_person` says that the modules for reading were gone through together. Returns how
    many records were written.

    Raises `TrainingMeeting.DoesNotExist` out of `by`'s reach, `NotAllowed` (`own_training`, `administrator`), `Refused` with all of
    `cancelled`, `not_begun` and, by participant, `note_missing` and `modules_missing`.
    """
    people = {word.place.person_id for word in words}
    locked = {person.pk: person for person in Person.objects.filter(pk__in=people).order_by("pk").select_for_update()}
    meeting = _lock(meeting, by)
    held_on = timezone.localdate(meeting.starts_at)
    fresh = [word for word in words if not _said_before(meeting, word)]
    not_held = _not_held(meeting, now or timezone.now())
    reasons = list(not_held)
    for word in fresh:
        person = locked[word.place.person_id]
        if barred := training.barred_from_recording(person, by):
            raise NotAllowed(*barred)
        facts = {"held_on": held_on, "result": word.result, "note": word.note, "in_person": in_person}
        wrong = [] if not_held else training.wrong_with(person, meeting.module, **facts)
        reasons += [Reason(item.code, f"{person.full_name}: {item.text}") for item in wrong]
    if reasons:
        raise Refused(*reasons)
    for word in fresh:
        facts = {"held_on": held_on, "result": word.result, "note": word.note, "in_person": in_person}
        training.write_record(locked[word.place.person_id], meeting.module, by, meeting=meeting, **facts)
    audit.record(meeting, "record_training", by, records=len(fresh))
    return len(fresh)


def lock_holders(meeting: TrainingMeeting) -> None:
    """Nobody else writes down what became of those who hold a place, until the transaction ends."""
    people = Person.objects.filter(pk__in=meeting.places.holding().values("person"))
    list(people.order_by("pk").select_for_update())


def _not_held(meeting: TrainingMeeting, now: datetime) -> list[Reason]:
    if meeting.cancelled_at:
        return [Reason("cancelled", _("This training is cancelled."))]
    return [Reason("not_begun", _("This training has not begun yet."))] if meeting.starts_at > now else []


def _said_before(meeting: TrainingMeeting, word: Word) -> bool:
    newest = TrainingRecord.objects.filter(person=word.place.person_id, meeting=meeting).order_by("-pk").first()
    passed = word.result == TrainingRecord.Result.PASSED
    return newest is not None and newest.result == word.result and (passed or newest.note == word.note.strip())


def _lock(meeting: TrainingMeeting, by: User) -> TrainingMeeting:
    rows = TrainingMeeting.objects.visible_to(by).select_for_update(of=("self",))
    return rows.select_related("module").get(pk=meeting.pk)
