from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal import access
from portal.crypto import SealedFileKey

from .base import Coded

PERMISSIONS = {"schools": "import.schools", "organisations": "import.organisations", "members": "import.members"}


class ImportQuerySet(models.QuerySet):
    def visible_to(self, user):
        """One's own, and those of others whose kind `user` may import for the whole oblast."""
        may = {kind for kind, name in PERMISSIONS.items() if access.allows(user, name)}
        whole = {kind for kind in may if access.allows(user, PERMISSIONS[kind], access.Reach())}
        return self.filter(models.Q(by=user, kind__in=may) | models.Q(kind__in=whole))


class Import(Coded):
    """A list that somebody brings in. It changes nothing before it is applied; `counts` are rows by what becomes of them, and
    under "reasons" by why they are left out; `digest` is of the list and of everything that applying it would do."""

    CODE_PREFIX = "IM"

    class State(models.TextChoices):
        READING = "reading", _("being read")
        READY = "ready", _("to be looked at")
        APPLYING = "applying", _("being applied")
        APPLIED = "applied", _("applied")
        UNDOING = "undoing", _("being undone")
        UNDONE = "undone", _("undone")
        FAILED = "failed", _("cannot be read")

    kind = models.CharField(max_length=16)  # of portal.imports.kinds
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=10, choices=State.choices, default=State.READING)
    state_since = models.DateTimeField(default=timezone.now)
    columns = models.JSONField(default=dict, blank=True)  # {field: place of its column}; empty: recognised by the heads
    counts = models.JSONField(default=dict, blank=True)
    digest = models.CharField(max_length=64, blank=True)
    failure = models.CharField(max_length=32, blank=True)  # why it cannot be read, or was not applied
    applied_at = models.DateTimeField(null=True, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)

    objects = ImportQuerySet.as_manager()

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind"], condition=models.Q(state="applying"), name="import_one_applied_at_once"
            )
        ]

    @property
    def rows(self) -> dict[str, int]:
        """How many rows by what becomes, or became, of them."""
        return {code: number for code, number in self.counts.items() if code != "reasons"}


class ImportFile(models.Model):
    """What an import keeps in the private files until `ends_at`."""

    class What(models.TextChoices):
        SOURCE = "source", _("the list")
        PREVIEW = "preview", _("its first rows")
        REPORT = "report", _("rows that are left out")
        UNDO = "undo", _("what undoing needs")

    of = models.ForeignKey(Import, models.CASCADE, related_name="files")
    what = models.CharField(max_length=8, choices=What.choices)
    stored_name = models.CharField(max_length=32, unique=True)
    sealed_key = models.BinaryField()
    ends_at = models.DateTimeField(db_index=True)

    file_key = SealedFileKey("sealed_key", bound_to="stored_name")

    class Meta:
        verbose_name = _("file of an import")
        verbose_name_plural = _("files of imports")
        constraints = [models.UniqueConstraint(fields=["of", "what"], name="import_file_once")]

    def __str__(self):
        return f"{self.what} {self.stored_name[:8]}"
