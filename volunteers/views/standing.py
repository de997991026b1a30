"""A mentor's own pages about his service: pause, leaving, "I stay", photo, card, letter of service."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from portal import files
from portal.models import User
from volunteers.forms.standing import LeaveForm, PauseForm, PhotoForm
from volunteers.models import Pause, Person, ProgrammeRole
from volunteers.service_record import service_records
from volunteers.services import inactivity, leaving, pauses, photos


def mentor(user: User) -> Person:
    """The person behind `user` who was ever approved; 404 for everybody else."""
    return get_object_or_404(Person.objects.filter(approvals__isnull=False).distinct(), user=user)


def serving_mentor(user: User) -> Person:
    """One who has not left; 404 for everybody else."""
    person = mentor(user)
    if leaving.has_left(person):
        raise Http404
    return person


class MyPause(View):
    """His pauses, and a form for another."""

    http_method_names = ["get", "head", "post"]

    def dispatch(self, request):
        self.person = serving_mentor(request.user)
        return super().dispatch(request)

    def get(self, request):
        return self._page(PauseForm(person=self.person))

    def post(self, request):
        form = PauseForm(request.POST, person=self.person)
        if not form.is_valid():
            return self._page(form, status=422)
        pauses.pause(person=self.person, by=request.user, **form.cleaned_data)
        messages.success(request, _("Saved. Visits that were agreed for these days are cancelled."))
        return redirect("my_pause")

    def _page(self, form: PauseForm, status: int = 200) -> HttpResponse:
        context = {"form": form, "pauses": pauses.not_over(self.person), "today": timezone.localdate()}
        return render(self.request, "volunteers/pause.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def my_pause_end(request: HttpRequest, uuid) -> HttpResponse:
    """Ends a pause on POST. Who comes by GET, say after signing in again, is led to his pauses."""
    pause = get_object_or_404(Pause.objects.visible_to(request.user).filter(person__user=request.user), uuid=uuid)
    if request.method == "POST":
        pauses.end_pause(pause=pause, by=request.user)
        messages.success(request, _("The pause is over: you can book sessions again."))
    return redirect("my_pause")


class MyLeave(View):
    """What follows when he leaves, why he does, and a tick that he is sure."""

    http_method_names = ["get", "head", "post"]

    def dispatch(self, request):
        self.person = serving_mentor(request.user)
        return super().dispatch(request)

    def get(self, request):
        return render(request, "volunteers/leave.html", {"form": LeaveForm()})

    def post(self, request):
        form = LeaveForm(request.POST)
        if not form.is_valid():
            return render(request, "volunteers/leave.html", {"form": form}, status=422)
        said = form.cleaned_data
        leaving.leave(person=self.person, by=request.user, reason=said["reason"], note=said["note"])
        messages.success(request, _("You have left the programme. Thank you for your service."))
        return redirect("my_home")


@require_http_methods(["GET", "HEAD", "POST"])
def my_stay(request: HttpRequest) -> HttpResponse:
    """The one button of the letter about a long silence."""
    person = serving_mentor(request.user)
    if request.method != "POST":
        return render(request, "volunteers/stay.html", {"person": person})
    inactivity.stay(person=person, by=request.user)
    messages.success(request, _("Thank you for staying with us."))
    return redirect("my_home")


class MyPhoto(View):
    """The picture on his badge: put, replaced, removed."""

    http_method_names = ["get", "head", "post"]

    def dispatch(self, request):
        self.person = serving_mentor(request.user)
        return super().dispatch(request)

    def get(self, request):
        return self._page(PhotoForm())

    def post(self, request):
        if "remove" in request.POST:
            photos.remove_photo(person=self.person, by=request.user)
            messages.success(request, _("The photo is removed."))
            return redirect("my_photo")
        form = PhotoForm(request.POST, request.FILES)
        if not form.is_valid():
            return self._page(form, status=422)
        photos.set_photo(person=self.person, by=request.user, **form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect("my_photo")

    def _page(self, form: PhotoForm, status: int = 200) -> HttpResponse:
        context = {"form": form, "has_photo": bool(self.person.photo_name)}
        return render(self.request, "volunteers/photo.html", context, status=status)


@never_cache
@require_safe
def my_photo_file(request: HttpRequest) -> HttpResponse:
    """His own picture."""
    return photo_of(mentor(request.user))


def photo_of(person: Person) -> HttpResponse:
    """The picture as a file; 404 without one. The caller has checked who may see it."""
    if not person.photo_name:
        raise Http404
    return files.serve(person.photo_name, bytes(person.photo_key), person.photo_mime, person.code)


def role_of(person: Person) -> ProgrammeRole | None:
    """The role that stands on his badge: of the approval that reaches farthest and that no exit ended."""
    approval = person.approvals.kept().select_related("role").order_by("-valid_to", "-pk").first()
    return approval and approval.role


@require_safe
def my_card(request: HttpRequest) -> HttpResponse:
    """A card to print: the code on it leads to the badge page, which alone says whether it counts."""
    person = serving_mentor(request.user)
    return render(request, "volunteers/card.html", {"person": person, "role": role_of(person)})


@require_safe
def my_service_letter(request: HttpRequest) -> HttpResponse:
    """Thanks on paper for somebody who has left: his roles, from when to when, visits and hours."""
    person = mentor(request.user)
    left_on = leaving.has_left(person)
    if left_on is None:
        raise Http404
    record = service_records([person.pk])[person.pk]
    context = {
        "person": person,
        "since": min(person.approvals.values_list("valid_from", flat=True)),
        "left_on": left_on,
        "roles": {approval.role for approval in person.approvals.select_related("role")},
        "visits": record.visits,
        "hours": round(record.minutes / 60, 1),
        "today": timezone.localdate(),
    }
    return render(request, "volunteers/service_letter.html", context)


def farewell(request: HttpRequest, person: Person) -> HttpResponse | None:
    """The page of somebody who has left, in place of his own page: his data and the letter of service. None for whoever
    serves, and once he has begun to apply anew."""
    left = person.exits.first()
    if left is None or leaving.has_left(person) is None or person.applications.filter(created_at__gt=left.recorded_at):
        return None
    context = {"person": person, "left_on": left.left_on, "may_return": leaving.may_return(person)}
    return render(request, "volunteers/farewell.html", context)
