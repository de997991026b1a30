from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class PublicFigures(models.Model):
    """The figures of one school year (it begins on 1 September of `year`) as they are published: small counts are gone
    already. Made anew every night."""

    year = models.PositiveSmallIntegerField(unique=True)
    made_on = models.DateField()
    data = models.JSONField()

    class Meta:
        verbose_name = _("published figures")
        verbose_name_plural = _("published figures")
        ordering = ["-year"]

    def __str__(self):
        return f"{self.year}"
