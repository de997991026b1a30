"""The applicant's own steps: begin, save, send, confirm the contact, withdraw.

Each locks the person, then the application. Staff are refused with `NotAllowed`; to others there is no such row
(`Application.DoesNotExist`).
"""

from __future__ import annotations

import hmac
import json
import secrets
from datetime import date, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal import audit, crypto, moves, services
from portal.access import Role
from portal.models import District, Language, OutgoingMessage, StaffTask, User
from portal.refusals import Reason, Refused
from volunteers import clearance
from volunteers.models import (
    Acceptance,
    Application,
    ApplicationRevision,
    Membership,
    Person,
    PolicyVersion,
    ProgrammeRole,
    RefereeRequest,
)
from volunteers.notifications import applicant as letters
from volunteers.services import answers, checks, guards, references
from volunteers.states import (
    CONFIRM_CONTACT,
    PROVIDE,
    READ_BY_APPLICANT,
    SEND,
    WITHDRAW,
    ApplicationState,
    CheckState,
)

CODE_TRIES = 5
CODES_A_DAY = 5
KEY_FACTS = ("family_name", "given_name", "patronymic", "birth_date")


def stage(application: Application) -> str:
    """The state that the applicant is told: a hold shows as the stage it came from."""
    return application.return_to if application.state == ApplicationState.ON_HOLD else application.state


@transaction.atomic
def start(*, by: User, role: ProgrammeRole) -> Application:
    """A new draft of `by`, tied to the newest policy of `role` in force today. Staff do not see it.

    Refuses with `not_open` (the role takes no applications or has no policy), `already_open` (one application at a
    time) and `already_approved`.
    """
    person = Person.objects.select_for_update().get(pk=Person.objects.get_or_create(user=by)[0].pk)
    today = timezone.localdate()
    policies = PolicyVersion.objects.filter(role=role, published_at__isnull=False, effective_from__lte=today)
    policy = policies.order_by("-effective_from", "-number").first()
    home, reasons = reverse("my_home"), []
    if policy is None or not role.is_open:
        reasons.append(Reason("not_open", _("This role takes no applications now.")))
    if person.applications.open().filter(kind=Application.Kind.INITIAL).exists():
        reasons.append(Reason("already_open", _("You have an application already: it is on your page."), home))
    if person.approvals.filter(valid_to__gte=today).exists():
        reasons.append(Reason("already_approved", _("You are approved already."), home))
    if reasons:
        raise Refused(*reasons)
    application = Application.objects.create(person=person, role=role, policy=policy)
    audit.record(application, "start", by, state_to=application.state, role=role.code)
    return application


@transaction.atomic
def save_draft(*, application: Application, by: User, answers: dict) -> None:
    """Puts the answers of one or more steps (`{step: {field: value}}`, plain JSON) in place of their earlier ones.
    Refuses with `wrong_state` once the application was sent."""
    application = guards.lock_application(application, by)
    _demand(SEND, application, by)
    draft = {**json.loads(application.answers or "{}"), **answers}
    application.answers = json.dumps(draft, ensure_ascii=False)
    application.save(update_fields=["answers_sealed"])
    audit.record(application, "save_draft", by, steps=sorted(answers))


def send(*, application: Application, by: User) -> None:
    """Sends the draft (T2): the person's facts, revision 1, the referees, the consents and a contact code by letter.

    Refuses with `wrong_state`; with one `unfinished:<step>` per step; with `iin_differs` when the person has another
    number already; with `cannot_accept` when the number is somebody else's: the application stays a draft, the words
    do not tell why, and the safeguarding lead gets a task. A name or birth date that differs from a former
    application sends verified checks back to "provided" (G5).
    """
    try:
        sent = _send(application, by)
    except IntegrityError:  # the same number came from another account in this very moment
        sent = _send(application, by)
    if not sent:
        raise Refused(
            Reason(
                "cannot_accept",
                _("We cannot take the application in this form. Please talk to the coordinator of your district."),
            )
        )


@transaction.atomic
def _send(application: Application, by: User) -> bool:
    application = guards.lock_application(application, by)
    _demand(SEND, application, by)
    if reasons := answers.unfinished(application):
        raise Refused(*reasons)
    draft, person = answers.read(application), application.person
    iin_hash = crypto.lookup_hash(draft["about"]["iin"], "iin")
    if person.iin_hash not in (None, iin_hash):
        text = _("The identification number is not the one of your first application. Please talk to the coordinator.")
        raise Refused(Reason("iin_differs", text))
    if other := Person.objects.filter(iin_hash=iin_hash).exclude(pk=person.pk).first():
        services.raise_task(
            StaffTask.Kind.DUPLICATE_PERSON,
            role=Role.SAFEGUARDING_LEAD,
            about=f"{application.code} / {other.code}",
            url=reverse("staff_person", args=[other.uuid]),
        )
        audit.record(application, "send_refused", by, reason="duplicate_person")
        return False
    _write_person(person, draft["about"], iin_hash, by)
    _write_application(application, draft, by)
    code = _new_code(application)
    moves.advance(SEND, application, by)
    letters.contact_code(application, code)
    return True


def _write_person(person: Person, about: dict, iin_hash: str, by: User) -> None:
    before = [getattr(person, field) for field in KEY_FACTS]
    for field in ("family_name", "given_name", "patronymic", "email", "phone"):
        setattr(person, field, about[field])
    person.birth_date = date.fromisoformat(about["birth_date"])
    person.iin, known = about["iin"], person.iin_hash is not None
    person.iin_hash = iin_hash
    person.district = District.objects.get(slug=about["district"])
    person.contact_confirmed_at = None
    person.save()
    person.languages.set(Language.objects.filter(code__in=about["languages"]))
    if known and before != [getattr(person, field) for field in KEY_FACTS]:
        _verify_again(person, by)


