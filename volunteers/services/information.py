"""More information (T6, T7): a coordinator asks for parts of the answers, only those open, and the case goes back."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal import moves
from portal.models import StaffTask, User
from portal.refusals import Reason
from volunteers.models import Application, Hold, InfoRequest
from volunteers.notifications import applicant as letters
from volunteers.services import answers, applications, guards, holds, own, references, revisions, screening
from volunteers.states import ANSWER, ASK, ApplicationState

ASKABLE = [*answers.STEPS, answers.QUESTION]


@transaction.atomic
def ask(*, application: Application, by: User, items: Sequence[dict]) -> InfoRequest:
    """Asks the applicant for what is missing (T6). An item is `{"step": a step of the answers or "question", "text":
    what is missing}`; a question needs its text. The applicant gets a letter with the words, at once.

    A request that is still open (the case was moved on while it waited) is replaced. Raises `NotAllowed` with what bars
    `by` (`guards.may_decide`) and `Refused` with all of `wrong_state`, `nothing_asked`, `step_unknown`.
    """
    application = guards.lock_application(application, by)
    wanted = [{"step": item["step"], "text": item["text"].strip()} for item in items]
    wanted = [item for item in wanted if item["text"] or item["step"] != answers.QUESTION]
    missing = []
    if not wanted:
        missing.append(Reason("nothing_asked", _("Say what you ask the applicant for.")))
    if any(item["step"] not in ASKABLE for item in wanted):
        missing.append(Reason("step_unknown", _("The application has no such part.")))
    guards.demand(ASK, application, by, barred=guards.may_decide(application, by), missing=missing)
    request, _created = InfoRequest.objects.update_or_create(
        application=application,
        answered_at=None,
        defaults={"items": wanted, "asked_by": by, "asked_at": timezone.now()},
    )
    application.answers = ""
    moves.advance(ASK, application, by, request=request.code, steps=sorted({item["step"] for item in wanted}))
    letters.info_needed(application, request, [(label(item["step"]), item["text"]) for item in wanted])
    return request


def unanswered(application: Application) -> list[Reason]:
    """One reason, `unanswered:<step>` with the address of its form, per thing asked for that was not answered yet."""
    request, given = answers.asked(application), answers.changed(application)
    steps = dict.fromkeys(item["step"] for item in request.items) if request else {}
    draft = answers.read(application)
    return [
        Reason(
            f"unanswered:{step}",
            _("Not answered yet: %(step)s.") % {"step": label(step)},
            reverse("apply_step", args=[application.uuid, step]),
        )
        for step in steps
        if step not in given or not answers.is_complete(application, draft, step)
    ]


def label(step: str, *, for_staff: bool = False) -> str:
    """What the applicant, or the staff, read for a thing that can be asked for."""
    return (answers.READ_BY_STAFF if for_staff else answers.STEPS).get(step) or _("Our question")


def answer(*, application: Application, by: User) -> None:
    """Sends what was asked for (T7): a new revision, and the case goes back to where it was. New facts, referees and
    consents are taken over; referees named anew are asked at once where the others were. The coordinators get a task.

    A changed key fact sends verified checks back to "provided" (G5) and the person is looked up again (`screening`).
    Refuses with `wrong_state`; with one `unanswered:<step>` per item; with `iin_differs` when somebody who was ever
    approved gives another number; with `cannot_accept` as `applications.send` does.
    """
    try:
        sent = _answer(application, by)
    except IntegrityError:  # the same number came from another account in this very moment
        sent = _answer(application, by)
    if not sent:
        raise revisions.cannot_accept()


@transaction.atomic
def _answer(application: Application, by: User) -> bool:
    application = guards.lock_application(application, by)
    own.demand(ANSWER, application, by, missing=unanswered(application))
    request, sent, person = answers.asked(application), answers.changed(application), application.person
    goes_back_to, listed, new_facts = own.step_stage(application), [], False
    if about := sent.get("about"):
        if person.approvals.exists():
            revisions.demand_same_number(person, about["iin"])
        if revisions.number_is_taken(application, about["iin"], by):
            return False
        listed = screening.listed(person)
        new_facts = revisions.write_person(person, about, by)
        person.contact_confirmed_at = person.contact_confirmed_at or timezone.now()  # a new one was, in his account
        person.save(update_fields=["contact_confirmed_at"])
    revisions.write_answers(application, sent, by)
    if request:
        request.answered_at = timezone.now()
        request.save(update_fields=["answered_at"])
    own.advance(ANSWER, application, by, steps=sorted(sent))
    if goes_back_to != ApplicationState.SCREENING:
        references.ask(application=application, by=by)
    applications.tell_coordinator(
        application, StaffTask.Kind.INFO_ANSWERED, once=f"{application.code}:{application.revisions.count()}"
    )
    if new_facts:
        _look_up_again(application, listed)
    return True


def _look_up_again(application: Application, listed: list) -> None:
    """By the new facts; and nobody leaves the do-not-engage list by correcting his name or number."""
    screening.screen(application)
    if listed:
        codes = " ".join(entry.code for entry in listed)
        holds.hold(application=application, by=None, reason=Hold.Reason.DO_NOT_ENGAGE, note=codes)
