"""“Still coming?”: the button on the mentor's pages, and the page behind the link of his letter, without signing in."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.cache import never_cache

from events import services
from events.models import Booking
from events.services import assuring
from events.views.steps import Step
from portal.refusals import NotAllowed, Reason


class BookingAssure(Step):
    def record(self):
        return get_object_or_404(Booking.objects.of(self.request.user).with_session(), uuid=self.kwargs["uuid"])

    def session(self, record):
        return record.session

    def act(self, record):
        services.assure(booking=record, by=self.request.user)
        return _("Thank you. We count on you.")


@method_decorator([login_not_required, never_cache], name="dispatch")
class Coming(View):
    """GET changes nothing: scanners of mail open links. Who is signed in as somebody else is not answered for him."""

    http_method_names = ["get", "head", "post"]

    def dispatch(self, request, token):
        self.now = timezone.now()
        try:
            self.booking = assuring.by_link(token, self.now)
        except Booking.DoesNotExist:
            raise Http404 from None
        if request.user.is_authenticated and request.user.pk != self.booking.person.user_id:
            text = _("This link belongs to another mentor. If it is yours, sign out first and open it again.")
            raise NotAllowed(Reason("other_account", text))
        response = super().dispatch(request, token)
        response["X-Robots-Tag"] = "noindex, nofollow"
        response["Referrer-Policy"] = "same-origin"  # nothing to other hosts; "no-referrer" would make Origin null
        return response

    def get(self, request, token):
        asked = self.booking.awaits_mentor or assuring.may_assure(self.booking, self.now)
        context = {"booking": self.booking, "session": self.booking.session, "asked": asked}
        return render(request, "events/coming.html", context)

    def post(self, request, token):
        say = services.confirm_again if self.booking.awaits_mentor else services.assure
        say(booking=self.booking, by=self.booking.person.user, by_link=True, now=self.now)
        return redirect("coming", token)
