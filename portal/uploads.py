"""What may be stored of an upload: a PDF, JPEG or PNG judged by its content. Its name is thrown away, a picture is
encoded anew, a PDF is written anew by a process of its own (`portal.pdf`), and clamd is asked where there is one."""

from __future__ import annotations

import contextlib
import io
import logging
import subprocess
import sys
from pathlib import Path

import filetype
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps

from portal import scanner, watch

MAX_PIXELS = 40_000_000
IMAGES = {"image/jpeg": "JPEG", "image/png": "PNG"}
HEIC = {"image/heic", "image/heif"}
PDF = "application/pdf"
ACCEPT = ".pdf,.jpg,.jpeg,.png,application/pdf,image/jpeg,image/png"  # an iPhone then sends its photos as JPEG
PDF_SCRIPT = Path(__file__).with_name("pdf.py")
PDF_SECONDS = 30
PDF_REFUSALS = {
    "active": _("This PDF contains scripts or attached files. Print it to a new PDF or send a photo."),
    "locked": _("This PDF asks for a password. Save it without a password or send a photo."),
    "broken": _("This PDF cannot be read. Print it to a new PDF or send a photo."),
}
logger = logging.getLogger(__name__)


def clean_upload(upload: UploadedFile) -> tuple[bytes, str]:
    """The content that may be stored and its type.

    Raises `ValidationError` with a sentence for its sender: `too_large` (over `EVIDENCE_MAX_BYTES`), `wrong_type`,
    `heic`, `too_many_pixels` (over 40 megapixels), `broken`, `active` (a PDF with scripts, actions or files in it),
    `locked` (a PDF that wants a password), `infected`, and `not_scanned` when there is a scanner that does not answer.
    """
    try:
        return _judged(upload)
    except ValidationError as refusal:
        watch.note("upload_refused", why=refusal.code)
        raise


def _judged(upload: UploadedFile) -> tuple[bytes, str]:
    if upload.size > settings.EVIDENCE_MAX_BYTES:
        raise ValidationError(
            _("The file is larger than %(limit)s. Send a smaller scan or a photo."),
            params={"limit": filesizeformat(settings.EVIDENCE_MAX_BYTES)},
            code="too_large",
        )
    content = upload.read()
    mime = filetype.guess_mime(content)
    if mime in HEIC:
        raise ValidationError(
            _("This photo is in a format that we cannot open (HEIC). Take a screenshot of it and send the screenshot."),
            code="heic",
        )
    if mime != PDF and mime not in IMAGES:
        raise ValidationError(
            _("This is not a PDF, JPEG or PNG file. Send a scan or a photo of the paper."), code="wrong_type"
        )
    ask_scanner(content)
    return (_rewritten(content) if mime == PDF else _reencoded(content, IMAGES[mime])), mime


def ask_scanner(content: bytes) -> None:
    """Returns if there is no scanner or it finds nothing. Raises `ValidationError`: `infected`, `not_scanned`."""
    try:
        scanner.scan(content)
    except scanner.Infected as virus:
        logger.warning("upload refused: %s", virus)
        raise ValidationError(
            _("The virus scanner found something harmful in this file. Send another scan or a photo."), code="infected"
        ) from virus
    except scanner.NoAnswer as error:
        logger.error("virus scanner: %s; uploads are refused until it answers", error)
        raise ValidationError(
            _("Files cannot be checked for viruses at the moment. Please try again in an hour."), code="not_scanned"
        ) from error


def _rewritten(content: bytes) -> bytes:
    word = ""
    if b"%%EOF" in content[-2048:]:  # else it was cut off on its way
        command = [sys.executable, "-I", str(PDF_SCRIPT)]
        with contextlib.suppress(subprocess.TimeoutExpired):
            done = subprocess.run(command, input=content, capture_output=True, timeout=PDF_SECONDS, env={})  # noqa: S603
            if done.returncode == 0:
                return done.stdout
            word = done.stderr.decode(errors="replace").strip().rpartition("\n")[2].partition(":")[0]
    if word not in PDF_REFUSALS:
        logger.warning("PDF refused: %s", word or "cut off or too slow")  # the name of an error, no words of the file
        word = "broken"
    raise ValidationError(PDF_REFUSALS[word], code=word)


def _reencoded(content: bytes, image_format: str) -> bytes:
    """A new picture with the same dots on white, turned as the camera was held: nothing else of the file is kept."""
    try:
        image = Image.open(io.BytesIO(content), formats=[image_format])
        if image.width * image.height > MAX_PIXELS:
            raise Image.DecompressionBombError
        ImageOps.exif_transpose(image, in_place=True)
        if image.mode.startswith("I"):  # 16 bits a dot, as scanners write; Pillow itself would make it all white
            image = image.point(lambda dot: dot / 256).convert("L")
        if image.has_transparency_data:
            image = image.convert("RGBA")
        clean, out = Image.new("RGB", image.size, "white"), io.BytesIO()
        clean.paste(image, mask=image if image.mode == "RGBA" else None)
        clean.save(out, image_format, quality=88)
    except Image.DecompressionBombError as error:
        text = _("The picture is too large. Take a smaller photo.")
        raise ValidationError(text, code="too_many_pixels") from error
    except Exception as error:  # whatever a decoder throws at a hostile file
        raise ValidationError(_("The picture cannot be read. Take the photo again."), code="broken") from error
    return out.getvalue()
