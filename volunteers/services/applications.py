"""The applicant's own steps: begin, save, send, confirm the contact, withdraw.

Each locks the person, then the application. Staff are refused with `NotAllowed`; to others there is no such row
(`Application.DoesNotExist`).
"""

from __future__ import annotations

import hmac
import json
import secrets
from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal import audit, crypto, services
from portal.access import Role
from portal.models import OutgoingMessage, StaffTask, User
from portal.refusals import Reason, Refused
from volunteers.models import Application, Person, PolicyVersion, ProgrammeRole
from volunteers.notifications import applicant as letters
from volunteers.services import (
    answers,
    checks,
    decisions,
    guards,
    leaving,
    own,
    references,
    revisions,
    screening,
    terms,
)
from volunteers.states import ANSWER, CONFIRM_CONTACT, SEND, WITHDRAW, ApplicationState

CODE_TRIES = 5
CODES_A_DAY = 5


def start(*, by: User, role: ProgrammeRole) -> Application:
    """A new draft of `by`, tied to the newest policy of `role` in force today (T1). Staff do not see it. Whoever left the
    programme begins like anybody else.

    Refuses with `cannot_accept` alone (he left and may not come back: the words do not tell why, the leads get a task),
    else with all of `not_open` (the role takes no applications or has no policy), `already_open` (one application at a
    time) and `already_approved`.
    """
    application = _start(by, role)
    if application is None:
        raise revisions.cannot_accept()
    return application


@transaction.atomic
def _start(by: User, role: ProgrammeRole) -> Application | None:
    """None for somebody who may not come back: returned, not raised, so that the task is kept."""
    person = Person.objects.select_for_update().get(pk=Person.objects.get_or_create(user=by)[0].pk)
    if not leaving.may_return(person):
        leaving.tell_of_return(person)
        return None
    policy = PolicyVersion.objects.in_force(role)
    home, reasons = reverse("my_home"), []
    if policy is None or not role.is_open:
        reasons.append(Reason("not_open", _("This role takes no applications now.")))
    if person.applications.open().filter(kind=Application.Kind.INITIAL).exists():
        reasons.append(Reason("already_open", _("You have an application already: it is on your page."), home))
    if approvals := terms.running(person):
        address = home if role.pk in approvals else reverse("my_role_change", args=[role.code])
        reasons.append(Reason("already_approved", _("You are approved already."), address))
    if reasons:
        raise Refused(*reasons)
    application = Application.objects.create(person=person, role=role, policy=policy)
    audit.record(application, "start", by, state_to=application.state, role=role.code)
    return application


@transaction.atomic
def save_draft(*, application: Application, by: User, answers: dict) -> None:
    """Puts the answers of one or more steps (`{step: {field: value}}`, plain JSON) in place of their earlier ones.

    After the sending only the steps open that a coordinator asked for, until they are answered. Refuses with
    `wrong_state` and `not_asked`.
    """
    application = guards.lock_application(application, by)
    sent = own.stage(application) == ApplicationState.MORE_INFO
    own.demand(ANSWER if sent else SEND, application, by, missing=_not_asked(application, answers) if sent else [])
    draft = {**json.loads(application.answers or "{}"), **answers}
    application.answers = json.dumps(draft, ensure_ascii=False)
    application.save(update_fields=["answers_sealed"])
    audit.record(application, "save_draft", by, steps=sorted(answers))


def _not_asked(application: Application, given: dict) -> list[Reason]:
    request = answers.asked(application)
    if request and set(given) <= {item["step"] for item in request.items}:
        return []
    return [Reason("not_asked", _("You can change only what we asked you for."))]


def send(*, application: Application, by: User) -> None:
    """Sends the draft (T2): the person's facts, revision 1, the referees, the consents and a contact code by letter.

    Refuses with `wrong_state`; with one `unfinished:<step>` per step; with `iin_differs` when the person has another
    number already; with `cannot_accept` when the number is somebody else's: the application stays a draft, the words
    do not tell why, and the safeguarding lead gets a task. A name, birth date or district that differs from a former
    application sends verified checks back to "provided" (G5).
    """
    try:
        sent = _send(application, by)
    except IntegrityError:  # the same number came from another account in this very moment
        sent = _send(application, by)
    if not sent:
        raise revisions.cannot_accept()


