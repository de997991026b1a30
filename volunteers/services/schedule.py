"""Which function of this app carries out which row of `portal.retention.SCHEDULE`."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from portal.retention import carry_out
from volunteers.services import checks, outreach, retention
from volunteers.services.own_data import archive, deleting

# the row, its line in the report of the night, the function, what it looks at, and since when that lies here
JOBS = (
    ("papers", _("Files whose time is over: erased"), checks.purge_papers, checks.papers_due, "purge_after"),
    ("calls", _("Phones left for a call, old invitations: erased"), outreach.forget, outreach.due, "created_at"),
    (
        "sign_ups",
        _("Sign-ups that nobody confirmed: deleted"),
        retention.delete_sign_ups,
        retention.sign_ups_due,
        "date_joined",
    ),
    ("drafts", _("Drafts that nobody sent: erased"), retention.erase_drafts, retention.drafts_due, "created_at"),
    (
        "closed_cases",
        _("Cases that were closed long ago: forgotten"),
        retention.anonymise_closed,
        retention.closed_due,
        "state_since",
    ),
    (
        "mentors",
        _("Mentors who left long ago: forgotten"),
        retention.forget_former,
        retention.former_due,
        "served_to",
    ),
    (
        "allegations",
        _("Reports about adults whose years are over: deleted"),
        retention.forget_allegations,
        retention.allegations_due,
        "closed_at",
    ),
    ("erasures", _("Accounts whose owners want it: deleted"), deleting.erase_due, deleting.due, "asked_at"),
    ("archives", _("Archives of one's own data: deleted"), archive.drop_old, archive.old, "ready_at"),
)


def register() -> None:
    """Makes each of them a job of the night."""
    for code, label, run, due, since in JOBS:
        carry_out(code, label, run, due=due, since=since)
