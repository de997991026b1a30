from __future__ import annotations

from allauth.core.exceptions import RateLimited
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.middleware.locale import LocaleMiddleware
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.cache import add_never_cache_headers, patch_vary_headers

from portal import access
from portal.refusals import Refused, TooMany

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'; "
    "object-src 'none'"
)
# Wagtail's admin starts its choosers and date pickers with inline scripts; nothing in it needs unsafe-eval.
CSP_CMS = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
)
PERMISSIONS_POLICY = "camera=(), geolocation=(), microphone=(), payment=(), usb=(), interest-cohort=()"
WITHOUT_LANGUAGE = (
    "/cms/",
    "/health/",
    "/calendar/",
    "/badge/",
    "/exit/",
    "/q/",
    "/static/",
    "/media/",
    "/documents/",
)
# Where a grant shows more than anybody else sees; a session's page shows drafts and other schools to staff.
STAFF_ADDRESSES = ("/staff/", "/school/", "/sessions/")


class Headers:
    """Content-Security-Policy and its company on every answer; nothing of a signed-in person is cached."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", CSP_CMS if request.path.startswith("/cms/") else CSP)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        user = getattr(request, "user", None)
        if user is not None and user.is_authenticated and "Cache-Control" not in response.headers:
            add_never_cache_headers(response)
            response.headers["Cache-Control"] += ", private"
        return response


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


class SecondFactor:
    """Sends staff without a second factor to set one up (off in demo mode only), and closes the CMS to the rest."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        in_cms = request.path.startswith("/cms/")
        if in_cms:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            if not (request.user.is_superuser or access.has_role(request.user, *access.CMS_ROLES)):
                return render(request, "refused.html", {"refusal": None}, status=403)
        if settings.SECOND_FACTOR_REQUIRED and (in_cms or any(part in request.path for part in STAFF_ADDRESSES)):
            from allauth.mfa.utils import is_mfa_enabled  # noqa: PLC0415 - the app registry must be loaded

            if access.is_staff(request.user) and not is_mfa_enabled(request.user):
                return redirect("mfa_index")
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
        if isinstance(exception, Refused):
            return render(request, "refused.html", {"refusal": exception}, status=exception.status)
        return None
