"""The page behind the link that stops the weekly letter, without signing in."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from events.services import digest
from mentors.models import Profile
from mentors.services import stop_digest


@method_decorator([csrf_exempt, login_not_required, never_cache], name="dispatch")
class DigestStop(View):
    """GET changes nothing: scanners of mail open links. Shows nothing about whose letter it is. A POST needs nothing but the
    link: the reader's mail program sends one by itself (RFC 8058), and follows no redirect."""

    http_method_names = ["get", "head", "post"]

    def dispatch(self, request, token):
        try:
            self.profile = digest.by_link(token)
        except Profile.DoesNotExist:
            raise Http404 from None
        response = super().dispatch(request, token)
        response["X-Robots-Tag"] = "noindex, nofollow"
        response["Referrer-Policy"] = "same-origin"
        return response

    def get(self, request, token):
        return render(request, "events/digest_stop.html", {"wanted": self.profile.digest})

    def post(self, request, token):
        stop_digest(profile=self.profile)
        if request.POST.get("List-Unsubscribe") == "One-Click":
            return HttpResponse()
        return redirect("digest_stop", token)
