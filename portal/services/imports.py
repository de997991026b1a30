"""Lists that are brought in: sent, looked at, applied or not, taken back. The long part of each step is `work`, which a worker
or, for small lists, the request itself does; it is safe to repeat and to be killed at any moment."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import partial

from django.conf import settings
from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal import access, audit, crypto, files
from portal.imports import kinds, planning, undoing
from portal.imports.tables import Unreadable
from portal.models import Import, ImportFile, User
from portal.models.imports import PERMISSIONS
from portal.refusals import NotAllowed, Reason, Refused
from portal.retention import SCHEDULE

State, What = Import.State, ImportFile.What
AT_WORK = (State.READING, State.APPLYING, State.UNDOING)
AGAIN_AFTER = timedelta(minutes=3)  # what no worker has finished by then, the regular job does
SMALL_BYTES, SMALL_ROWS = 512 * 1024, 2000  # what the request does itself
MIME = "application/octet-stream"


class Changed(Exception):
    """Applying would do something else than what was looked at."""


# --- what somebody asks for --------------------------------------------------------------------------------------


@transaction.atomic
def send(*, kind: str, content: bytes, by: User) -> Import:
    """Keeps the list, encrypted, to be read by `work`. Raises `NotAllowed` (`no_role`) and `Refused` (`not_stored`)."""
    if not access.allows(by, PERMISSIONS[kind]):
        raise NotAllowed(Reason("no_role", _("This page is for people with another role.")))
    imported = Import.objects.create(kind=kind, by=by)
    _keep(imported, What.SOURCE, content, settings.PROGRAMME["import_file_days"])
    audit.record(imported, "import.send", by, kind=kind, bytes=len(content))
    return imported


@transaction.atomic
def choose_columns(*, imported: Import, columns: dict[str, int], by: User) -> Import:
    """The list is read once more, its fields in these columns (places from 0). Raises `NotAllowed` (`not_yours`) and `Refused`
    (`not_now`)."""
    imported = _own(imported, by, State.READY)
    imported.columns = columns
    return _to(imported, State.READING)


@transaction.atomic
def apply(*, imported: Import, by: User) -> Import:
    """`work` brings the list in as it was looked at, or nothing. Raises `NotAllowed` (`not_yours`) and `Refused` (`not_now`,
    `nothing`, `busy`: another list of this kind is being applied)."""
    imported = _own(imported, by, State.READY)
    if not imported.counts.get(planning.CREATE) and not imported.counts.get(planning.CHANGE):
        raise Refused(Reason("nothing", _("There is nothing in this list that the portal does not have already.")))
    try:
        with transaction.atomic():
            return _to(imported, State.APPLYING)
    except IntegrityError as error:
        text = _("Another list of this kind is being applied. Wait until it is done, then try again.")
        raise Refused(Reason("busy", text)) from error


@transaction.atomic
def undo(*, imported: Import, by: User) -> Import:
    """`work` takes back what the list did, but for records with which somebody has worked since. Raises `NotAllowed`
    (`no_role`) and `Refused` (`not_now`; `too_late` after `import_undo_days`)."""
    imported = Import.objects.visible_to(by).select_for_update(of=("self",)).get(pk=imported.pk)
    if imported.state != State.APPLIED:
        raise Refused(_not_now())
    if not ImportFile.objects.filter(of=imported, what=What.UNDO, ends_at__gt=timezone.now()).exists():
        text = _("The days in which this could be undone are over.")
        raise Refused(Reason("too_late", text))
    audit.record(imported, "import.undo", by, kind=imported.kind)
    return _to(imported, State.UNDOING)


def _own(imported: Import, by: User, state: str) -> Import:
    imported = Import.objects.visible_to(by).select_for_update(of=("self",)).get(pk=imported.pk)
    if imported.by_id != by.pk:
        raise NotAllowed(Reason("not_yours", _("Only the person who sent the list does this.")))
    if imported.state != state:
        raise Refused(_not_now())
    return imported


def _not_now() -> Reason:
    return Reason("not_now", _("This step is not possible now. Look at the page again."))


def _to(imported: Import, state: str, **values) -> Import:
    for name, value in {"state": state, "state_since": timezone.now(), "failure": "", **values}.items():
        setattr(imported, name, value)
    imported.save()
    return imported


# --- the work ----------------------------------------------------------------------------------------------------


def is_small(imported: Import, size: int = 0) -> bool:
    """Whether its next step takes so little time that the request may do it. `size`: bytes of a list that nobody has read yet."""
    return size <= SMALL_BYTES and sum(imported.rows.values()) <= SMALL_ROWS


def work(pk: int) -> None:
    """The next step of this import: reads it, applies it or takes it back. Nothing where there is nothing to do; twice is once."""
    imported = Import.objects.select_related("by").filter(pk=pk).first()
    steps = {State.READING: _read, State.APPLYING: _apply, State.UNDOING: _undo}
    if imported and (step := steps.get(imported.state)):
        step(imported)
        imported.refresh_from_db()
        if imported.state == State.READING:  # it was not applied
            _read(imported)
        cache.delete(_progress_key(imported))


def progress(imported: Import) -> tuple[int, int] | None:
    """Lines done and all lines, while it is being worked on; None where that is not known."""
    return cache.get(_progress_key(imported)) if imported.state in AT_WORK else None


def _progress_key(imported: Import) -> str:
    return f"import:{imported.uuid}"


def _tick(imported: Import, done: int, total: int) -> None:
    cache.set(_progress_key(imported), (done, total), timeout=600)


def _kind(imported: Import) -> kinds.Kind:
    return kinds.kinds()[imported.kind](imported.by)


def _read(imported: Import) -> None:
    columns = imported.columns or None
    try:
        content = content_of(imported, What.SOURCE)
        plan = planning.go_through(_kind(imported), content, columns, tick=partial(_tick, imported))
    except Unreadable as error:
        plan, code = None, error.code
    with transaction.atomic():
        now = Import.objects.select_for_update().filter(pk=imported.pk, state=State.READING).first()
        if now is None or (now.columns or None) != columns:
            return
        if plan is None:
            _to(now, State.FAILED, failure=code)
            _drop(now.files.all())
            return
        failure = now.failure  # why it was not applied, if that is why it is read again
        _to(now, State.READY, columns=plan.columns, counts=_counts(plan), digest=plan.digest, failure=failure)
        _drop(now.files.exclude(what=What.SOURCE))
        days = settings.PROGRAMME["import_file_days"]
        _keep(now, What.PREVIEW, _packed(plan.preview), days)
        _keep(now, What.REPORT, plan.report, days)


def _packed(value) -> bytes:
    packed = planning.Packed()
    packed.add(value)
    return packed.content()


def _apply(imported: Import) -> None:
    try:
        with transaction.atomic():
            _apply_whole(imported)
    except (Changed, IntegrityError):
        _back(imported, "changed")
    except Unreadable as error:
        _back(imported, error.code)


@transaction.atomic
def _back(imported: Import, failure: str) -> None:
    """Nothing was done: it is read once more, to be looked at as things are now."""
    if now := Import.objects.select_for_update().filter(pk=imported.pk, state=State.APPLYING).first():
        _to(now, State.READING, failure=failure)


def _apply_whole(imported: Import) -> None:
    now = Import.objects.select_for_update(of=("self",)).select_related("by").filter(pk=imported.pk).first()
    if now is None or now.state != State.APPLYING:
        return
    content = content_of(now, What.SOURCE)
    plan = planning.go_through(_kind(now), content, now.columns, write=True, tick=partial(_tick, now))
    if plan.digest != now.digest:
        raise Changed
    _drop(now.files.exclude(what=What.REPORT))
    _keep(now, What.UNDO, plan.undo, settings.PROGRAMME["import_undo_days"])
    _to(now, State.APPLIED, applied_at=timezone.now(), counts=_counts(plan))
    audit.record(now, "import.apply", now.by, kind=now.kind, **now.counts)


def _counts(plan: planning.Plan) -> dict:
    return {**plan.counts, "reasons": plan.preview["reasons"]}


def _undo(imported: Import) -> None:
    with transaction.atomic():
        now = Import.objects.select_for_update(of=("self",)).select_related("by").filter(pk=imported.pk).first()
        if now is None or now.state != State.UNDOING:
            return
        undone = undoing.take_back(_kind(now), content_of(now, What.UNDO))
        _drop(now.files.all())
        _keep(now, What.REPORT, undone.report, settings.PROGRAMME["import_file_days"])
        _to(now, State.UNDONE, undone_at=timezone.now(), counts=now.rows | undone.counts | {"reasons": undone.reasons})
        audit.record(now, "import.undone", None, kind=now.kind, **undone.counts, reasons=undone.reasons)


# --- its files ---------------------------------------------------------------------------------------------------


def content_of(imported: Import, what: str) -> bytes:
    """Raises `Unreadable` (`lost`) where there is no such file, or its key is gone."""
    kept = ImportFile.objects.filter(of=imported, what=what).first()
    try:
        if kept is not None:
            return b"".join(files.read(kept.stored_name, kept.sealed_key))
    except (crypto.Unreadable, OSError) as error:
        raise Unreadable("lost") from error
    raise Unreadable("lost")


def _keep(imported: Import, what: str, content: bytes, days: int) -> None:
    stored = files.store(content, MIME)
    ImportFile.objects.create(
        of=imported,
        what=what,
        stored_name=stored.name,
        sealed_key=stored.sealed_key,
        ends_at=timezone.now() + timedelta(days=days),
    )


def _drop(kept: QuerySet[ImportFile]) -> None:
    """The rows, and with them the only keys, at once; the files on commit."""
    names = list(kept.values_list("stored_name", flat=True))
    kept.delete()
    for name in names:
        transaction.on_commit(partial(files.erase, name), robust=True)


def tidy(now: datetime) -> None:
    """Every few minutes: deletes what is over, and does what no worker has finished."""
    with transaction.atomic():
        _drop(ImportFile.objects.filter(ends_at__lte=now))
        _forget(Import.objects.filter(_never_applied(), created_at__lte=now - _days()))
    for pk in Import.objects.filter(state__in=AT_WORK, state_since__lt=now - AGAIN_AFTER).values_list("pk", flat=True):
        work(pk)


def _days() -> timedelta:
    return timedelta(days=settings.PROGRAMME["import_file_days"])


def _never_applied() -> Q:
    return Q(state__in=[State.READING, State.READY, State.FAILED])


def _forget(imports: QuerySet[Import]) -> None:
    _drop(ImportFile.objects.filter(of__in=imports))
    imports.delete()


def old(on: date) -> QuerySet[Import]:
    """Lists whose days are over and of which something is still here, but for what undoing needs: that names nobody."""
    lists = ImportFile.objects.filter(of=OuterRef("pk")).exclude(what=What.UNDO)
    return Import.objects.filter(
        Exists(lists) | _never_applied(), created_at__date__lt=SCHEDULE["lists"].limit(on)
    ).exclude(state__in=[State.APPLYING, State.UNDOING])


@transaction.atomic
def drop_old(on: date) -> list[str]:
    """The same for the report of the night, should the other not run; returns the codes."""
    found = list(old(on))
    keys = [imported.pk for imported in found]
    _drop(ImportFile.objects.filter(of__in=keys).exclude(what=What.UNDO))
    _forget(Import.objects.filter(_never_applied(), pk__in=keys))
    return [imported.code for imported in found]
