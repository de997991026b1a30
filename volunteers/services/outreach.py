"""Before an application: named people invited by a link, and people who ask to be called back."""

from __future__ import annotations

import secrets
from datetime import date, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal import audit, mail, services
from portal.access import EVERYWHERE, Reach, Role
from portal.crypto import token_hash
from portal.models import District, OutgoingMessage, StaffTask, User
from portal.refusals import Gone, Reason, Refused
from portal.retention import SCHEDULE
from volunteers.models import Application, Interest, Invitation, Organisation, ProgrammeRole
from volunteers.notifications import outreach as letters
from volunteers.services import applications, guards

SENT_AT_ONCE = 100  # of those that a list brought in

# --- invitations -------------------------------------------------------------------------------------------------


@transaction.atomic
def invite(
    *,
    by: User,
    name: str,
    email: str,
    phone: str,
    role: ProgrammeRole,
    district: District,
    language: str,
    organisation: Organisation | None = None,
) -> Invitation:
    """Sends a named person a link that ends after `invitation_days`. Raises `NotAllowed` (`not_yours`) and `Refused` with
    all of `not_open`, `no_contact`."""
    guards.demand_permission("invitation.send", Reach(district_id=district.pk), by)
    missing = []
    if not role.is_open:
        missing.append(Reason("not_open", _("This role takes no applications now.")))
    if not email and not phone:
        missing.append(Reason("no_contact", _("Write an e-mail or a phone: we will send a link to it.")))
    if missing:
        raise Refused(*missing)
    invitation = Invitation(
        name=name, email=email, phone=phone, role=role, district=district, organisation=organisation, language=language
    )
    _send(invitation, by)
    audit.record(invitation, "invite", by, role=role.code)
    return invitation


@transaction.atomic
def invite_again(*, invitation: Invitation, by: User) -> None:
    """A new link with all its days; the old one dies. The first one, if it was only brought in with a list. Raises `NotAllowed` (`not_yours`) and `Refused` (`accepted`);
    `Invitation.DoesNotExist` out of `by`'s reach."""
    invitation = Invitation.objects.visible_to(by).select_for_update(of=("self",)).get(pk=invitation.pk)
    guards.demand_permission("invitation.send", Reach(district_id=invitation.district_id), by)
    if invitation.accepted_at:
        raise Refused(Reason("accepted", _("This person has begun the application already.")))
    was_sent = not invitation.is_waiting
    letters.cancel_invitation(invitation)
    _send(invitation, by)
    audit.record(invitation, "invite_again" if was_sent else "invite", by)


@transaction.atomic
def send_waiting(*, by: User) -> int:
    """Sends invitations of `by`'s districts that were brought in with a list and wait, for open roles, the oldest first and at
    most SENT_AT_ONCE of them; returns how many. Raises `NotAllowed` (`not_yours`)."""
    guards.demand_permission("invitation.send", EVERYWHERE, by)
    waiting = (
        Invitation.objects.visible_to(by).select_for_update(of=("self",)).filter(is_waiting=True, role__is_open=True)
    )
    sent = list(waiting.select_related("role", "organisation").order_by("pk")[:SENT_AT_ONCE])
    for invitation in sent:
        _send(invitation, by)
        audit.record(invitation, "invite", by, role=invitation.role.code)
    return len(sent)


def _send(invitation: Invitation, by: User) -> None:
    token, now = secrets.token_urlsafe(32), timezone.now()
    invitation.token_hash, invitation.sent_by, invitation.sent_at = token_hash(token), by, now
    invitation.is_waiting = False
    invitation.expires_at = now + timedelta(days=settings.PROGRAMME["invitation_days"])
    invitation.save()
    letters.invitation(invitation, token)


def by_token(token: str) -> Invitation:
    """The invitation whose link this is, while it works. Reads only. Raises `Gone`: `used`, `expired`, `unknown` (also a
    link that a newer letter replaced)."""
    rows = Invitation.objects.select_related("role", "organisation")
    invitation = rows.filter(token_hash=token_hash(token)).first()
    if invitation is None:
        text = _("This address is not right, or a newer letter has replaced it. Open the link in our newest letter.")
        raise Gone(Reason("unknown", text))
    if invitation.accepted_at:
        raise Gone(Reason("used", _("This invitation was used already. Sign in to go on."), reverse("my_home")))
    if invitation.expires_at <= timezone.now():
        text = _("This invitation is out of date. You can apply without it.")
        raise Gone(Reason("expired", text, reverse("roles")))
    return invitation


@transaction.atomic
def accept(*, invitation_uuid: str, application: Application, by: User) -> None:
    """The invited person has begun `application`: the invitation is used up, and its organisation is chosen in the draft.
    Nothing where it no longer works, which hinders nobody from applying."""
    working = Invitation.objects.select_for_update().filter(accepted_at=None, expires_at__gt=timezone.now())
    invitation = working.filter(uuid=invitation_uuid).first()
    if invitation is None:
        return
    invitation.accepted_by, invitation.accepted_at = by, timezone.now()
    invitation.save(update_fields=["accepted_by", "accepted_at"])
    audit.record(invitation, "accept_invitation", by)
    if invitation.organisation_id:
        chosen = {"organisation": {"organisation": invitation.organisation_id, "other": ""}}
        applications.save_draft(application=application, by=by, answers=chosen)


# --- "I am interested" -------------------------------------------------------------------------------------------


@transaction.atomic
def ask_for_call(
    *, name: str, phone: str, district: District, language: str, role: ProgrammeRole | None = None
) -> Interest:
    """Somebody asks to be called back: the coordinators of his district get a task. The same phone again, while nobody
    has called, changes nothing. Who may ask how often is the caller's business."""
    if waiting := Interest.objects.filter(phone=phone, called_at=None).first():
        return waiting
    interest = Interest.objects.create(name=name, phone=phone, district=district, language=language, role=role)
    audit.record(interest, "interest", None)
    services.raise_task(
        StaffTask.Kind.INTEREST,
        role=Role.COORDINATOR,
        about=interest.code,
        url=reverse("staff_interests"),
        district=district,
    )
    return interest


@transaction.atomic
def mark_called(*, interest: Interest, by: User) -> None:
    """The call was made. Twice is once. Raises `NotAllowed` (`not_yours`); `Interest.DoesNotExist` out of `by`'s reach."""
    interest = Interest.objects.visible_to(by).select_for_update(of=("self",)).get(pk=interest.pk)
    guards.demand_permission("interest.view", Reach(district_id=interest.district_id), by)
    if interest.called_at is None:
        interest.called_at, interest.called_by = timezone.now(), by
        interest.save(update_fields=["called_at", "called_by"])
        audit.record(interest, "called", by)


def due(on: date) -> QuerySet[Interest]:
    """Requests to be called back whose days are over."""
    since = SCHEDULE["calls"].limit(on)
    return Interest.objects.filter(Q(called_at__date__lt=since) | Q(called_at=None, created_at__date__lt=since))


def forget(on: date) -> list[str]:
    """Nightly: requests to be called back are erased after `interest_days`, invitations that nobody took up as long after
    their end, with the words of their letters. Returns the codes."""
    since, interests = SCHEDULE["calls"].limit(on), due(on)
    invitations = Invitation.objects.filter(accepted_at=None, expires_at__date__lt=since)
    codes = [record.code for record in [*interests, *invitations]]
    mail.forget(OutgoingMessage.objects.filter(about__in=codes))
    interests.delete()
    invitations.delete()
    return codes
