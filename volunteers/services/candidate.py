"""What a coordinator typed for somebody becomes an application when he himself confirms it, by the link that went to his
own phone or e-mail (T3, assisted)."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from portal import moves, services
from portal.crypto import token_hash
from portal.models import StaffTask
from portal.refusals import Gone, Reason, Refused
from volunteers.models import Application
from volunteers.services import answers, applications, guards, people, revisions
from volunteers.states import CONFIRM_CONTACT, WITHDRAW


def by_token(token: str) -> Application:
    """The application whose link this is, while it waits for the candidate. Reads only. Raises `Gone` (`unknown`,
    `used`)."""
    rows = Application.objects.filter(candidate_token_hash=token_hash(token)).select_related("person", "role", "policy")
    application = rows.first()
    if application is None:
        text = _("This address is not right, or a newer letter has replaced it. Open the link in our newest letter.")
        raise Gone(Reason("unknown", text))
    if application.state not in CONFIRM_CONTACT.sources:
        raise Gone(Reason("used", _("This link was already used, or nothing waits for you here any more.")))
    return application


def _take(token: str) -> Application:
    """`by_token()` with the rows locked: of two answers sent at once the second finds the link used."""
    guards.lock_person(by_token(token).person_id)
    Application.objects.select_for_update().filter(candidate_token_hash=token_hash(token)).first()
    return by_token(token)


@transaction.atomic
def confirm(*, token: str, consents: dict[str, int]) -> Application:
    """The candidate says that it is he and that it is right, and agrees to the texts (`consents`: code → version). He
    gets an account without a password for the address that the link went to, and the case goes to the coordinators
    (`applications.receive`).

    Raises `Gone` like `by_token()`, and `Refused` with all of `consent_missing`, `has_account` (somebody signs in with
    this address: he applies there himself).
    """
    application = _take(token)
    person, missing = application.person, []
    current = answers.current_versions(answers.CONSENTS)
    if any(code not in current or consents.get(code) != current[code].pk for code in answers.CONSENTS):
        missing.append(Reason("consent_missing", _("Please read it and tick the box.")))
    if people.accounts_with(email=person.email, phone=person.phone).exists():
        text = _("There is an account with this address. Please talk to the coordinator of your district.")
        missing.append(Reason("has_account", text))
    if missing:
        raise Refused(*missing)
    person.user = services.open_account(
        email=person.email,
        phone="" if person.email else person.phone,
        language=(get_language() or "kk")[:2],
        family_name=person.family_name,
        given_name=person.given_name,
        district=person.district,
    )
    person.save(update_fields=["user"])
    application.confirmed_by_candidate_at = timezone.now()
    revisions.write_answers(application, {"consents": consents}, person.user)
    applications.receive(application, person.user)
    return application


@transaction.atomic
def disown(*, token: str) -> None:
    """Whoever got the link did not ask for this: the application ends, what was typed is kept for nobody's use, and the
    coordinators get a task. Raises `Gone` like `by_token()`."""
    application = _take(token)
    application.answers = ""
    moves.advance(WITHDRAW, application, None, disowned=True)
    applications.tell_coordinator(application, StaffTask.Kind.WITHDRAWN)
