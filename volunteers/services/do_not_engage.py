"""The list of people who must not serve. It knows keyed hashes only; two people put somebody on it, two take him off.
An entry is in force from its confirmation until it is lifted; it is looked at again every few years."""

from __future__ import annotations

from datetime import date, timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal import audit, crypto, services
from portal.access import Reach, Role
from portal.models import StaffTask, User
from portal.refusals import Reason, Refused
from volunteers import clearance
from volunteers.iin import valid_iin
from volunteers.models import Application, DoNotEngage, Hold, Person, ReasonCode
from volunteers.services import guards, holds, screening

PERMISSION = "do_not_engage.decide"


@transaction.atomic
def list_person(
    *,
    by: User,
    reason_code: ReasonCode,
    note: str,
    person: Person | None = None,
    iin: str = "",
    family_name: str = "",
    given_name: str = "",
    birth_date: date | None = None,
) -> DoNotEngage:
    """Proposes an entry: about `person`, or about somebody unknown to the portal by number, names and birth date, of
    which only hashes are kept. Nothing follows before a second lead confirms it; he gets a task.

    Raises `NotAllowed` (`not_yours`, `administrator`, `subject`) and `Refused` with all of `iin_wrong`,
    `already_listed`, `reason_missing`.
    """
    hashes = _hashes_of(person) if person else _hashes(iin, family_name, given_name, birth_date)
    _demand_may(by, hashes["iin_hash"])
    missing = []
    if not hashes["iin_hash"]:
        missing.append(Reason("iin_wrong", _("There is a mistake in the number: compare it with the identity card.")))
    elif DoNotEngage.objects.listed().filter(iin_hash=hashes["iin_hash"]).exists():
        missing.append(Reason("already_listed", _("This person is on the list already.")))
    if not note.strip():
        missing.append(Reason("reason_missing", _("Please write the reason.")))
    if missing:
        raise Refused(*missing)
    review_on = timezone.localdate() + timedelta(days=settings.PROGRAMME["do_not_engage_review_days"])
    entry = DoNotEngage(**hashes, reason_code=reason_code, decided_by=by, review_on=review_on)
    entry.note = note.strip()
    entry.save()
    audit.record(entry, "do_not_engage.list", by, reason_code=reason_code.code)
    _tell(StaffTask.Kind.TO_CONFIRM, entry, "list")
    return entry


def _hashes_of(person: Person) -> dict[str, str]:
    by_name = person.birth_date and screening.name_hash(person.family_name, person.given_name, person.birth_date)
    return {"iin_hash": person.iin_hash or "", "name_hash": by_name or ""}


def _hashes(iin: str, family_name: str, given_name: str, birth_date: date | None) -> dict[str, str]:
    named = family_name.strip() and given_name.strip() and birth_date
    return {
        "iin_hash": crypto.lookup_hash(iin, "iin") if valid_iin(iin) else "",
        "name_hash": screening.name_hash(family_name, given_name, birth_date) if named else "",
    }


@transaction.atomic
def confirm(*, entry: DoNotEngage, by: User) -> None:
    """The second of two puts it in force: whoever it fits by number loses his clearance, and the open applications of
    all whom it fits go on hold. A mentor whom it fits by names and birth date alone serves on until a lead has looked:
    they get a task about each.

    Raises `NotAllowed` (`not_yours`, `same_person`, `administrator`, `subject`) and `Refused` (`already_confirmed`,
    `already_lifted`).
    """
    person, entry = _lock(entry)
    _demand_may(by, entry.iin_hash, *_same(entry.decided_by_id, by))
    _demand_listed(entry)
    if entry.confirmed_at:
        raise Refused(Reason("already_confirmed", _("This entry is confirmed already.")))
    entry.confirmed_by, entry.confirmed_at = by, timezone.now()
    entry.save()
    audit.record(entry, "do_not_engage.confirm", by)
    for application in Application.objects.open().filter(submitted_at__isnull=False).select_related("person"):
        if entry in screening.listed(application.person):
            holds.hold(application=application, by=None, reason=Hold.Reason.DO_NOT_ENGAGE, note=entry.code)
    if person:
        clearance.changed(person)
    _tell_of_namesakes(entry)


def _tell_of_namesakes(entry: DoNotEngage) -> None:
    serving = Person.objects.serving().exclude(birth_date=None).exclude(iin_hash=entry.iin_hash)
    for mentor in serving:
        if screening.name_hash(mentor.family_name, mentor.given_name, mentor.birth_date) == entry.name_hash:
            services.raise_task(
                StaffTask.Kind.CONCERN,
                role=Role.SAFEGUARDING_LEAD,
                about=mentor.code,
                person=mentor.uuid,
                url=reverse("staff_person", args=[mentor.uuid]),
                once=f"{entry.code}:{mentor.code}",
            )


