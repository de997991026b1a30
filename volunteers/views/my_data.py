"""One's own data: what is kept, an archive to take along, consents taken back, the wish to be deleted."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.http import require_http_methods, require_safe

from portal import audit, broker, files, step_up
from volunteers.iin import masked
from volunteers.models import DataArchive, Person
from volunteers.services.own_data import archive, consents, deleting
from volunteers.services.own_data.contents import LEFT_OUT
from volunteers.services.own_data.groups import kept_about
from volunteers.tasks import make_archive


def _person(request: HttpRequest) -> Person | None:
    return Person.objects.filter(user=request.user).select_related("district").first()


@require_safe
def my_data(request: HttpRequest) -> HttpResponse:
    """Everything at a glance, for everybody who has an account."""
    person = _person(request)
    spoken = dict(settings.LANGUAGES)
    context = {
        "person": person,
        "iin": masked(person.iin) if person and person.iin_sealed else "",
        "groups": kept_about(request.user),
        "left_out": LEFT_OUT,
        "consents": [one._asdict() | {"spoken": spoken[one.language]} for one in consents.given(person)]
        if person
        else [],
        "archive": DataArchive.objects.filter(user=request.user).first(),
        "wish": deleting.waiting(request.user),
        "against": deleting.against(request.user),
        "grace": settings.PROGRAMME["erasure_grace_days"],
    }
    return render(request, "volunteers/my_data.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def my_data_archive(request: HttpRequest) -> HttpResponse:
    """Asks for the archive on POST. Who comes by GET, say after signing in again, is led to the page."""
    if request.method == "POST":
        if first := step_up.demand(request):
            return first
        asked, new = archive.ask(user=request.user, language=get_language() or "kk")
        if new:
            broker.ask(make_archive, asked.pk)
    return redirect("my_data")


@require_safe
def my_data_file(request: HttpRequest) -> HttpResponse:
    """The archive, for its owner alone and while its hours run; the log has it before the first byte."""
    made = DataArchive.objects.filter(user=request.user).first()
    if made is None or not made.is_open_at(timezone.now()):
        raise Http404
    if first := step_up.demand(request):
        return first
    audit.viewed(made, "own_archive", request.user)
    return files.serve(made.stored_name, made.sealed_key, "application/zip", made.code)


class MyConsent(View):
    """What follows when a consent is taken back, and the button."""

    http_method_names = ["get", "head", "post"]

    def dispatch(self, request, code):
        self.person = _person(request)
        held = consents.given(self.person) if self.person else []
        self.consent = next((one for one in held if one.code == code), None)
        if self.consent is None:
            raise Http404
        return super().dispatch(request, code)

    def get(self, request, code):
        return render(request, "volunteers/my_data_consent.html", {"consent": self.consent})

    def post(self, request, code):
        consents.withdraw_consent(person=self.person, code=code, by=request.user)
        messages.success(request, _("The consent is taken back."))
        return redirect("my_data")


class MyDeletion(View):
    """What is deleted and what stays, and the button."""

    http_method_names = ["get", "head", "post"]

    def dispatch(self, request):
        return step_up.demand(request) or super().dispatch(request)

    def get(self, request):
        if deleting.waiting(request.user) or deleting.against(request.user):
            return redirect("my_data")
        grace = settings.PROGRAMME["erasure_grace_days"]
        return render(request, "volunteers/my_data_delete.html", {"grace": grace})

    def post(self, request):
        deleting.ask(user=request.user, stays_in=request.session.session_key or "")
        messages.success(request, _("We have noted your wish. Until that day you can take it back here."))
        return redirect("my_data")


@require_http_methods(["GET", "HEAD", "POST"])
def my_data_keep(request: HttpRequest) -> HttpResponse:
    """Takes the wish back on POST."""
    if request.method == "POST":
        deleting.cancel(user=request.user)
        messages.success(request, _("Your data stay, and your account goes on as before."))
    return redirect("my_data")
