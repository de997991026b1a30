"""What a machine asks of this process, and what an operator reads of the whole: is it alive, may people be sent to it, how does it do."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.files.storage import storages
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Count, Min
from django.db.models.functions import Coalesce
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django.views.generic import TemplateView

from portal import broker, jobs
from portal.models import OutgoingMessage
from portal.staff import StaffView

PROBE = "00/probe"
_migrated = False


@login_not_required
@require_safe
def health_live(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


@login_not_required
@never_cache
@require_safe
def health_ready(request: HttpRequest) -> JsonResponse:
    """Ready when the database answers and has every table and column of this release; says nothing of why it is not."""
    if not (database_answers() and is_migrated()):
        return JsonResponse({"status": "not ready"}, status=503)
    return JsonResponse({"status": "ok"})


def database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def is_migrated() -> bool:
    """Once it is, it stays so for the life of this process."""
    global _migrated
    if not _migrated:
        executor = MigrationExecutor(connection)
        _migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return _migrated


def storage_answers() -> bool:
    """Whether private files are there; asks for one that is not."""
    try:
        storages["private"].exists(PROBE)
    except Exception:  # whatever the client of a bucket throws
        return False
    return True


def keys_are_there() -> bool:
    try:
        return any(settings.DATA_KEYS_DIR.glob("*.key")) and bool(settings.LOOKUP_KEY_FILE.read_bytes())
    except OSError:
        return False


def letters_by_state() -> dict[str, int]:
    counted = OutgoingMessage.objects.order_by().values_list("state").annotate(Count("pk"))
    return dict.fromkeys(OutgoingMessage.State.values, 0) | dict(counted)


def oldest_letter() -> datetime | None:
    """When the oldest of those should have left that are due now, or were and could not leave yet."""
    moving = [OutgoingMessage.State.SCHEDULED, OutgoingMessage.State.LOCKED]
    tried = OutgoingMessage.objects.filter(state__in=moving, failing_since__isnull=False)
    # One address that is refused is no trouble of the server's.
    waiting = OutgoingMessage.objects.due(timezone.now()) | tried.exclude(failure__in=OutgoingMessage.ADDRESS_REFUSED)
    return waiting.aggregate(oldest=Min(Coalesce("failing_since", "due_at")))["oldest"]


class Status(StaffView, TemplateView):
    """How the portal does: its servers, its letters, and what it does by itself."""

    permission = "status.view"
    template_name = "staff/status.html"

    def get_context_data(self, **kwargs):
        counts = letters_by_state()
        return super().get_context_data(
            version=settings.VERSION,
            places=[
                (_("Database"), database_answers()),
                (_("Queue of tasks"), broker.answers()),
                (_("Private files"), storage_answers()),
                (_("Keys"), keys_are_there()),
            ],
            letters=[(state.value, state.label, counts[state]) for state in OutgoingMessage.State],
            oldest=oldest_letter(),
            states=sorted(jobs.states(), key=lambda state: not state.is_late),  # what is late stands first
            **kwargs,
        )
