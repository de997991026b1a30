"""What the pages of school and mentor share."""

from __future__ import annotations

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import FormView

from events import services
from events.forms import FeedbackForm
from events.models import Booking, Feedback
from events.services.feedback import why_not_yet


class FeedbackPage(FormView):
    """Four short questions about one visit, asked once. Subclasses give `side`, `visits()`, those of which the reader may
    speak, and `next_page`."""

    form_class = FeedbackForm
    template_name = "events/feedback.html"
    side = ""
    next_page = ""

    def visits(self):
        raise NotImplementedError

    @cached_property
    def booking(self) -> Booking:
        return get_object_or_404(self.visits().with_session(), uuid=self.kwargs["uuid"])

    def get_form_kwargs(self):
        return {**super().get_form_kwargs(), "side": self.side}

    def get_context_data(self, **kwargs):
        said = Feedback.objects.filter(booking=self.booking, side=self.side).exists()
        too_early = [] if said else why_not_yet(self.booking)
        return super().get_context_data(
            booking=self.booking, session=self.booking.session, side=self.side, said=said, too_early=too_early, **kwargs
        )

    def form_valid(self, form):
        services.give_feedback(booking=self.booking, by=self.request.user, **form.cleaned_data)
        messages.success(self.request, _("Thank you. The coordinators read it."))
        return redirect(self.next_page)

    def form_invalid(self, form):
        return self.render_to_response(self.get_context_data(form=form), status=422)
