"""A note or question for the school with a visit that came without one: from the waiting list, from a colleague, by the
coordinator; and the answer to it. A colleague's own note is not handed over with his visit: it is his, and may be of no use
to another."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from events import notifications
from events.models import Booking
from events.services.booking import NOTE_AT_MOST
from events.services.locks import lock_booking
from portal import access, audit
from portal.models import User
from portal.refusals import NotAllowed, Reason, Refused


@transaction.atomic
def write_note(*, booking: Booking, by: User, note: str, now: datetime | None = None) -> Booking:
    """Adds his note (at most `NOTE_AT_MOST` characters) to the visit of `by`; the school gets a letter. The same note again
    changes nothing. Refuses with all of note_missing, noted (there is another one), wrong_state, past; `NotAllowed`
    not_yours; `Booking.DoesNotExist` out of reach."""
    booking, note = lock_booking(booking, by), note.strip()[:NOTE_AT_MOST]
    if booking.reach.subject_id != by.pk:
        raise NotAllowed(Reason("not_yours", _("Only the mentor himself writes to the school here.")))
    if note and booking.note == note:
        return booking
    reasons = [] if note else [Reason("note_missing", _("Please write something."))]
    if booking.note:
        reasons.append(
            Reason("noted", _("The school has a note from you already. Please call if something has changed."))
        )
    if not booking.holds:
        reasons.append(Reason("wrong_state", _("This visit is no longer yours.")))
    if booking.starts_at <= (now or timezone.now()):
        reasons.append(Reason("past", _("This session has already begun.")))
    if reasons:
        raise Refused(*reasons)
    booking.note = note
    booking.save(update_fields=["note"])
    audit.record(booking, "note", by)
    notifications.to_school_note(booking)
    return booking


@transaction.atomic
def answer_note(*, booking: Booking, by: User, answer: str, now: datetime | None = None) -> Booking:
    """Adds what the school, or the coordinator, answers to the mentor's note (at most `NOTE_AT_MOST` characters); he gets a
    letter. The same answer again changes nothing. Refuses with all of answer_missing, no_note, answered (there is another
    one), wrong_state, past; `NotAllowed` not_yours; `Booking.DoesNotExist` out of reach."""
    booking, answer = lock_booking(booking, by), answer.strip()[:NOTE_AT_MOST]
    if not access.allows(by, "session.staff", booking.reach):
        raise NotAllowed(Reason("not_yours", _("Your role does not make this step in this case.")))
    if answer and booking.answer == answer:
        return booking
    reasons = [] if answer else [Reason("answer_missing", _("Please write something."))]
    if not booking.note:
        reasons.append(Reason("no_note", _("The mentor has written nothing.")))
    if booking.answer:
        reasons.append(Reason("answered", _("The mentor has an answer already.")))
    if not booking.holds:
        reasons.append(Reason("wrong_state", _("This visit is off.")))
    if booking.starts_at <= (now or timezone.now()):
        reasons.append(Reason("past", _("This session has already begun.")))
    if reasons:
        raise Refused(*reasons)
    booking.answer = answer
    booking.save(update_fields=["answer"])
    audit.record(booking, "answer_note", by)
    notifications.note_answered(booking)
    return booking
