from __future__ import annotations

import sys
from datetime import UTC, timedelta

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from django.views.generic import TemplateView, UpdateView, View
from wagtail.models import TaskState

from portal import access, audit, mail, nightly, outage, services, sessions, topbar, watch
from portal.accounts import AccountForm
from portal.filters import LetterFilter, LogFilter
from portal.merging import held
from portal.models import LogEntry, OutgoingMessage, StaffTask, User
from portal.refusals import TooMany, answer
from portal.staff import StaffList, StaffView

TASKS_A_PAGE = 25
NUMBER_LENGTH = 18  # digits of a number that the database can hold
SECURITY_TXT_HOLDS = timedelta(days=180)


def site_context(request) -> dict:
    """What every template may use. Nothing is asked of the database before a template asks for it."""
    top = SimpleLazyObject(topbar.top_bar)
    return {
        "demo_mode": settings.DEMO_MODE,
        "site_url": settings.SITE_URL,
        "crisis_lines": SimpleLazyObject(lambda: topbar.named(top["lines"])),
        "site_alerts": SimpleLazyObject(lambda: topbar.in_force(top["alerts"])),
        "is_staff_member": SimpleLazyObject(lambda: access.is_staff(request.user)),
        "mixes_duties": SimpleLazyObject(lambda: access.mixes_duties(request.user)),
    }


@require_safe
def home_of_user(request):
    """Where somebody lands after signing in: who writes or approves texts in the CMS, other staff at their desk, everybody
    else at his own page."""
    if access.has_role(request.user, access.Role.SCHOOL_CONTACT):
        return redirect("school_home")
    if access.has_role(request.user, access.Role.EDITOR, access.Role.SPECIALIST) and not access.has_role(
        request.user, access.Role.COORDINATOR, access.Role.SAFEGUARDING_LEAD
    ):
        return redirect("wagtailadmin_home")
    return redirect("staff_home" if access.is_staff(request.user) else "my_home")


@require_safe
def staff_home(request):
    """The desk: open tasks of one's roles, how many pages wait for one's approval, and the doors one may open."""
    if not access.is_staff(request.user):
        return render(request, "refused.html", {"refusal": None}, status=403)
    tasks = StaffTask.objects.visible_to(request.user).open().select_related("district")
    tasks = Paginator(tasks, TASKS_A_PAGE).get_page(request.GET.get("page"))
    held = {grant.role for grant in request.user.grants}
    waiting = TaskState.objects.none()
    if access.Role.SPECIALIST in held:
        waiting = TaskState.objects.reviewable_by(request.user).exclude(workflow_state__requested_by=request.user)
    may = {name.replace(".", "_"): bool(roles & held) for name, roles in access.PERMISSIONS.items()}
    context = {"tasks": tasks, "may": may, "cms": bool(held & access.CMS_ROLES), "waiting": waiting.count()}
    return render(request, "staff/home.html", context)


@method_decorator(transaction.atomic, name="post")
class AccountSettings(UpdateView):
    """Name, language of letters, district, how letters come, and whether urgent news come by text message too, of one's own
    account."""

    form_class = AccountForm
    template_name = "account/settings.html"
    success_url = reverse_lazy("account_settings")

    def get_object(self, queryset=None):
        if self.request.method == "POST":
            self.request.user.refresh_from_db(from_queryset=held(User.objects.all(), self.request))
        return self.request.user

    def form_valid(self, form):
        if "urgent_texts" in form.cleaned_data:
            services.choose_texts(user=self.request.user, wanted=form.cleaned_data["urgent_texts"])
            services.choose_way(user=self.request.user, way=form.cleaned_data["letters_by"])
        messages.success(self.request, _("Saved."))
        return super().form_valid(form)


class AccountSessions(TemplateView):
    """The browsers in which one is signed in. A POST ends one of them (`session`, its number), or all but this one."""

    template_name = "account/sessions.html"

    def get_context_data(self, **kwargs):
        here = self.request.session.session_key
        return super().get_context_data(sessions=sessions.open_of(self.request.user), here=here, **kwargs)

    def post(self, request):
        number = request.POST.get("session", "")
        only = int(number) if number.isdecimal() and len(number) < NUMBER_LENGTH else None
        if only is not None or not number:
            sessions.end(user=request.user, but=request.session.session_key, only=only)
            messages.success(request, _("Signed out there."))
        return redirect("account_sessions")


