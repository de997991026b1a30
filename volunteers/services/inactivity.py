"""Long silence of a mentor: a letter with "I stay", and a month later he has left."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal import audit
from portal.models import OutgoingMessage, User
from portal.refusals import NotAllowed, Reason, Refused
from volunteers import clearance
from volunteers.models import Approval, ExitRecord, Pause, Person
from volunteers.notifications import standing as letters
from volunteers.service_record import service_records
from volunteers.services import guards, leaving

AWAY = {"barred", "suspended", "paused", "exited"}  # silence means nothing while one of these holds


@transaction.atomic
def stay(*, person: Person, by: User) -> None:
    """The answer "I stay": the count begins anew today. Raises `NotAllowed` (`not_yours`) for anybody but himself and
    `Refused` (`already_left`)."""
    if person.user_id != by.pk:
        raise NotAllowed(Reason("not_yours", _("Only the mentor himself says this.")))
    person = guards.lock_person(person.pk)
    if leaving.has_left(person):
        raise Refused(Reason("already_left", _("You have left the programme. You may apply again at any time.")))
    person.stays_confirmed_on = timezone.localdate()
    person.save(update_fields=["stays_confirmed_on"])
    audit.record(person, "stay", by)


def let_the_silent_go(on: date) -> list[str]:
    """Every night: whoever has held no visit for `PROGRAMME["inactive_warning_days"]` and agreed to none gets a letter;
    when `inactive_days` are over and the letter is as old as the difference, he has left.

    Days count from the last visit, the end of a pause, "I stay", or the first approval since he last left. Nobody is let
    go without that letter, and nobody while he is suspended or pauses. Returns the codes of those written to or let go.
    """
    warn_after = timedelta(days=settings.PROGRAMME["inactive_warning_days"])
    grace = timedelta(days=settings.PROGRAMME["inactive_days"]) - warn_after
    touched = []
    for person, since in _silent_since(on):
        if since + warn_after > on:
            continue
        warning = OutgoingMessage.objects.filter(dedupe_key=letters.inactivity_key(person, since)).first()
        if warning is None:
            letters.inactive(person, since, leaves_on=on + grace)
        elif timezone.localdate(warning.created_at) + grace <= on:
            leaving.leave(person=person, by=None, reason=ExitRecord.Reason.INACTIVE)
        else:
            continue
        touched.append(person.code)
    return touched


def _silent_since(on: date) -> Iterator[tuple[Person, date]]:
    """Everybody approved who has not left and has no visit ahead, with the day from which his silence counts. Costs the
    same number of queries for any number of people (each `clearance.facts.AT_ONCE`)."""
    kept = Approval.objects.kept().filter(valid_from__lte=on)
    people = list(
        Person.objects.filter(Exists(kept.filter(person=OuterRef("pk")))).select_related("user").order_by("pk")
    )
    days: dict[int, list[date]] = {person.pk: [] for person in people}
    for person_id, begun in kept.order_by("-valid_from").values_list("person_id", "valid_from"):
        days[person_id] = [begun]
    for person_id, paused_until in Pause.objects.filter(cancelled_at=None, ends_on__lt=on).values_list(
        "person_id", "ends_on"
    ):
        days.get(person_id, []).append(paused_until)
    answers, records = clearance.clearances(people, on=on), service_records(days)
    for person in people:
        record = records[person.pk]
        if answers[person.pk].standing not in AWAY and record.next_on is None:
            known = [*days[person.pk], person.stays_confirmed_on, record.last_on]
            yield person, max(day for day in known if day)
