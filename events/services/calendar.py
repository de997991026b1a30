from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from events.models import CalendarToken
from portal import audit, crypto
from portal.models import User


@transaction.atomic
def new_address(*, by: User) -> CalendarToken:
    """Makes a calendar address for `by`; an older one stops working for good."""
    _take_back(by)
    token = CalendarToken(user=by)
    token.token_hash = crypto.token_hash(token.secret)
    token.save()
    audit.record(token, "calendar.new_address", by)
    return token


@transaction.atomic
def close_address(*, by: User) -> None:
    """The calendar address of `by` stops working for good, and there is no other one. A repeated call changes nothing."""
    for token in _take_back(by):
        audit.record(token, "calendar.close_address", by)


def _take_back(by: User) -> list[CalendarToken]:
    User.objects.select_for_update().get(pk=by.pk)
    tokens = list(CalendarToken.objects.filter(user=by, revoked_at=None))
    for token in tokens:
        token.revoked_at = timezone.now()
        token.save(update_fields=["revoked_at"])
    return tokens
