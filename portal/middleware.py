from __future__ import annotations

import base64
import hashlib
import logging

from allauth.core.exceptions import RateLimited
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.db.models import ProtectedError, RestrictedError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.middleware.locale import LocaleMiddleware
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _

from portal import access, alarms, outage, step_up, watch
from portal.refusals import InUse, NotStored, Refused, TooMany, answer

logger = logging.getLogger(__name__)
# The one script that stands in the page itself (templates/page.js) is let in by its digest: it is the same on every page, so
# pages can be kept whole (docs/decisions/0023).
CSP = (
    "default-src 'none'; script-src 'self' 'sha256-{script}'; style-src 'self'; img-src 'self' data:{pictures}; media-src 'self'; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'; "
    "object-src 'none'"
)
# Wagtail's admin starts its choosers, date pickers and inline panels with inline scripts (wagtail/admin/widgets/chooser.py,
# widgets/date_input.html, panels/inline_panel.html), and its text editor writes style elements. Nothing in it needs
# unsafe-eval, a handler in an attribute, or another host.
CSP_CMS = (
    "default-src 'none'; script-src 'self' 'unsafe-inline'; script-src-attr 'none'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:{pictures}; media-src 'self'; font-src 'self'; connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'self'; object-src 'none'"
)
CSP_DOCUMENTS = "default-src 'none'; sandbox"  # what editors uploaded
PERMISSIONS_POLICY = (
    "accelerometer=(), autoplay=(), bluetooth=(), browsing-topics=(), camera=(), display-capture=(), geolocation=(), "
    "gyroscope=(), hid=(), magnetometer=(), microphone=(), midi=(), payment=(), serial=(), usb=()"
)
WITHOUT_LANGUAGE = (
    "/cms/",
    "/health/",
    "/letters/events/",
    "/metrics",
    "/.well-known/",
    "/calendar/",
    "/badge/",
    "/exit/",
    "/q/",
    "/static/",
    "/media/",
    "/pictures/",
    "/documents/",
)
# Where a grant shows more than anybody else sees; a session's page shows drafts and other schools to staff.
STAFF_ADDRESSES = ("/staff/", "/school/", "/sessions/")


class Headers:
    """Content-Security-Policy and its company on every answer. Nothing that a signed-in person gets is kept anywhere, pages,
    files and redirects alike; what is the same for everybody says so itself. Who signs out takes along what was kept."""

    def __init__(self, get_response):
        self.get_response = get_response
        bucket = settings.PUBLIC_BUCKET  # the only other host of which anything is loaded
        pictures = f" {bucket['address']}" if bucket else ""
        digest = hashlib.sha256(render_to_string("page.js").encode()).digest()
        self.policy = CSP.format(pictures=pictures, script=base64.b64encode(digest).decode())
        self.policy_cms = CSP_CMS.format(pictures=pictures)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = watch.request_now.set(request)
        try:
            response = self.get_response(request)
            alarms.look(request, response)
        finally:
            watch.request_now.reset(token)
        if request.path.startswith("/documents/"):
            response.headers["Content-Security-Policy"] = CSP_DOCUMENTS
        policy = self.policy_cms if request.path.startswith("/cms/") else self.policy
        response.headers.setdefault("Content-Security-Policy", policy)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault("X-Frame-Options", settings.X_FRAME_OPTIONS)  # the redirects of languages, too
        user = getattr(request, "user", None)
        signs_out = request.method == "POST" and request.path.endswith("/account/logout/")
        if signs_out:
            response.headers["Clear-Site-Data"] = '"cache", "storage"'
        if signs_out or (user and user.is_authenticated):
            said = response.headers.get("Cache-Control", "")
            if "public" not in said and "no-store" not in said:
                response.headers["Cache-Control"] = "private, no-store"
        return response


class Methods:
    """Refuses what no page of ours takes: Django's views of forms would read PUT as POST. Wagtail's admin uses more."""

    TAKEN = ("GET", "HEAD", "POST")

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method in self.TAKEN or request.path.startswith("/cms/"):
            return self.get_response(request)
        return HttpResponseNotAllowed(self.TAKEN)


class Language(LocaleMiddleware):
    """Django's, but the undecided are sent to Kazakh, and addresses without a language prefix keep their 404."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        if translation.get_language_from_path(request.path_info) is None and not self._asked_for(request):
            translation.activate("kk")
            request.LANGUAGE_CODE = "kk"

    @staticmethod
    def _asked_for(request: HttpRequest) -> bool:
        if request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME):
            return True
        accepted = request.headers.get("Accept-Language", "").lower()
        return any(part.strip()[:2] in dict(settings.LANGUAGES) for part in accepted.split(","))

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        if response.status_code == 404 and request.path_info.startswith(WITHOUT_LANGUAGE):
            patch_vary_headers(response, ("Accept-Language",))
            return response
        return super().process_response(request, response)


class LoginRequired(LoginRequiredMiddleware):
    """Django's, but who sent a form after his sign-in had ended comes back to its page, and is told that it was not saved."""

    def handle_no_permission(self, request: HttpRequest, view_func) -> HttpResponse:
        if request.method != "POST":
            return super().handle_no_permission(request, view_func)
        messages.warning(
            request,
            _(
                "What you sent just now was not saved, because you are not signed in. Sign in and send it again; the button "
                "“Back” of your browser may still show what you typed."
            ),
        )
        return redirect_to_login(step_up.page_of(request))


class SecondFactor:
    """Sends staff without a second factor to set one up, and a session that has not shown it to where it is asked for (off
    in demo mode only); closes the CMS to the rest."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        in_cms = request.path.startswith("/cms/")
        if in_cms:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            if not (request.user.is_superuser or access.has_role(request.user, *access.CMS_ROLES)):
                return render(request, "refused.html", {"refusal": None}, status=403)
        at_work = in_cms or any(part in request.path for part in STAFF_ADDRESSES)
        demanded = settings.SECOND_FACTOR_REQUIRED and at_work and access.is_staff(request.user)
        if demanded and not is_mfa_enabled(request.user):
            return redirect("mfa_index")
        if demanded and not step_up.was_shown(request):
            return step_up.ask(request)
        return self.get_response(request)


class Refusals:
    """Turns a refusal of a service, or of the sign-in's rate limits, into a page that lists every reason, with its status."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, RateLimited):
            exception = TooMany()
        if isinstance(exception, ProtectedError | RestrictedError):  # of the CMS's pages: ours ask first
            exception = InUse()
        if outage.is_full(exception):  # of a picture or a document in the CMS: papers say it themselves
            logger.error("no room left: %s", request.resolver_match.view_name)
            exception = NotStored()
        if isinstance(exception, Refused):
            return answer(request, exception)
        return None