class TaskDone(View):
    """Closes a task on POST. Who comes by GET, say after signing in again, is led to the desk."""

    http_method_names = ["get", "head", "post"]

    def dispatch(self, request, uuid):
        get_object_or_404(StaffTask.objects.visible_to(request.user), uuid=uuid)
        return super().dispatch(request, uuid)

    def get(self, request, uuid):
        return redirect("staff_home")

    def post(self, request, uuid):
        services.close_task(uuid=uuid, by=request.user)
        return redirect("staff_home")


class Log(StaffList):
    """The log, newest first: codes of records, names of actors, no content; nothing about himself or people he is tied to."""

    permission = "log.view"
    model = LogEntry
    filterset_class = LogFilter
    template_name = "staff/log.html"

    def get_queryset(self):
        return audit.readable_by(self.request.user)


class Letters(StaffList):
    """Every letter with its links. In demo mode only: a link here opens somebody else's case."""

    permission = "letters.view"
    model = OutgoingMessage
    filterset_class = LetterFilter
    template_name = "staff/letters.html"

    def dispatch(self, request, *args, **kwargs):
        if not settings.DEMO_MODE:
            return error_404(request)
        return super().dispatch(request, *args, **kwargs)

    def get_queryset(self):
        return OutgoingMessage.objects.select_related("recipient")


class Nightly(StaffView, TemplateView):
    """The nightly job by hand, with its report; demo mode only. A trial lists what would be done and changes nothing."""

    permission = "nightly.run"
    template_name = "staff/nightly.html"

    def dispatch(self, request, *args, **kwargs):
        if not settings.DEMO_MODE:
            return error_404(request)
        return super().dispatch(request, *args, **kwargs)

    def post(self, request):
        trial = "trial" in request.POST
        return self.render_to_response(
            {"report": nightly.run(trial=trial), "trial": trial, "sent": 0 if trial else mail.sweep()}
        )


@login_not_required
@require_safe
def exit_page(request):
    """Away at once: works without script, forgets the session and what the browser kept of this site."""
    request.session.flush()
    response = HttpResponseRedirect(settings.EXIT_URL)
    response["Clear-Site-Data"] = '"cache", "storage"'
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    return response


@login_not_required
@require_safe
def security_txt(request):
    """Whom to tell of a weakness, and on what terms (RFC 9116). It never expires: the date is always half a year ahead."""
    expires = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0) + SECURITY_TXT_HOLDS
    context = {
        "contacts": settings.SECURITY_CONTACTS,
        "expires": expires.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "canonical": f"{settings.SITE_URL}{request.path}",
        "policy": settings.SECURITY_POLICY,
    }
    return render(request, "security.txt", context, content_type="text/plain; charset=utf-8")


@login_not_required
def closed_door(request, *args, **kwargs):
    """The CMS's own sign-in and password pages lead to the one sign-in of the site: they would let people in without their
    second factor. Where somebody wanted to go is passed on; the sign-in judges it."""
    wanted = request.GET.get(REDIRECT_FIELD_NAME)
    return redirect_to_login(wanted) if wanted else redirect("account_login")


@csrf_exempt
def error_400(request, exception=None):
    """Static: Django's own reads the POST again, and a request with an odd charset would end as a 500."""
    with override("kk"):
        return HttpResponse(render_to_string("400.html"), status=400)


def error_403(request, exception=None):
    return render(request, "refused.html", {"refusal": None}, status=403)


def csrf_failure(request, reason=""):
    watch.note("forged_form")
    return render(request, "csrf.html", status=403)


def error_404(request, exception=None):
    return render(request, "404.html", status=404)


def error_429(request):
    """allauth's rate limits answer with this page."""
    return answer(request, TooMany())


@csrf_exempt
def error_500(request):
    """Also for the database being away, which passes: 503."""
    if outage.of_database(sys.exc_info()[1]):
        return outage.answer(request)
    return HttpResponse(render_to_string("500.html"), status=500)
