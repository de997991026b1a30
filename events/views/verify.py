"""Whether a certificate of hours is genuine: anybody who holds its number may ask, and reads initials, period and hours."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from events.forms import SerialForm
from events.services import certificates


@login_not_required
@never_cache
@require_safe
def certificate_ask(request: HttpRequest) -> HttpResponse:
    form = SerialForm(request.GET or None)
    if form.is_valid():
        typed = form.cleaned_data["serial"]
        return redirect("certificate_check", certificates.tidy_serial(typed) or typed.replace("/", " "))
    return render(request, "events/certificate_ask.html", {"form": form})


@login_not_required
@never_cache
@require_safe
def certificate_check(request: HttpRequest, serial: str) -> HttpResponse:
    """Nothing but initials, period, hours and whether a later correction took it back (I27)."""
    certificate = certificates.find(serial)
    if certificate is None:
        return render(request, "events/certificate_check.html", {"form": SerialForm(), "certificate": None}, status=404)
    context = {"certificate": certificate, "initials": certificates.initials(certificate.person)}
    return render(request, "events/certificate_check.html", context)
