"""Papers to upload, made by code."""

from __future__ import annotations

import io
import zipfile

import pikepdf
from PIL import Image


def a_pdf(catalog: bytes = b"", page: bytes = b"", more: bytes = b"") -> bytes:
    """One empty page. `catalog` and `page` are further entries of these dictionaries, `more` further objects."""
    return (
        b"%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R" + catalog + b">>endobj\n"
        b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
        b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 90 90]" + page + b">>endobj\n"
        + more + b"trailer<</Root 1 0 R/Size 10>>\n%%EOF\n"
    )  # fmt: skip


def written(pdf: bytes, **options) -> bytes:
    """The same file as a program saves it, with `options` of `pikepdf.Pdf.save`."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        opened.save(out, **options)
    return out.getvalue()


def a_picture(image_format: str, size=(40, 30), mode: str = "RGB", **options) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size).save(out, image_format, **options)
    return out.getvalue()


PARTS = {
    "docx": {"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<document><body/></document>"},
    "xlsx": {"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<workbook/>"},
    "odt": {"mimetype": b"application/vnd.oasis.opendocument.text", "content.xml": b"<document/>"},
    "ods": {"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": b"<document/>"},
}


def a_document(kind: str, **parts: bytes) -> bytes:
    """The smallest document of an office program, with further or other `parts` by their names in the archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (PARTS[kind] | parts).items():
            archive.writestr(name, content)
    return out.getvalue()
