"""Series of sessions, and what was made at once."""

from __future__ import annotations

from django.contrib import messages
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from events import services
from events.forms import SeriesForm, clone_of
from events.models import SchoolSession, SessionBatch
from events.services.batches import why_not_undo
from events.staff.pages import BatchPage
from events.states import SessionState
from portal.staff import StaffAction, StaffDetail


class SeriesNew(BatchPage):
    """From an empty form, or from a session."""

    form_class = SeriesForm
    template_name = "events/staff_series_new.html"

    def get_initial(self):
        return clone_of(self.session) if "uuid" in self.kwargs else {}

    def done(self, form):
        batch = services.make_series(
            plan=form.session,
            days=[row.day for row in form.chosen],
            weeks=form.cleaned_data["weeks"],
            by=self.request.user,
            key=form.cleaned_data["key"],
            at_once=form.cleaned_data["at_once"],
        )
        messages.success(self.request, _("Sessions made: %(number)s.") % {"number": batch.sessions.count()})
        return redirect("staff_batch", batch.uuid)


class StaffBatch(StaffDetail):
    permission = "session.plan"
    model = SessionBatch
    template_name = "events/staff_batch.html"
    context_object_name = "batch"

    def get_context_data(self, **kwargs):
        rows = list(SchoolSession.objects.visible_to(self.request.user).filter(batch=self.object).for_cards())
        standing = any(row.state != SessionState.CANCELLED for row in rows)
        reasons = why_not_undo(self.object, self.request.user) if standing else []
        return super().get_context_data(sessions=rows, standing=standing, reasons=reasons, **kwargs)


class BatchUndo(StaffAction):
    permission = "session.plan"
    model = SessionBatch

    def page(self, record):
        return reverse("staff_batch", args=[record.uuid])

    def act(self, record, data):
        services.undo_batch(batch=record, by=self.request.user)
        messages.success(self.request, _("Taken back. The sessions are cancelled."))
