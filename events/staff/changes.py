"""The coordinator changes a session, and what follows for a visit in it."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.shortcuts import redirect
from django.utils.decorators import method_decorator
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events import services, states
from events.forms import ChangeForm, ReasonForm
from events.models import SchoolSession
from events.services.changing import following
from events.services.locks import lock_with_holders
from events.staff.base import BookingAction
from events.staff.pages import AskOnce
from portal import moves


@method_decorator(transaction.atomic, name="post")
class SessionChange(AskOnce):
    form_class = ChangeForm
    template_name = "events/staff_session_change.html"

    @cached_property
    def session(self) -> SchoolSession:
        """Locked while he writes, in the order of the service: what the form compares with stands until it is saved."""
        session, by = super().session, self.request.user
        if self.request.method != "POST":
            return session
        with_rest = session.series_day and self.request.POST.get("scope") == ChangeForm.FOLLOWING
        rows = lock_with_holders([session, *(following(session) if with_rest else ())], by)
        return next(row for row in rows if row.pk == session.pk)

    def get_form_kwargs(self):
        moves.demand(states.CHANGE, self.session, self.request.user)
        return {**super().get_form_kwargs(), "session": self.session}

    def done(self, form):
        plan = {"session": self.session, "by": self.request.user, "values": form.values}
        seen = form.cleaned_data["seen"]
        if form.is_following:
            changed = services.change_following(**plan, seen=seen)
        else:
            data = form.cleaned_data
            named = {"release": data.get("release", ()), "reason": data.get("reason", "")}
            changed = services.change_session(**plan, **named, seen=seen)
        messages.success(self.request, _in_words(changed))
        return redirect("staff_session", self.session.uuid)

    def get_context_data(self, **kwargs):
        return super().get_context_data(session=self.session, **kwargs)


def _in_words(changed) -> str:
    if not changed.sessions:
        return _("Nothing was changed.")
    words = [_("Saved. Sessions changed: %(number)s.") % {"number": changed.sessions}]
    if changed.asked:
        words.append(_("Mentors asked whether they still come: %(number)s.") % {"number": changed.asked})
    if changed.released:
        words.append(_("Visits cancelled: %(number)s.") % {"number": changed.released})
    return " ".join(words)


class BookingRelease(BookingAction):
    permission = "session.plan"
    form_class = ReasonForm
    title, move = gettext_lazy("Release"), "release"

    def act(self, record, data):
        services.release_booking(booking=record, by=self.request.user, **data)
        messages.success(self.request, _("The place is free again. The mentor has been told."))
