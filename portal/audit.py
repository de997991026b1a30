"""The append-only log: changes (`record`) and reads of sensitive records (`viewed`)."""

from __future__ import annotations

from collections.abc import Callable

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal import watch
from portal.models import LogEntry, User

VIEWS = {  # what `viewed` and `exported` write, in words
    "answer": _("answer to a notice of refusal"),
    "appeal": _("appeal"),
    "case_page": _("page of cases, by an administrator who also works on them"),
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
    "import": _("list that a colleague brings in"),
    "interview": _("protocol of an interview"),
    "opinion": _("opinion of a supervisor"),
    "own_archive": _("archive of one's own data"),
    "own_file": _("own paper"),
    "own_reference": _("answer of a referee, read by the applicant"),
    "reading": _("answers, read without a name"),
    "reference": _("answer of a referee"),
    "revisions": _("what changed in the answers"),
    "risk": _("risk assessment"),
}
EXPORTS = {  # what `exported` names, in words
    "central_record": _("Central record"),
    "coverage": _("Coverage of the sessions"),
    "hours": _("Hours of mentors"),
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


def _save(entry: LogEntry) -> LogEntry:
    entry.save()
    watch.logged(entry)
    return entry


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
    return _save(entry)


def viewed(instance: models.Model, what: str, by: User, **data) -> LogEntry:
    """Writes that `by` looked at a sensitive record; call it before the first byte leaves. `data` holds codes only."""
    entry = _entry(LogEntry.Kind.VIEW, instance, what, by, data=data)
    return _save(entry)


def exported(what: str, by: User, *, count: int, why: str, **data) -> LogEntry:
    """Writes that `by` takes a list out of the portal: its name, how many rows, why in his own words, and by which filters
    (codes only, never what was searched for). For `portal.services.note_export`."""
    entry = _entry(LogEntry.Kind.VIEW, by, "export", by, reason=why, data={"what": what, "count": count, **data})
    return _save(entry)


def history(instance: models.Model, kind: str = LogEntry.Kind.CHANGE) -> models.QuerySet[LogEntry]:
    """The entries about one record, newest first."""
    return LogEntry.objects.filter(model=instance._meta.label, object_id=str(instance.pk), kind=kind)


_about_person: list[Callable[[str, User], models.Q]] = []


def tells_about_person(finder: Callable[[str, User], models.Q]) -> None:
    """Registers what an app above knows: `finder(code, by)` gives the condition for the entries about the person with this
    code and about everything that is his; none where there is no such person or `by` may not look him up."""
    _about_person.append(finder)


_kept_from: list[Callable[[User], models.Q]] = []


def keeps_from(finder: Callable[[User], models.Q]) -> None:
    """Registers what an app above knows: `finder(by)` gives the condition for the entries that `by` may not read."""
    _kept_from.append(finder)


def readable_by(by: User) -> models.QuerySet[LogEntry]:
    """The entries but those about himself and about people to whom he is tied: he would read what is held against them."""
    entries = LogEntry.objects.all()
    for finder in _kept_from:
        entries = entries.exclude(finder(by))
    return entries


def about_person(code: str, by: User) -> models.QuerySet[LogEntry]:
    """The entries about the person with this code, as far as `by` may look him up; of every other code, none."""
    condition = models.Q(pk__in=[])
    for finder in _about_person:
        condition |= finder(code, by)
    return LogEntry.objects.filter(condition)
