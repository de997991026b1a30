"""The badge: what a guard at the school door sees when he scans the code. Asked live each time, cached nowhere."""

from __future__ import annotations

import io

import segno
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from portal import mail
from volunteers.clearance import clearance
from volunteers.models import Person


@login_not_required
@never_cache
@require_safe
def badge(request: HttpRequest, uuid) -> HttpResponse:
    """Name, role and whether the person is cleared today; never why not. Somebody who was never approved is a 404."""
    person = get_object_or_404(Person, uuid=uuid)
    approval = person.approvals.select_related("role").order_by("-valid_to", "-pk").first()
    if approval is None:
        raise Http404
    context = {"person": person, "role": approval.role, "clearance": clearance(person)}
    return render(request, "volunteers/badge.html", context)


@never_cache
@require_safe
def badge_qr(request: HttpRequest) -> HttpResponse:
    """The picture of one's own badge address."""
    person = get_object_or_404(Person, user=request.user)
    if not person.approvals.exists():
        raise Http404
    out = io.BytesIO()
    segno.make(mail.absolute("badge", person.uuid), error="m").save(
        out, kind="svg", scale=6, border=4, dark="#000", light="#fff"
    )
    return HttpResponse(out.getvalue(), content_type="image/svg+xml")
