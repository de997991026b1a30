"""The picture on a mentor's badge: his own, small, encrypted like every file about a person."""

from __future__ import annotations

import io

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from PIL import Image

from portal import audit, files, uploads
from portal.models import User
from portal.refusals import NotAllowed, Reason
from volunteers.models import Person
from volunteers.services import guards

SIDE = 400  # pixels, the longer one at most


def clean_photo(upload: UploadedFile) -> tuple[bytes, str]:
    """A small JPEG without metadata, of a JPEG or PNG judged by content. Raises `ValidationError` for anything else."""
    content, mime = uploads.clean_upload(upload)
    if mime not in uploads.IMAGES:
        raise ValidationError(_("Please choose a photo: JPEG or PNG."), code="no_picture")
    picture = Image.open(io.BytesIO(content))
    picture.thumbnail((SIDE, SIDE))
    out = io.BytesIO()
    picture.convert("RGB").save(out, "JPEG", quality=85)
    return out.getvalue(), "image/jpeg"


@transaction.atomic
def set_photo(*, person: Person, by: User, photo: tuple[bytes, str]) -> None:
    """Keeps what `clean_photo` returned in place of the former picture, whose file is erased. Raises `NotAllowed`
    (`not_yours`) for anybody but himself."""
    person = _lock(person, by)
    former, stored = person.photo_name, files.store(*photo)
    person.photo_name, person.photo_key, person.photo_mime = stored.name, stored.sealed_key, stored.mime
    _save(person, by, former, "photo")


@transaction.atomic
def remove_photo(*, person: Person, by: User) -> None:
    """The picture is erased; without one nothing happens. Raises `NotAllowed` (`not_yours`)."""
    person = _lock(person, by)
    if former := person.photo_name:
        person.photo_name, person.photo_key, person.photo_mime = "", None, ""
        _save(person, by, former, "photo_removed")


def _lock(person: Person, by: User) -> Person:
    if person.user_id != by.pk:
        raise NotAllowed(Reason("not_yours", _("Only the mentor himself changes his photo.")))
    return guards.lock_person(person.pk)


def _save(person: Person, by: User, former: str, action: str) -> None:
    person.save(update_fields=["photo_name", "photo_key", "photo_mime"])
    audit.record(person, action, by)
    if former:
        transaction.on_commit(lambda: files.erase(former))
