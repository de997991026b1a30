"""What the school writes: a request, an answer, that it no longer asks."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from events import notifications
from events.models import RequestMessage, RequestWindow, SessionRequest
from events.services import tasks
from events.services.locks import lock_request
from events.services.requests.rules import demand_text, problems, why_not_send
from events.states import ANSWER, EDITABLE, SUBMIT, WITHDRAW, RequestState
from portal import access, audit, moves
from portal.models import School, StaffTask, User
from portal.refusals import NotAllowed, Reason, Refused

FIELDS = ("topic", "grade", "shift", "group_size", "language", "visits", "adult_name", "notes")


@transaction.atomic
def keep_request(
    *, request: SessionRequest, windows: list[RequestWindow], by: User, now: datetime | None = None
) -> SessionRequest:
    """Keeps a new request as a draft, or changes a draft or a request about which the coordinator has asked.

    `request` is unsaved, or a row with its new values; `windows` (unsaved) replace the earlier ones. A form sent twice
    (the same uuid) makes one request; if that has been sent meanwhile, it is returned as it is. Refuses with all
    `rules.problems` (a draft may still lack its times), wrong_state, `NotAllowed` not_yours for another school.
    """
    _demand_writer(request.school, by)
    lock_school(request.school_id)
    kept = SessionRequest.objects.select_for_update().filter(uuid=request.uuid).first()
    if kept and kept.school_id != request.school_id:
        raise NotAllowed(_not_yours())
    if kept and kept.state not in EDITABLE:
        if request.pk is None:
            return kept
        raise Refused(Reason("wrong_state", _("What was sent is changed only when the coordinator asks.")))
    kept = kept or SessionRequest(uuid=request.uuid, school=request.school, created_by=by)
    found = [problem.reason for problem in problems(request, windows, now)]
    if kept.state == RequestState.DRAFT:
        found = [reason for reason in found if reason.code != "windows_missing"]
    if found:
        raise Refused(*found)
    for field in FIELDS:
        setattr(kept, field, getattr(request, field))
    kept.adult_name = " ".join(kept.adult_name.split())[:200]
    kept.save()
    _replace_windows(kept, windows)
    audit.record(kept, "keep", by, state_to=kept.state, visits=kept.visits, windows=len(windows))
    return kept


def _replace_windows(request: SessionRequest, windows: list[RequestWindow]) -> None:
    request.windows.all().delete()
    RequestWindow.objects.bulk_create(
        RequestWindow(request=request, day=window.day, starts=window.starts, ends=window.ends) for window in windows
    )


@transaction.atomic
def submit_request(*, request: SessionRequest, by: User, now: datetime | None = None) -> SessionRequest:
    """Sends a draft to the coordinators of the district: a task and letters to them.

    Refuses with all `rules.problems` as they are now and too_many, wrong_state; `NotAllowed` not_yours. A repeated call
    changes and sends nothing.
    """
    lock_school(request.school_id)  # the count of `too_many` holds until the end of this transaction
    request = lock_request(request, by)
    if request.state == RequestState.SUBMITTED and moves.may_make(SUBMIT, request, by):
        return request
    moves.demand(SUBMIT, request, by)
    if reasons := why_not_send(request, now):
        raise Refused(*reasons)
    moves.advance(SUBMIT, request, by)
    tasks.raise_one(StaffTask.Kind.SESSION_REQUEST, request, "sent")
    notifications.to_coordinator_request(request)
    return request


@transaction.atomic
def answer_request(*, request: SessionRequest, by: User, text: str) -> SessionRequest:
    """The school's answer to the coordinator's question: the request is his again, by a task and a letter. Refuses
    text_missing, text_long, wrong_state, `NotAllowed` not_yours. The same answer again changes and sends nothing."""
    request = lock_request(request, by)
    text = demand_text(text)
    last = request.messages.last()
    if request.state == ANSWER.target and last and last.from_school and last.text == text:
        return request
    moves.demand(ANSWER, request, by)
    message = RequestMessage.objects.create(request=request, author=by, from_school=True, text=text)
    moves.advance(ANSWER, request, by)
    tasks.raise_one(StaffTask.Kind.REQUEST_ANSWERED, request, str(message.pk))
    notifications.to_coordinator_answered(request, message)
    return request


@transaction.atomic
def withdraw_request(*, request: SessionRequest, by: User) -> SessionRequest:
    """The school no longer asks. The coordinator who owns the request gets a letter. Refuses wrong_state (planned
    sessions are cancelled one by one), `NotAllowed` not_yours. A repeated call changes and sends nothing."""
    request = lock_request(request, by)
    if request.state == RequestState.WITHDRAWN and moves.may_make(WITHDRAW, request, by):
        return request
    moves.demand(WITHDRAW, request, by)
    moves.advance(WITHDRAW, request, by)
    tasks.settle_all(request, by)
    notifications.to_coordinator_withdrawn(request)
    return request


@transaction.atomic
def discard_request(*, request: SessionRequest, by: User) -> None:
    """Deletes a draft, which nobody but the school has seen. Refuses wrong_state, `NotAllowed` not_yours."""
    request = lock_request(request, by)
    _demand_writer(request.school, by)
    if request.state != RequestState.DRAFT:
        raise Refused(Reason("wrong_state", _("This request has been sent. You can withdraw it.")))
    audit.record(request, "discard", by, state_from=request.state)
    request.delete()


def lock_school(school_id: int) -> None:
    """What this school writes of its requests waits. Without the key, so that rows which point to the school can be
    written meanwhile."""
    School.objects.select_for_update(no_key=True).get(pk=school_id)


def _demand_writer(school: School, by: User) -> None:
    if not access.allows(by, "request.write", access.Reach(district_id=school.district_id, school_id=school.pk)):
        raise NotAllowed(_not_yours())


def _not_yours() -> Reason:
    return Reason("not_yours", _("Only the contact person of this school writes its requests."))
