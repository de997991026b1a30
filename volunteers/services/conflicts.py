"""Something ties me to the applicant (G3): the case leaves my list, for good, and so does everything about him."""

from __future__ import annotations

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal import audit
from portal.access import Role
from portal.models import StaffTask, User
from portal.refusals import NotAllowed, Reason, Refused
from portal.services import raise_task
from volunteers.models import Application, ConflictDeclaration
from volunteers.services import guards


@transaction.atomic
def declare(*, application: Application, by: User, kind: str) -> None:
    """`by` says what ties him to the applicant (`ConflictDeclaration.Kind`). He sees no case of this person any more, is
    no longer its coordinator or interviewer, and what he proposed can only be sent back (`proposer_tied`). Where he was
    the coordinator, the other coordinators of the district get a task.

    Raises `NotAllowed` (`subject`) for the applicant himself and `Refused` (`kind_unknown`).
    """
    application = guards.lock_application(application, by)
    if application.person.user_id == by.pk:
        raise NotAllowed(Reason("subject", _("This case is about you.")))
    if kind not in ConflictDeclaration.Kind.values:
        raise Refused(Reason("kind_unknown", _("Say what ties you to the applicant.")))
    ConflictDeclaration.objects.update_or_create(
        application=application, user=by, defaults={"exists": True, "kind": kind, "at": timezone.now()}
    )
    audit.record(application, "conflict", by, kind=kind)
    for case in application.person.applications.select_for_update(of=("self",)):
        _leave(case, by)


def _leave(application: Application, by: User) -> None:
    owned, interviewed = application.owner_id == by.pk, application.interviewer_id == by.pk
    if not owned and not interviewed:
        return
    application.owner = None if owned else application.owner
    application.interviewer = None if interviewed else application.interviewer
    application.save(update_fields=["owner", "interviewer"])
    if owned:
        raise_task(
            StaffTask.Kind.WITHOUT_OWNER,
            role=Role.COORDINATOR,
            about=application.code,
            person=application.person.uuid,
            url=reverse("staff_application", args=[application.uuid]),
            district=application.person.district,
            once=f"{application.code}:{by.code}",
        )