@transaction.atomic
def _send(application: Application, by: User) -> bool:
    application = guards.lock_application(application, by)
    own.demand(SEND, application, by)
    if reasons := answers.unfinished(application):
        raise Refused(*reasons)
    draft = answers.read(application)
    revisions.demand_same_number(application.person, draft["about"]["iin"])
    if revisions.number_is_taken(application, draft["about"]["iin"], by):
        return False
    revisions.write_person(application.person, draft["about"], by)
    revisions.write_answers(application, draft, by)
    code = _new_code(application)
    own.advance(SEND, application, by)
    letters.contact_code(application, code)
    return True


@transaction.atomic
def send_code(*, application: Application, by: User) -> None:
    """A new contact code; the former one stops working. Refuses with `wrong_state` when nothing waits for a code and
    with `too_many_codes` after five in a day: the address may belong to somebody who did not ask for them."""
    application = guards.lock_application(application, by)
    own.demand(CONFIRM_CONTACT, application, by)
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
    own.demand(CONFIRM_CONTACT, application, by, otherwise=used if application.submitted_at else None)
    if application.contact_code_expires_at <= timezone.now():
        return Reason("code_expired", _("This code is out of date. Ask for a new one."))
    if application.contact_code_tries >= CODE_TRIES:
        return Reason("code_tries", _("Five wrong codes were entered. Ask for a new one."))
    if not hmac.compare_digest(application.contact_code_hash, _code_hash(application, code)):
        application.contact_code_tries += 1
        application.save(update_fields=["contact_code_tries"])
        return Reason("code_wrong", _("The code is not right. Compare it with our newest letter."))
    application.contact_code_hash, application.contact_code_expires_at = "", None
    receive(application, by)
    return None


def receive(application: Application, by: User) -> None:
    """The contact is confirmed: the case reaches the coordinators of the district with a task, the applicant gets a
    letter. Where the lead must look first (`screening`) it goes on hold, and nobody else learns of it. The caller holds
    the locks and has checked the code or the link."""
    application.submitted_at = timezone.now()
    application.person.contact_confirmed_at = application.submitted_at
    application.person.save(update_fields=["contact_confirmed_at"])
    own.advance(CONFIRM_CONTACT, application, by)
    letters.application_received(application)
    initial = application.kind == Application.Kind.INITIAL
    tell_coordinator(application, StaffTask.Kind.NEW_APPLICATION if initial else StaffTask.Kind.RENEWAL)
    screening.screen(application)


def tell_coordinator(application: Application, kind: str, once: str = "") -> None:
    """A task for the coordinators of the applicant's district."""
    services.raise_task(
        kind,
        role=Role.COORDINATOR,
        about=application.code,
        person=application.person.uuid,
        url=reverse("staff_application", args=[application.uuid]),
        district=application.person.district,
        once=once,
    )


@transaction.atomic
def withdraw(*, application: Application, by: User, reason: str = "") -> None:
    """Ends an open application at the applicant's wish (T17): links of referees die, open checks are cancelled, what was
    proposed waits for nobody, and a coordinator who has seen the case gets one task. What the safeguarding lead looks
    into stays open. A draft is erased. Refuses with `wrong_state` when the application is closed."""
    application = guards.lock_application(application, by)
    own.demand(WITHDRAW, application, by)
    decisions.drop(application=application, by=by)
    references.cancel(application=application)
    checks.cancel(application=application)
    checks.mark_papers_for_erasure(application)
    application.answers = ""
    own.advance(WITHDRAW, application, by, reason=reason.strip())
    if application.submitted_at:
        tell_coordinator(application, StaffTask.Kind.WITHDRAWN)
