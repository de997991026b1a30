"""An application that a coordinator types for somebody, who then confirms it himself by a link to his own phone or
e-mail. The coordinator neither gives consents for him nor moves the application on before that."""

from __future__ import annotations

import json
import secrets
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal import access, audit, crypto, moves
from portal.access import Reach
from portal.models import District, OutgoingMessage, User
from portal.refusals import Reason, Refused
from volunteers.models import Application, Person, PolicyVersion, ProgrammeRole
from volunteers.notifications import assisted as letters
from volunteers.services import answers, guards, people, revisions
from volunteers.states import SEND_FOR, ApplicationState

PERMISSION = SEND_FOR.permission
LINKS_A_DAY = 5


@transaction.atomic
def start(*, by: User, role: ProgrammeRole, district: District) -> Application:
    """A draft for somebody without an account, who lives in `district`; only `by` sees it. The caller has asked the
    questions of eligibility. Raises `NotAllowed` (`not_yours`, `administrator`) and `Refused` (`not_open`)."""
    guards.demand_permission(PERMISSION, Reach(district_id=district.pk), by, barred=guards.runs_the_system(by))
    policy = PolicyVersion.objects.in_force(role)
    if policy is None or not role.is_open:
        raise Refused(Reason("not_open", _("This role takes no applications now.")))
    person = Person.objects.create(district=district)
    application = Application.objects.create(person=person, role=role, policy=policy, assisted_by=by)
    audit.record(application, "start", by, state_to=application.state, role=role.code, assisted=True)
    return application


@transaction.atomic
def save_draft(*, application: Application, by: User, answers: dict) -> None:
    """Puts the answers of one or more steps in place of their earlier ones. Raises `NotAllowed`, and `Refused` with
    `wrong_state` and the reasons of `contact_problems`; `Application.DoesNotExist` for somebody else's."""
    application = _lock(application, by)
    problems = contact_problems(answers["about"], by) if "about" in answers else {}
    guards.demand(SEND_FOR, application, by, missing=list(problems.values()))
    draft = {**json.loads(application.answers or "{}"), **answers}
    application.answers = json.dumps(draft, ensure_ascii=False)
    application.save(update_fields=["answers_sealed"])
    audit.record(application, "save_draft", by, steps=sorted(answers))


def contact_problems(about: dict, by: User) -> dict[str, Reason]:
    """What is wrong with the district and the address of the candidate, by the field of the step "about":
    `other_district`, `staff_contact`, `has_account`."""
    problems = {}
    district = District.objects.filter(slug=about["district"]).first()
    if district and not access.allows(by, PERMISSION, Reach(district_id=district.pk)):
        text = _("This is another district: its coordinator takes the application.")
        problems["district"] = Reason("other_district", text)
    contact = {"email": about["email"], "phone": about["phone"]}
    field = "email" if about["email"] else "phone"
    if people.belongs_to_staff(**contact):
        text = _("This e-mail or phone belongs to a member of staff. Write the person's own.")
        problems[field] = Reason("staff_contact", text)
    elif people.accounts_with(**contact).exists():
        text = _("This e-mail or phone has an account already: the person signs in with it and applies there.")
        problems[field] = Reason("has_account", text)
    return problems


def unfinished(application: Application) -> list[Reason]:
    """`answers.unfinished`, with links to the pages where the coordinator types."""
    return [
        reason._replace(url=reverse("staff_assist_step", args=[application.uuid, reason.code.split(":")[1]]))
        for reason in answers.unfinished(application)
    ]


def send(*, application: Application, by: User) -> None:
    """Sends the draft to the candidate (T2): the person's facts, revision 1 and the referees are kept, and a link goes
    to the candidate's own address. Nobody of the staff reads the case before he confirms.

    Raises `NotAllowed`; `Refused` with `wrong_state`, one `unfinished:<step>` per step and the reasons of
    `contact_problems`; with `cannot_accept` where the number is somebody else's (the safeguarding lead gets a task).
    """
    try:
        sent = _send(application, by)
    except IntegrityError:  # the same number came from elsewhere in this very moment
        sent = _send(application, by)
    if not sent:
        raise revisions.cannot_accept()


@transaction.atomic
def _send(application: Application, by: User) -> bool:
    application = _lock(application, by)
    missing = unfinished(application) if application.state == ApplicationState.DRAFT else []
    draft = answers.read(application)
    if "about" in draft:
        missing += contact_problems(draft["about"], by).values()
    guards.demand(SEND_FOR, application, by, missing=missing)
    if revisions.number_is_taken(application, draft["about"]["iin"], by):
        return False
    revisions.write_person(application.person, draft["about"], by)
    revisions.write_answers(application, draft, by)
    token = new_link(application)
    moves.advance(SEND_FOR, application, by)
    letters.candidate_confirm(application, token)
    return True


@transaction.atomic
def resend(*, application: Application, by: User) -> None:
    """A new link for the candidate; the former one dies. Raises `NotAllowed` (`not_yours`, `administrator`) and `Refused`
    with `wrong_state` when nothing waits for him and `too_many_links` after five in a day."""
    application = _lock(application, by)
    barred = guards.runs_the_system(by)
    guards.demand_permission(PERMISSION, application.reach, by, barred=barred)
    if application.state != ApplicationState.UNCONFIRMED:
        raise Refused(Reason("wrong_state", _("The candidate need not confirm anything now.")))
    day_ago = timezone.now() - timedelta(days=1)
    sent = OutgoingMessage.objects.filter(letter=letters.CANDIDATE_CONFIRM, about=application.code)
    if sent.filter(created_at__gt=day_ago).count() >= LINKS_A_DAY:
        raise Refused(Reason("too_many_links", _("Five links were sent today. Please wait until tomorrow.")))
    token = new_link(application)
    application.save()
    audit.record(application, "resend_for", by)
    letters.candidate_confirm(application, token)


def _lock(application: Application, by: User) -> Application:
    """One of those that `by` types himself."""
    application = guards.lock_application(application, by)
    if application.assisted_by_id != by.pk:
        raise Application.DoesNotExist
    return application


def new_link(application: Application) -> str:
    """The secret of a new link for the candidate; the former one dies. The caller holds the lock and saves the row."""
    token = secrets.token_urlsafe(32)
    application.candidate_token_hash = crypto.token_hash(token)
    letters.cancel_candidate_confirm(application)
    return token
