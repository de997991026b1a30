"""The address of a mentor's calendar, and the calendar behind it."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone, translation
from django.utils.cache import get_conditional_response
from django.utils.http import http_date, quote_etag
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.http import require_safe

from events import calendars, services
from events.models import CalendarToken
from mentors.permissions import mentor_of
from portal import crypto

FEED_KEEPS = timedelta(days=365)  # at least 30 days after their end (I19)
FETCH_NOTED_EVERY = timedelta(hours=1)


class CalendarAddress(View):
    """Makes an address in place of the one there is, or, with `off`, takes that back alone."""

    http_method_names = ["get", "head", "post"]

    def get(self, request):
        return redirect("my_bookings")

    def post(self, request):
        mentor_of(request.user)
        if "off" in request.POST:
            services.close_address(by=request.user)
            messages.success(request, _("The calendar address no longer works."))
            return redirect("my_bookings")
        services.new_address(by=request.user)
        messages.success(request, _("This is your new calendar address. An older one no longer works."))
        return redirect("my_bookings")


@login_not_required
@require_safe
def calendar_feed(request, token: str):
    """Whoever has the address reads the visits of its owner; an unknown or revoked address answers 404."""
    now = timezone.now()
    found = CalendarToken.objects.working().filter(token_hash=crypto.token_hash(token)).select_related("user").first()
    if found is None:
        raise Http404
    if found.last_fetched_at is None or found.last_fetched_at < now - FETCH_NOTED_EVERY:
        CalendarToken.objects.filter(pk=found.pk).update(last_fetched_at=now)
    since = now - FEED_KEEPS
    stamp = calendars.stamp_of(found.user, since)
    etag = quote_etag(hashlib.sha256(repr((found.user.language, stamp)).encode()).hexdigest())
    changed_at = max(filter(None, (stamp.changed_at, stamp.session_changed_at)), default=found.created_at)
    # Not by the moment: a school's new name is no change of a visit.
    response = get_conditional_response(request, etag=etag)
    if response is None:  # only now is the file made
        with translation.override(found.user.language):
            content = calendars.feed(calendars.visits_of(found.user, since))
        response = HttpResponse(content, content_type=f"{calendars.MIME}; charset=utf-8")
    response["ETag"], response["Last-Modified"] = etag, http_date(changed_at.timestamp())
    response["Cache-Control"] = "private, no-cache"
    return response
