from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from events.models import CalendarToken
from portal import audit, crypto
from portal.models import User


@transaction.atomic
def new_address(*, by: User) -> CalendarToken:
    """Makes a calendar address for `by`; an older one stops working for good."""
    User.objects.select_for_update().get(pk=by.pk)
    CalendarToken.objects.filter(user=by, revoked_at=None).update(revoked_at=timezone.now())
    token = CalendarToken(user=by)
    token.token_hash = crypto.token_hash(token.secret)
    token.save()
    audit.record(token, "calendar.new_address", by)
    return token
