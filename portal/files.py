"""Private files: judged by content, encrypted, never under MEDIA_ROOT, served by `serve()` after the caller's check.

Each file has a random key of its own, sealed by the key ring, and is stored in records of 64 KiB under a random
name. The record's number and a last-record mark are bound into each record: truncation, reordering and exchange
with another file are noticed. Destroying the sealed key erases the file in every backup.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import uuid
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import filetype
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import StreamingHttpResponse
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps

from portal import crypto

RECORD_BYTES = 64 * 1024
MAX_PIXELS = 40_000_000
IMAGES = {"image/jpeg": "JPEG", "image/png": "PNG"}
EXTENSIONS = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png"}
# Whole names only, the short ones with a value behind them: a font is called "/AAAAAB+Arial", a picture holds any bytes.
# "/OpenAction [" is no action but the page that is shown first.
ACTIVE_PDF = re.compile(
    rb"/(?:JavaScript|Launch|EmbeddedFiles?|RichMedia|XFA|SubmitForm|ImportData)(?![^\0\t\n\f\r ()<>\[\]{}/%])"
    rb"|/(?:JS|AA|OpenAction)[\0\t\n\f\r ]*[(<%\d]"
)
ESCAPED = re.compile(rb"#([2-7][0-9A-Fa-f])")  # "/J#53" is "/JS"


@dataclass(frozen=True)
class StoredFile:
    name: str
    sealed_key: bytes
    sha256: str
    mime: str
    size: int


def clean_upload(upload: UploadedFile) -> tuple[bytes, str]:
    """The content that may be stored and its type: PDF, JPEG or PNG, judged by content, the name thrown away.

    Images come back re-encoded, without metadata. Raises `ValidationError` for anything else, for files over
    `EVIDENCE_MAX_BYTES`, for pictures over 40 megapixels and for PDFs that carry active content.
    """
    if upload.size > settings.EVIDENCE_MAX_BYTES:
        raise ValidationError(
            _("The file is larger than %(limit)s. Send a smaller scan or a photo."),
            params={"limit": filesizeformat(settings.EVIDENCE_MAX_BYTES)},
            code="too_large",
        )
    content = upload.read()
    kind = filetype.guess(content)
    mime = kind.mime if kind else ""
    if mime in IMAGES:
        return _reencode(content, IMAGES[mime]), mime
    if mime != "application/pdf" or b"%%EOF" not in content[-2048:]:
        raise ValidationError(
            _("This is not a PDF, JPEG or PNG file. Send a scan or a photo of the paper."), code="wrong_type"
        )
    if ACTIVE_PDF.search(ESCAPED.sub(lambda code: bytes.fromhex(code[1].decode()), content)):
        raise ValidationError(
            _("This PDF contains scripts or attached files. Print it to a new PDF or send a photo."),
            code="active",
        )
    return content, mime


def _reencode(content: bytes, image_format: str) -> bytes:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(content), formats=[image_format])
            if image.width * image.height > MAX_PIXELS:
                raise ValidationError(_("The picture is too large. Take a smaller photo."), code="too_many_pixels")
            image = ImageOps.exif_transpose(image)  # how the phone was held is metadata too: turn, then forget
    except ValidationError:
        raise
    except Exception as error:  # whatever a decoder throws at a hostile file
        raise ValidationError(_("The picture cannot be read. Take the photo again."), code="broken") from error
    out = io.BytesIO()
    clean = image.convert("RGB")
    clean.info.clear()
    clean.save(out, image_format, **({"quality": 88} if image_format == "JPEG" else {}))
    return out.getvalue()


def _path(name: str) -> Path:
    return settings.PRIVATE_ROOT / name[:2] / name


def _nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(11, "big") + (b"\x01" if last else b"\x00")


def store(content: bytes, mime: str) -> StoredFile:
    """Writes the encrypted file and flushes it to disk before it returns."""
    name, key = uuid.uuid4().hex, os.urandom(32)
    cipher, path = AESGCM(key), _path(name)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with path.open("xb") as out:
        count = max(1, -(-len(content) // RECORD_BYTES))
        for number in range(count):
            record = content[number * RECORD_BYTES : (number + 1) * RECORD_BYTES]
            out.write(cipher.encrypt(_nonce(number, number == count - 1), record, name.encode()))
        out.flush()
        os.fsync(out.fileno())
    path.chmod(0o600)
    return StoredFile(name, crypto.seal(key, f"file.{name}"), hashlib.sha256(content).hexdigest(), mime, len(content))


def read(name: str, sealed_key: bytes) -> Iterator[bytes]:
    """The plain records, in order. Raises `crypto.Unreadable` at the first one that was changed."""
    cipher = AESGCM(crypto.unseal(sealed_key, f"file.{name}"))
    size = RECORD_BYTES + 16
    with _path(name).open("rb") as source:
        number, record = 0, source.read(size)
        while True:
            following = source.read(size)
            try:
                yield cipher.decrypt(_nonce(number, not following), record, name.encode())
            except InvalidTag as error:
                raise crypto.Unreadable from error
            if not following:
                return
            number, record = number + 1, following


def erase(name: str) -> None:
    _path(name).unlink(missing_ok=True)


def serve(name: str, sealed_key: bytes, mime: str, shown_as: str) -> StreamingHttpResponse:
    """The file as a download that no browser runs and no cache keeps. The caller has checked and logged the reader."""
    response = StreamingHttpResponse(read(name, sealed_key), content_type=mime)
    response["Content-Disposition"] = f'attachment; filename="{shown_as}.{EXTENSIONS[mime]}"'
    response["Cache-Control"] = "private, no-store"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    return response
