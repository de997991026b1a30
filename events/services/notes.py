"""A note or question for the school with a visit that came without one: from the waiting list, from a colleague, by the
coordinator. A colleague's own note is not handed over with his visit: it is his, and may be of no use to another."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from events import notifications
from events.models import Booking
from events.services.booking import NOTE_AT_MOST
from events.services.locks import lock_booking
from portal import audit
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
