"""What the pages share that plan sessions: a form, one service behind it, and its reasons on the page if it refuses."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import cached_property
from django.views.generic import FormView

from events.models import SchoolSession, SessionBatch
from portal.refusals import NotAllowed, Refused
from portal.staff import StaffView


class PlanPage(StaffView, FormView):
    """Subclasses give `done(form)`: the service and the way on. What was typed stays on the page with the errors, and
    with the reasons of a service that refuses; who may not do it at all gets the page of refusals."""

    permission = "session.plan"
    reasons = ()

    @cached_property
    def session(self) -> SchoolSession:
        """The session of the address."""
        rows = SchoolSession.objects.visible_to(self.request.user).for_cards()
        return get_object_or_404(rows.select_related("batch"), uuid=self.kwargs["uuid"])

    def get_form_kwargs(self):
        return {**super().get_form_kwargs(), "by": self.request.user}

    def form_valid(self, form):
        try:
            return self.done(form)
        except NotAllowed:
            raise
        except Refused as refusal:
            self.reasons = refusal.reasons
            return self.form_invalid(form)

    def form_invalid(self, form):
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def get_context_data(self, **kwargs):
        return super().get_context_data(reasons=self.reasons, **kwargs)


class AskOnce(PlanPage):
    """For forms with `unusual`, words for what is allowed and yet may be a slip: the first POST of it shows the page again
    with a warning, the next one of the same goes on."""

    def form_valid(self, form):
        if form.unusual and form.unusual != self.request.POST.get("warned"):
            return self.render_to_response(self.get_context_data(form=form, warned=form.unusual))
        return super().form_valid(form)


class BatchPage(PlanPage):
    """Many sessions at once: the first POST shows the rows, one with `make` makes those that are ticked. The same form
    sent twice leads to what it made."""

    def post(self, request, *args, **kwargs):
        try:
            made = SessionBatch.objects.visible_to(request.user).filter(created_by=request.user)
            return redirect("staff_batch", made.get(uuid=request.POST.get("key", "")).uuid)
        except (SessionBatch.DoesNotExist, ValidationError):
            return super().post(request, *args, **kwargs)

    def form_valid(self, form):
        if "make" not in self.request.POST:
            return self.render_to_response(self.get_context_data(form=form))
        return super().form_valid(form)
