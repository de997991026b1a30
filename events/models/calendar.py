from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from events.querysets import CalendarTokenQuerySet
from portal import crypto
from portal.models import Coded


class CalendarToken(Coded):
    """Opens one person's calendar to whoever has the address. The database keeps a hash; the word itself is derived
    with the lookup key, so that its owner can be shown the address again and a stolen database shows none."""

    CODE_PREFIX = "CT"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="calendar_tokens")
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_fetched_at = models.DateTimeField(null=True, blank=True)

    objects = CalendarTokenQuerySet.as_manager()

    class Meta:
        verbose_name = _("calendar address")
        verbose_name_plural = _("calendar addresses")
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=models.Q(revoked_at=None), name="calendar_one_working_address"
            ),
        ]

    @property
    def secret(self) -> str:
        return crypto.lookup_hash(str(self.uuid), "calendar")
