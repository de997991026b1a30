"""A mentor's turn for a place in a full session."""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from events import services
from events.forms import CancelForm, SecondChoiceForm
from events.models import Booking, SchoolSession, WaitlistEntry
from events.services.booking import is_late
from events.services.guards import Situation, why_not
from events.services.line import ANSWERED_BY_WAITING, still_against
from events.services.second_choice import choices_for, visits_to_give
from events.states import WaitState
from events.views.steps import Step
from mentors.permissions import mentor_of
from portal.refusals import Reason


def turn_of(situation: Situation, session: SchoolSession, reasons: list[Reason], now: datetime) -> dict:
    """For the page of a session: his entry in the line with its `position`, what keeps him from his turn, or whether he
    may join; and the form by which he names the visit that he gives back. `reasons` are those of `guards.why_not`."""
    in_line = session.pk in situation.line
    if not in_line and ANSWERED_BY_WAITING.isdisjoint(reason.code for reason in reasons):
        return {"may_join": False}
    choices = {booking.pk for booking in choices_for(situation, session, now)}
    if in_line:
        rows = WaitlistEntry.objects.with_position().select_related("gives_back__session__school")
        entry = rows.get(pk=situation.line[session.pk].pk)
        hindered = still_against(why_not(situation.for_turn(entry, now), session, now))
        return {"entry": entry, "hindered": hindered, "second_form": _form_of(entry, choices)}
    hindered = still_against(reasons)
    form = SecondChoiceForm(visits=Booking.objects.filter(pk__in=choices), needed=bool(hindered)) if choices else None
    return {"may_join": bool(choices) or not hindered, "second_form": form}


def _form_of(entry: WaitlistEntry, choices: set[int]) -> SecondChoiceForm | None:
    now_given = entry.second_choice()
    choices |= {now_given.pk} if now_given else set()
    chosen = {"gives_back": now_given.uuid if now_given else None}
    return SecondChoiceForm(visits=Booking.objects.filter(pk__in=choices), initial=chosen) if choices else None


def turns_of(user, now: datetime):
    """Where he waits, for the page of his visits; what is offered to him first."""
    rows = WaitlistEntry.objects.of(user).in_line().filter(session__starts_at__gt=now).with_position()
    rows = rows.select_related("session__school", "session__topic", "gives_back__session__school")
    return rows.order_by("state", "session__starts_at", "pk")


class WaitingStep(Step):
    """With his own place in a line."""

    def record(self):
        rows = WaitlistEntry.objects.of(self.request.user).select_related("session__topic", "session__school")
        return get_object_or_404(rows.select_related("gives_back__session__school"), uuid=self.kwargs["uuid"])

    def session(self, record):
        return record.session

    def ask(self, record, form, title: str, move: str):
        """A page with the form alone: what it lacks, with what was typed."""
        context = {"form": form, "session": self.session(record), "title": title, "move": move}
        return render(self.request, "events/act.html", context, status=422 if form.is_bound else 200)


class SessionJoin(WaitingStep):
    def record(self):
        rows = SchoolSession.objects.visible_to(self.request.user).select_related("topic", "school")
        return get_object_or_404(rows, uuid=self.kwargs["uuid"])

    def session(self, record):
        return record

    def post(self, request, *args, **kwargs):
        session, person = self.record(), mentor_of(request.user)
        form = SecondChoiceForm(request.POST, visits=visits_to_give(person, timezone.now()))
        if not form.is_valid():
            return self.ask(session, form, _("Join the waiting list"), "join")
        entry = services.join(session=session, by=request.user, **form.cleaned_data)
        offered = _("A place is free for you. Please say whether you take it.")
        waits = _("You are on the waiting list. When it is your turn, you get a letter.")
        messages.success(request, offered if entry.state == WaitState.OFFERED else waits)
        return redirect(self.page(session))


class WaitingSecond(WaitingStep):
    """Names the visit that he gives back, or takes that word back."""

    def post(self, request, *args, **kwargs):
        entry = self.record()
        visits = visits_to_give(entry.person, timezone.now()) | Booking.objects.filter(pk=entry.gives_back_id)
        form = SecondChoiceForm(request.POST, visits=visits)
        if not form.is_valid():
            return self.ask(entry, form, _("My second choice"), "second_choice")
        services.choose_second(entry=entry, by=request.user, **form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect(self.page(entry))


class WaitingAccept(WaitingStep):
    """Where the visit that he gives back is close, a page asks why."""

    def post(self, request, *args, **kwargs):
        entry, reason = self.record(), {}
        if (given := entry.second_choice()) and is_late(given):
            form = CancelForm(request.POST if "reason" in request.POST else None, booking=given)
            if not form.is_valid():
                return self.ask(entry, form, _("Take the place"), "accept_place")
            reason = form.cleaned_data
        services.accept_place(entry=entry, by=request.user, **reason)
        messages.success(request, _("You are booked. A letter with the details is on its way."))
        return redirect(self.page(entry))


class WaitingDecline(WaitingStep):
    def act(self, record):
        services.decline_place(entry=record, by=self.request.user)
        return _("Thank you for telling us. The next mentor is asked.")


class WaitingLeave(WaitingStep):
    def act(self, record):
        services.leave_line(entry=record, by=self.request.user)
        return _("You are no longer on the waiting list.")
