"""The append-only log: changes (`record`) and reads of sensitive records (`viewed`)."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.models import LogEntry, User

VIEWS = {  # what `viewed` and `exported` write, in words
    "answer": _("answer to a notice of refusal"),
    "appeal": _("appeal"),
    "check_in_notes": _("notes of talks"),
    "concern": _("concern"),
    "disclosure": _("self-declaration"),
    "do_not_engage": _("entry of the do-not-engage list"),
    "duplicate": _("comparison of two people"),
    "evidence": _("paper"),
    "exclusion_why": _("reason of an exclusion"),
    "exit_note": _("note on an exit"),
    "export": _("list taken along"),
    "hold": _("note on a hold"),
    "interview": _("protocol of an interview"),
    "opinion": _("opinion of a supervisor"),
    "own_file": _("own paper"),
    "own_reference": _("answer of a referee, read by the applicant"),
    "reading": _("answers, read without a name"),
    "reference": _("answer of a referee"),
    "revisions": _("what changed in the answers"),
    "risk": _("risk assessment"),
}


def _entry(kind: str, instance: models.Model, action: str, by: User | None, **fields) -> LogEntry:
    return LogEntry(
        kind=kind,
        actor=by,
        actor_name=by.display_name if by else "system",
        actor_roles=",".join(sorted({grant.role for grant in by.grants})) if by else "",
        action=action,
        model=instance._meta.label,
        object_id=str(instance.pk),
        object_code=str(instance)[:40],
        **fields,
    )


def record(
    instance: models.Model,
    action: str,
    by: User | None,
    *,
    state_from: str = "",
    state_to: str = "",
    reason: str = "",
    **data,
) -> LogEntry:
    """Writes one change, in the caller's transaction. `by` None is the system; `data` holds codes and counts, no names."""
    entry = _entry(
        LogEntry.Kind.CHANGE,
        instance,
        action,
        by,
        state_from=state_from,
        state_to=state_to,
        reason=reason,
        data=data,
    )
    entry.save()
    return entry


def viewed(instance: models.Model, what: str, by: User) -> LogEntry:
    """Writes that `by` looked at a sensitive record; call it before the first byte leaves."""
    entry = _entry(LogEntry.Kind.VIEW, instance, what, by)
    entry.save()
    return entry


def exported(what: str, by: User, *, count: int, **data) -> LogEntry:
    """Writes that `by` takes a list out of the portal: its name, how many rows, and by which filters (codes only, never
    what was searched for). Call it before the first byte leaves."""
    entry = _entry(LogEntry.Kind.VIEW, by, "export", by, data={"what": what, "count": count, **data})
    entry.save()
    return entry


def history(instance: models.Model, kind: str = LogEntry.Kind.CHANGE) -> models.QuerySet[LogEntry]:
    """The entries about one record, newest first."""
    return LogEntry.objects.filter(model=instance._meta.label, object_id=str(instance.pk), kind=kind)
