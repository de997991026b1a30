"""What is taken of the pictures and documents that an editor uploads."""

from __future__ import annotations

import io
from pathlib import Path

import filetype
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.core.validators import FileExtensionValidator
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from PIL import Image as PillowImage
from PIL import ImageOps
from wagtail.documents.forms import BaseDocumentForm
from wagtail.images.fields import WagtailImageField
from wagtail.images.forms import BaseImageForm
from wagtail.models import ReferenceIndex

from content import office
from content.pictures import KINDS, specs
from portal.uploads import ask_scanner, clean_upload

HEAD = 8192  # bytes that tell what a file is
LARGEST_SIDE = 2560  # pixels: twice what a page shows on a wide screen


class PictureField(WagtailImageField):
    """Wagtail's, for which a file that begins like a picture and is none is an error of the server."""

    def check_image_pixel_size(self, f):
        try:
            super().check_image_pixel_size(f)
        except ValidationError:
            raise
        except Exception as error:  # whatever a decoder throws at a hostile file
            raise ValidationError(self.error_messages["invalid_image"], code="invalid_image") from error


class PictureForm(BaseImageForm):
    """Takes a picture from an editor. What the camera wrote beside it (place, time, owner) is not kept."""

    def __init__(self, *args, **kwargs):
        if file := self.base_fields.get("file"):
            # Made for each form: the field puts its sentences into the language that is on when it is made.
            self.base_fields = self.base_fields | {"file": PictureField(label=file.label)}
        super().__init__(*args, **kwargs)

    def save(self, commit=True):
        """Where another file takes the place of one that pages show, its sizes are made at once."""
        replaces = commit and "file" in self.changed_data and bool(self.original_file)
        image = super().save(commit)
        if replaces and ReferenceIndex.get_references_to(image).exists():
            transaction.on_commit(lambda: image.get_renditions(*specs(image)), robust=True)
        return image

    def clean_file(self):
        file = self.cleaned_data["file"]
        return clean_picture(file) if isinstance(file, UploadedFile) else file


def clean_picture(upload: UploadedFile) -> UploadedFile:
    """The picture made anew: turned as the camera was held, no side longer than LARGEST_SIDE, with its colour profile and
    without any other metadata. Its kind stays. The field before it has refused what is no JPEG or PNG, or too large. Raises
    `ValidationError`: `broken`, and what the scanner says."""
    kind = KINDS[Path(upload.name).suffix.lower()]
    upload.seek(0)
    ask_scanner(upload.read())
    upload.seek(0)
    try:
        with PillowImage.open(upload) as opened:
            profile = opened.info.get("icc_profile")
            picture = ImageOps.exif_transpose(opened)
        picture.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
    except Exception as error:  # whatever a decoder throws at a hostile file
        raise ValidationError(_("The picture cannot be read. Take the photo again."), code="broken") from error
    if kind == "JPEG" or not picture.has_transparency_data:
        picture = picture.convert("RGB")
    else:
        picture = picture.convert("RGBA")
    picture.info.clear()
    out = io.BytesIO()
    picture.save(out, kind, optimize=True, icc_profile=profile, **({"quality": 90} if kind == "JPEG" else {}))
    return SimpleUploadedFile(upload.name, out.getvalue(), f"image/{kind.lower()}")


class DocumentForm(BaseDocumentForm):
    """Takes a document from an editor, if its content is what its name says and nothing in it runs or is fetched. A PDF is
    written anew, as papers are."""

    def clean_file(self):
        file = self.cleaned_data["file"]
        if not isinstance(file, UploadedFile):
            return file
        FileExtensionValidator(settings.WAGTAILDOCS_EXTENSIONS)(file)
        return clean_document(file)

    def _update_errors(self, errors):
        """The document does not get a file that was refused, and would say that its empty name ends wrongly."""
        others = {
            name: found for name, found in errors.error_dict.items() if not (name == "file" and self.has_error(name))
        }
        super()._update_errors(ValidationError(others))


def clean_document(upload: UploadedFile) -> UploadedFile:
    """What may be offered to everybody. Raises `ValidationError` with a sentence for the editor: `wrong_type` (not what its
    name says), and the codes of `portal.uploads.clean_upload` (a PDF) and `content.office.check`."""
    if not _is_what_its_name_says(upload):
        text = _("This file is not what its name says: its content is of another kind.")
        raise ValidationError(text, code="wrong_type")
    kind = Path(upload.name).suffix.lower().lstrip(".")
    if kind == "pdf":
        content, mime = clean_upload(upload)
        return SimpleUploadedFile(upload.name, content, mime)
    content = upload.read()
    upload.seek(0)
    ask_scanner(content)
    if kind in office.KINDS:
        office.check(content, kind)
    return upload


def _is_what_its_name_says(upload: UploadedFile) -> bool:
    said, head = Path(upload.name).suffix.lower().lstrip("."), upload.read(HEAD)
    upload.seek(0)
    found = filetype.guess_extension(head)
    if said in office.KINDS:  # each a ZIP archive, and not every writer begins it in the same way
        return found in {said, "zip"}
    if said == "vtt":
        return head.startswith((b"WEBVTT", b"\xef\xbb\xbfWEBVTT"))
    return found == said if said != "txt" else found is None and b"\0" not in head