@transaction.atomic
def propose_lift(*, entry: DoNotEngage, by: User, reason: str) -> None:
    """The first of two; the entry stays in force. Raises `NotAllowed` (`not_yours`, and what `guards.may_act_on` finds)
    and `Refused` (`already_lifted`, `already_proposed`, `reason_missing`)."""
    person, entry = _lock(entry)
    _demand_may(by, entry.iin_hash, tied_to=person)
    _demand_listed(entry)
    if entry.lift_proposed_by_id:
        raise Refused(Reason("already_proposed", _("Lifting is already proposed; another person confirms it.")))
    if not reason.strip():
        raise Refused(Reason("reason_missing", _("Please write the reason.")))
    entry.lift_proposed_by, entry.lift_proposed_at = by, timezone.now()
    entry.note = f"{entry.note}\n\n{timezone.localdate():%d.%m.%Y}: {reason.strip()}"
    entry.save()
    audit.record(entry, "do_not_engage.propose_lift", by)
    _tell(StaffTask.Kind.TO_CONFIRM, entry, "lift")


@transaction.atomic
def confirm_lift(*, entry: DoNotEngage, by: User) -> None:
    """The second of two takes somebody off the list. Cases on hold are released for themselves, approvals come back
    as far as their dates reach.

    Raises `NotAllowed` (`not_yours`, `same_person`, and what `guards.may_act_on` finds) and `Refused`
    (`already_lifted`, `not_proposed`).
    """
    person, entry = _lock(entry)
    _demand_may(by, entry.iin_hash, *_same(entry.lift_proposed_by_id, by), tied_to=person)
    _demand_listed(entry)
    if not entry.lift_proposed_by_id:
        raise Refused(Reason("not_proposed", _("Nobody has proposed to take this entry off the list.")))
    entry.lifted_by, entry.lifted_at = by, timezone.now()
    entry.save()
    audit.record(entry, "do_not_engage.confirm_lift", by)
    if person:
        clearance.changed(person)


@transaction.atomic
def keep(*, entry: DoNotEngage, by: User) -> None:
    """The entry was looked at again and stays: the next look is `do_not_engage_review_days` from today. Raises
    `NotAllowed` (`not_yours`, and what `guards.may_act_on` finds) and `Refused` (`already_lifted`)."""
    person, entry = _lock(entry)
    _demand_may(by, entry.iin_hash, tied_to=person)
    _demand_listed(entry)
    entry.review_on = timezone.localdate() + timedelta(days=settings.PROGRAMME["do_not_engage_review_days"])
    entry.save(update_fields=["review_on"])
    audit.record(entry, "do_not_engage.keep", by)


def reviews_due(on: date) -> list[str]:
    """Nightly: a task for each entry in force whose day of review has come, one per day of review."""
    due = DoNotEngage.objects.in_force().filter(review_on__lte=on)
    fresh = [entry for entry in due if not _told(StaffTask.Kind.REVIEW_DUE, entry, entry.review_on)]
    for entry in fresh:
        _tell(StaffTask.Kind.REVIEW_DUE, entry, entry.review_on)
    return [entry.code for entry in fresh]


def person_of(entry: DoNotEngage) -> Person | None:
    """Whom the entry is about, where the portal knows the number."""
    return Person.objects.filter(iin_hash=entry.iin_hash).first()


def _lock(entry: DoNotEngage) -> tuple[Person | None, DoNotEngage]:
    person = person_of(entry)
    if person:
        person = guards.lock_person(person.pk)
    return person, DoNotEngage.objects.select_for_update().get(pk=entry.pk)


def _demand_may(by: User, iin_hash: str, *barred: Reason, tied_to: Person | None = None) -> None:
    """`tied_to` is given where a tie to him bars as well."""
    reasons = [*(guards.may_act_on(tied_to, by) if tied_to else guards.runs_the_system(by)), *barred]
    if not tied_to and iin_hash and Person.objects.filter(user=by, iin_hash=iin_hash).exists():
        reasons.append(Reason("subject", _("This case is about you.")))
    guards.demand_permission(PERMISSION, Reach(), by, barred=reasons)  # the list holds in the whole oblast


def _same(first: int | None, by: User) -> list[Reason]:
    return [Reason("same_person", _("You proposed it: another safeguarding lead confirms."))] if first == by.pk else []


def _demand_listed(entry: DoNotEngage) -> None:
    if entry.lifted_at:
        raise Refused(Reason("already_lifted", _("This entry was taken off the list already.")))


def _tell(kind: str, entry: DoNotEngage, step: str | date) -> None:
    person = person_of(entry)
    services.raise_task(
        kind,
        role=Role.SAFEGUARDING_LEAD,
        about=entry.code,
        person=person.uuid if person else None,
        url=reverse("staff_do_not_engage_entry", args=[entry.uuid]),
        once=f"{entry.code}:{step}",
    )


def _told(kind: str, entry: DoNotEngage, step: str | date) -> bool:
    return StaffTask.objects.filter(dedupe_key=f"{kind}:{entry.code}:{step}").exists()
