"""What somebody asks about his own data: an archive to take along, a consent taken back, the end of it all."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.crypto import SealedFileKey
from portal.models import AppendOnly, Coded

from .standing import Acceptance, Pause


class DataArchive(Coded):
    """Everything that is kept about one account, as an encrypted file (portal.files) for its owner. The row goes with the
    file when its hours are over; until then asking again gives the same."""

    CODE_PREFIX = "DA"

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="data_archive")
    language = models.CharField(max_length=2, choices=settings.LANGUAGES)
    asked_at = models.DateTimeField(default=timezone.now)
    ready_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    stored_name = models.CharField(max_length=32, blank=True, editable=False)
    sealed_key = models.BinaryField(null=True, editable=False)
    size = models.PositiveIntegerField(default=0)  # bytes

    file_key = SealedFileKey("sealed_key", bound_to="stored_name")

    class Meta:
        verbose_name = _("archive of one's data")
        verbose_name_plural = _("archives of one's data")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ready_at=None, ends_at=None) | models.Q(ends_at__gt=models.F("ready_at")),
                name="archive_ready_has_an_end",
            ),
        ]

    def is_open_at(self, now) -> bool:
        """Whether the file is there and may be taken at this moment."""
        return self.ends_at is not None and now < self.ends_at


class ErasureRequest(Coded):
    """Somebody asks that his data be deleted. Until `due_on` he may take it back; then the account goes (`erased_at`) with
    everything that no rule keeps, and the rest when nothing holds it any more (`finished_at`)."""

    CODE_PREFIX = "ER"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="erasure_requests")
    asked_at = models.DateTimeField(default=timezone.now)
    due_on = models.DateField()  # the day whose night deletes, Asia/Almaty
    pause = models.ForeignKey(Pause, models.PROTECT, null=True, blank=True, related_name="+")
    cancelled_at = models.DateTimeField(null=True, blank=True)
    erased_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("wish to be deleted")
        verbose_name_plural = _("wishes to be deleted")
        ordering = ["asked_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user"],
                condition=models.Q(cancelled_at=None, finished_at=None),
                name="erasure_one_open",
            ),
            models.CheckConstraint(
                condition=models.Q(cancelled_at=None) | models.Q(erased_at=None), name="erasure_cancelled_in_time"
            ),
        ]


class Erasure(AppendOnly):
    """The ledger: whose data were deleted, by the uuid of the account, and when. Copied to a file outside the database
    (`settings.ERASURES_FILE`), because a restored backup knows nothing of it."""

    subject = models.UUIDField(unique=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("deletion")
        verbose_name_plural = _("deletions")
        ordering = ["pk"]

    def __str__(self):
        return f"{self.subject} {self.at:%Y-%m-%d}"


class Withdrawal(AppendOnly):
    """A consent was taken back: this acceptance counts no more from `at` on."""

    acceptance = models.OneToOneField(Acceptance, models.PROTECT, related_name="withdrawal")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("consent taken back")
        verbose_name_plural = _("consents taken back")
        ordering = ["pk"]

    def __str__(self):
        return f"{self.acceptance} {self.at:%Y-%m-%d}"
