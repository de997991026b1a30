"""A mentor's turn for a place in a full session."""

from __future__ import annotations

from datetime import datetime

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from events import services
from events.models import SchoolSession, WaitlistEntry
from events.services.guards import Situation
from events.services.line import still_against
from events.states import WaitState
from events.views.steps import Step
from portal.refusals import Reason


def turn_of(situation: Situation, session: SchoolSession, reasons: list[Reason]) -> dict:
    """For the page of a session: his entry in the line with its `position`, what keeps him from his turn, or whether he
    may join. `reasons` are those of `guards.why_not`."""
    hindered = still_against(reasons)
    if session.pk not in situation.line:
        return {"may_join": bool(reasons) and not hindered}
    entry = WaitlistEntry.objects.with_position().get(pk=situation.line[session.pk].pk)
    return {"entry": entry, "hindered": hindered}


def turns_of(user, now: datetime):
    """Where he waits, for the page of his visits; what is offered to him first."""
    rows = WaitlistEntry.objects.of(user).in_line().filter(session__starts_at__gt=now).with_position()
    return rows.select_related("session__school", "session__topic").order_by("state", "session__starts_at", "pk")


class SessionJoin(Step):
    def record(self):
        return get_object_or_404(SchoolSession.objects.visible_to(self.request.user), uuid=self.kwargs["uuid"])

    def session(self, record):
        return record

    def act(self, record):
        entry = services.join(session=record, by=self.request.user)
        if entry.state == WaitState.OFFERED:
            return _("A place is free for you. Please say whether you take it.")
        return _("You are on the waiting list. When it is your turn, you get a letter.")


class WaitingStep(Step):
    """With his own place in a line."""

    def record(self):
        return get_object_or_404(
            WaitlistEntry.objects.of(self.request.user).select_related("session"), uuid=self.kwargs["uuid"]
        )

    def session(self, record):
        return record.session


class WaitingAccept(WaitingStep):
    def act(self, record):
        services.accept_place(entry=record, by=self.request.user)
        return _("You are booked. A letter with the details is on its way.")


class WaitingDecline(WaitingStep):
    def act(self, record):
        services.decline_place(entry=record, by=self.request.user)
        return _("Thank you for telling us. The next mentor is asked.")


class WaitingLeave(WaitingStep):
    def act(self, record):
        services.leave_line(entry=record, by=self.request.user)
        return _("You are no longer on the waiting list.")
