"""The same reasons for whoever plans: they speak of the mentor, not to him."""

from __future__ import annotations

from collections.abc import Iterable

from django.urls import reverse
from django.utils.translation import gettext as _

from events.models import SchoolSession
from portal.refusals import Reason
from volunteers.models import Person

OF_THE_SESSION = frozenset(
    {"wrong_state", "past", "not_open_yet", "booking_closed", "full", "needs_lead", "cap", "not_available"}
)


def for_staff(reasons: Iterable[Reason], session: SchoolSession, person: Person) -> list[Reason]:
    """All that clearance has against him becomes one reason (not_cleared), which leads to the mentor's page."""
    of_him = {
        "queue": _("Others wait for a place."),
        "probation": _("These are the first visits of this mentor: an experienced one must come too."),
        "overlap": _("Another visit of this mentor is too close to it."),
        "excluded": _("An exclusion keeps this mentor from this session."),
        "language": _("The mentor does not speak the language of the session: %(language)s."),
    }
    told, cleared = [], True
    for reason in reasons:
        if reason.code in OF_THE_SESSION:
            told.append(reason._replace(url=""))
        elif reason.code in of_him:
            text = of_him[reason.code].replace("%(language)s", session.language.name)
            told.append(Reason(reason.code, text))
        else:
            cleared = False
    if not cleared:
        text = _("This mentor is not cleared for that day.")
        told.append(Reason("not_cleared", text, reverse("staff_person", args=[person.uuid])))
    return told