def _verify_again(person: Person, by: User) -> None:
    for check in person.checks.select_for_update().filter(state=CheckState.VERIFIED):
        check.verified_by = check.verified_at = None
        moves.advance(PROVIDE, check, by, key_fact_changed=True)
    clearance.changed(person)


def _write_application(application: Application, draft: dict, by: User) -> None:
    person = application.person
    revision = ApplicationRevision(application=application, number=application.revisions.count() + 1, author=by)
    revision.answers = application.answers
    revision.save()
    application.answers = ""
    application.organisation_id = draft["organisation"]["organisation"]
    if application.organisation_id:
        Membership.objects.get_or_create(person=person, organisation_id=application.organisation_id)
    for referee in draft["referees"]["referees"]:
        RefereeRequest.objects.create(application=application, **referee)
    for code in answers.ACCEPTED_ON_SENDING:
        Acceptance.objects.create(person=person, version_id=draft["consents"][code], language=by.language)


@transaction.atomic
def send_code(*, application: Application, by: User) -> None:
    """A new contact code; the former one stops working. Refuses with `wrong_state` when nothing waits for a code and
    with `too_many_codes` after five in a day: the address may belong to somebody who did not ask for them."""
    application = guards.lock_application(application, by)
    _demand(CONFIRM_CONTACT, application, by)
    day_ago = timezone.now() - timedelta(days=1)
    sent = OutgoingMessage.objects.filter(
        letter=letters.CONTACT_CODE, about=application.code, created_at__gt=day_ago
    ).count()
    if sent >= CODES_A_DAY:
        raise Refused(Reason("too_many_codes", _("Five codes were sent today. Please wait until tomorrow.")))
    code = _new_code(application)
    application.save()
    audit.record(application, "send_code", by)
    letters.contact_code(application, code)


def _new_code(application: Application) -> str:
    code = f"{secrets.randbelow(10**6):06d}"
    application.contact_code_hash = _code_hash(application, code)
    application.contact_code_expires_at = timezone.now() + timedelta(hours=settings.PROGRAMME["contact_code_hours"])
    application.contact_code_tries = 0
    return code


def _code_hash(application: Application, code: str) -> str:
    return crypto.lookup_hash(f"{application.uuid}:{code}", "contact_code")


def confirm_contact(*, application: Application, by: User, code: str) -> None:
    """The code shows that the contact is his: the application goes to the coordinator of his district (T3).

    Refuses with `code_used` once it worked; `code_expired`; `code_tries` after five wrong ones; `code_wrong`, which
    counts; `wrong_state`.
    """
    if reason := _confirm(application, by, code):
        raise Refused(reason)


@transaction.atomic
def _confirm(application: Application, by: User, code: str) -> Reason | None:
    """The reason against it is returned, not raised: the count of wrong tries must be kept."""
    application = guards.lock_application(application, by)
    used = Reason("code_used", _("This code was already used: your contact is confirmed."))
    _demand(CONFIRM_CONTACT, application, by, used if application.submitted_at else None)
    if application.contact_code_expires_at <= timezone.now():
        return Reason("code_expired", _("This code is out of date. Ask for a new one."))
    if application.contact_code_tries >= CODE_TRIES:
        return Reason("code_tries", _("Five wrong codes were entered. Ask for a new one."))
    if not hmac.compare_digest(application.contact_code_hash, _code_hash(application, code)):
        application.contact_code_tries += 1
        application.save(update_fields=["contact_code_tries"])
        return Reason("code_wrong", _("The code is not right. Compare it with our newest letter."))
    application.contact_code_hash, application.contact_code_expires_at = "", None
    application.submitted_at = timezone.now()
    application.person.contact_confirmed_at = application.submitted_at
    application.person.save(update_fields=["contact_confirmed_at"])
    moves.advance(CONFIRM_CONTACT, application, by)
    letters.application_received(application)
    return None


@transaction.atomic
def withdraw(*, application: Application, by: User, reason: str = "") -> None:
    """Ends an open application at the applicant's wish (T17): links of referees die, open checks are cancelled, and
    a coordinator who has seen the case gets one task. What the safeguarding lead looks into stays open. A draft is
    erased. Refuses with `wrong_state` when the application is closed."""
    application = guards.lock_application(application, by)
    _demand(WITHDRAW, application, by)
    references.cancel(application=application)
    checks.cancel(application=application)
    application.answers = ""
    moves.advance(WITHDRAW, application, by, reason=reason.strip())
    if application.submitted_at:
        services.raise_task(
            StaffTask.Kind.WITHDRAWN,
            role=Role.COORDINATOR,
            about=application.code,
            url=reverse("staff_application", args=[application.uuid]),
            district=application.person.district,
        )


def _demand(move: moves.Move, application: Application, by: User, otherwise: Reason | None = None) -> None:
    """`moves.demand` in the applicant's words: what staff call the state is not for him."""
    if moves.may_make(move, application, by) and application.state not in move.sources:
        text = _("This is not possible now: %(state)s.") % {"state": READ_BY_APPLICANT[stage(application)]}
        raise Refused(otherwise or Reason("wrong_state", text))
    moves.demand(move, application, by)
