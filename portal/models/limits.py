from django.db import models


class RateCounter(models.Model):
    """How much was asked for under one key since its first time; `portal.limits` alone writes here."""

    key = models.CharField(max_length=64, primary_key=True)  # a keyed hash: no address and no account in clear
    count = models.BigIntegerField()
    ends_at = models.BigIntegerField(db_index=True)  # seconds since 1970

    def __str__(self):
        return self.key[:8]
