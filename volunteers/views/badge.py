"""The badge: what a guard at the school door sees when he scans the code. Asked live each time, cached nowhere."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from portal import mail
from portal.codes import qr_code
from volunteers.clearance import clearance
from volunteers.models import Person
from volunteers.views.standing import photo_of, role_of, serving_mentor


@login_not_required
@never_cache
@require_safe
def badge(request: HttpRequest, uuid) -> HttpResponse:
    """Of somebody cleared today his photo, name, role and until when; of everybody else who was ever approved "not
    valid" and nothing more. Somebody who was never approved is a 404."""
    person = get_object_or_404(Person.objects.filter(approvals__isnull=False).distinct(), uuid=uuid)
    context = {"clearance": clearance(person)}
    if context["clearance"].ok:
        context |= {"person": person, "role": role_of(person)}
    return render(request, "volunteers/badge.html", context)


@login_not_required
@never_cache
@require_safe
def badge_photo(request: HttpRequest, uuid) -> HttpResponse:
    """The photo, as long as the badge page shows it."""
    person = get_object_or_404(Person, uuid=uuid)
    if not person.photo_name or not clearance(person).ok:
        raise Http404
    return photo_of(person)


@never_cache
@require_safe
def badge_qr(request: HttpRequest) -> HttpResponse:
    """The picture of one's own badge address."""
    person = serving_mentor(request.user)
    return HttpResponse(qr_code(mail.absolute("badge", person.uuid)), content_type="image/svg+xml")
