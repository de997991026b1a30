"""What becomes of answers once they are sent: the person's facts, a revision, his organisation, referees, consents.

The callers hold the locks and have checked that the answers are complete.
"""

from __future__ import annotations

import json
from datetime import date

from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from portal import audit, crypto, services
from portal.access import Role
from portal.models import District, Language, StaffTask, User
from portal.refusals import Reason, Refused
from volunteers.models import Acceptance, Application, ApplicationRevision, Membership, Person, RefereeRequest
from volunteers.notifications import referees as letters
from volunteers.services import answers, checks
from volunteers.states import REFEREE_GAVE_ONE, REFEREE_WAITING, RefereeState

KEY_FACTS = ("family_name", "given_name", "patronymic", "birth_date", "iin_hash", "district_id")


def number_is_taken(application: Application, iin: str, by: User) -> bool:
    """Whether the identification number is another person's. Then the safeguarding lead gets a task; nobody else is
    told why the application is not taken."""
    other = Person.objects.filter(iin_hash=crypto.lookup_hash(iin, "iin")).exclude(pk=application.person_id).first()
    if other is None:
        return False
    services.raise_task(
        StaffTask.Kind.DUPLICATE_PERSON,
        role=Role.SAFEGUARDING_LEAD,
        about=f"{application.code} / {other.code}",
        person=application.person.uuid,
        url=reverse("staff_duplicate", args=[application.uuid, other.uuid]),
    )
    audit.record(application, "send_refused", by, reason="duplicate_person")
    return True


def cannot_accept() -> Refused:
    """The neutral refusal for a number that is taken."""
    text = _("We cannot take the application in this form. Please talk to the coordinator of your district.")
    return Refused(Reason("cannot_accept", text))


def demand_same_number(person: Person, iin: str) -> None:
    """Raises `Refused` (`iin_differs`) when the person is known by another number."""
    if person.iin_hash not in (None, crypto.lookup_hash(iin, "iin")):
        text = _("The identification number is not the one of your first application. Please talk to the coordinator.")
        raise Refused(Reason("iin_differs", text))


def write_person(person: Person, about: dict, by: User) -> bool:
    """Takes over the facts of the step "about". Whether a key fact of somebody known has changed: then his verified
    checks are "provided" again, and the apps above are told (G5)."""
    known, before = person.iin_hash is not None, [getattr(person, field) for field in KEY_FACTS]
    contact = (person.email, person.phone)
    for field in ("family_name", "given_name", "patronymic", "email", "phone"):
        setattr(person, field, about[field])
    person.birth_date = date.fromisoformat(about["birth_date"])
    person.iin, person.iin_hash = about["iin"], crypto.lookup_hash(about["iin"], "iin")
    person.district = District.objects.get(slug=about["district"])
    if contact != (person.email, person.phone):
        person.contact_confirmed_at = None
    person.save()
    person.languages.set(Language.objects.filter(code__in=about["languages"]))
    changed = known and before != [getattr(person, field) for field in KEY_FACTS]
    if changed:
        checks.verify_again(person=person, by=by)
    return changed


def write_answers(application: Application, sent: dict, by: User) -> ApplicationRevision:
    """Keeps all answers as the next revision, and takes over what `sent`, the steps that are sent now, says of the
    organisation, the referees and the texts."""
    revision = ApplicationRevision(application=application, number=application.revisions.count() + 1, author=by)
    revision.answers = json.dumps({**answers.read(application), **sent}, ensure_ascii=False)
    revision.save()
    application.answers = ""
    if "organisation" in sent:
        application.organisation_id = sent["organisation"]["organisation"]
        if application.organisation_id:
            Membership.objects.get_or_create(
                person_id=application.person_id, organisation_id=application.organisation_id
            )
    if "referees" in sent:
        _write_referees(application, sent["referees"]["referees"], by)
    if "consents" in sent:
        accept_texts(application, sent["consents"])
    return revision


def accept_texts(application: Application, versions: dict[str, int]) -> None:
    """Records the acceptance of the versions (by code of the text) that count from the sending."""
    language = (get_language() or "kk")[:2]
    for code in answers.accepted_on_sending(application):
        Acceptance.objects.create(person_id=application.person_id, version_id=versions[code], language=language)


def _write_referees(application: Application, wanted: list[dict], by: User) -> None:
    """Adds the newly named. Of those whom he names no longer, who has not answered is not asked any more; an answer
    that has come stays."""
    known = application.referees.select_for_update().filter(state__in=REFEREE_WAITING | REFEREE_GAVE_ONE)
    left = {(one.name, one.email, one.phone): one for one in known}
    for referee in wanted:
        if not left.pop((referee["name"], referee["email"], referee["phone"]), None):
            RefereeRequest.objects.create(application=application, **referee)
    for request in left.values():
        if request.state in REFEREE_WAITING:
            before, request.state = request.state, RefereeState.REPLACED
            request.save(update_fields=["state"])
            audit.record(request, "reference.replace", by, state_from=before, state_to=request.state)
            letters.cancel_reference_request(request)
