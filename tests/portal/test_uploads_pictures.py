"""Pictures are encoded anew; what is none is refused, whatever its name says."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from types import SimpleNamespace

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import InMemoryUploadedFile, SimpleUploadedFile
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from portal import uploads
from tests.papers import a_picture

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
GPS = {1: "N", 2: (42.0, 54.0, 0.0), 3: "E", 4: (71.0, 22.0, 0.0)}  # of Taraz


def clean(content: bytes, name: str = "photo.jpg") -> bytes:
    return uploads.clean_upload(SimpleUploadedFile(name, content))[0]


def refusal(content: bytes, name: str = "photo.jpg") -> str:
    with pytest.raises(ValidationError) as refused:
        clean(content, name)
    assert refused.value.messages[0]
    return refused.value.code


def a_zip(content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", content)
    return out.getvalue()


def huge_png(width: int, height: int) -> bytes:
    """Says that it has so many dots, and has none."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack("!L", len(data)) + kind + data + struct.pack("!L", zlib.crc32(kind + data))

    header = struct.pack("!LLBBBBB", width, height, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(99))) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("virus.pdf", b"MZ\x90\x00" + bytes(500)),
        ("eicar.pdf", EICAR),
        ("page.pdf", b"<html><script>alert(1)</script></html>"),
        ("page.jpg", b"<!doctype html><script>alert(1)</script>"),
        ("drawing.jpg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>"),
        ("drawing.png", b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'><script>x()</script></svg>"),
        ("script.jpg", b"GIF89a/*" + bytes(20) + b"*/=1;alert(1)"),
        ("polyglot.pdf", b"GIF89a;%PDF-1.7\n%%EOF"),
        ("moving.gif", a_picture("GIF", save_all=True, append_images=[Image.new("RGB", (40, 30), "red")])),
        ("moving.png", a_picture("PNG", save_all=True, append_images=[Image.new("RGB", (40, 30), "red")])),
        ("photo.webp", a_picture("WEBP")),
        ("scan.tiff", a_picture("TIFF")),
        ("paper.docx", a_zip(b"x")),
        ("bomb.jpg", a_zip(bytes(50_000_000))),
        ("empty.jpg", b""),
        ("one.jpg", b"\xff"),
        ("paper.jpg.exe", b"MZ" + bytes(100)),
    ],
)
def test_what_is_neither_pdf_nor_jpeg_nor_png_is_refused(name, content):
    assert refusal(content, name) == "wrong_type"


@pytest.mark.parametrize("name", ["photo.exe", "photo.jpg.php", "../../photo", "a\0b.jpg", "gpj.\u202exe", "Сурет.JPG"])
def test_the_name_decides_nothing(name):
    assert Image.open(io.BytesIO(clean(a_picture("JPEG"), name))).format == "JPEG"


def test_a_photo_of_a_phone_that_no_page_can_show_is_refused_with_advice():
    heic = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(200)
    assert refusal(heic, "IMG_0001.HEIC") == "heic"


def test_a_file_of_60_mb_is_refused_before_it_is_read():
    upload = SimpleNamespace(size=60 * 1024 * 1024, read=lambda: pytest.fail("it was read"))
    with pytest.raises(ValidationError, match="20") as refused:
        uploads.clean_upload(upload)
    assert refused.value.code == "too_large"


@pytest.mark.parametrize(
    "content",
    [
        a_picture("PNG", (12_000, 12_000), "1"),
        huge_png(30_000, 30_000),
        huge_png(2**31 - 1, 2**31 - 1),
        a_picture("JPEG", (8_000, 6_000), "L"),
    ],
    ids=["144 megapixels", "900", "more than there are", "48"],
)
def test_too_many_dots_are_refused(content):
    assert refusal(content) == "too_many_pixels"


@pytest.mark.parametrize(
    "content",
    [
        a_picture("JPEG", (400, 300))[:700],
        a_picture("JPEG")[:200],
        b"\xff\xd8\xff\xe0" + bytes(200),
        a_picture("PNG")[:60],
        huge_png(3_000, 3_000),
        huge_png(0, 0),
    ],
)
def test_a_picture_that_was_cut_or_made_up_is_refused(content):
    assert refusal(content) == "broken"


@pytest.mark.parametrize("image_format", ["JPEG", "PNG"])
@given(data=st.data())
def test_a_damaged_picture_is_read_or_refused_and_never_an_error(image_format, data):
    content = bytearray(a_picture(image_format, (64, 48)))
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=20)):
        content[place] = data.draw(st.integers(0, 255))
    try:
        assert clean(bytes(content[: data.draw(st.integers(1, len(content)))]))
    except ValidationError as refused:
        assert refused.code in {"broken", "wrong_type", "too_many_pixels"}


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_every_kind_of_jpeg_comes_out_in_plain_colours(mode):
    kept = Image.open(io.BytesIO(clean(a_picture("JPEG", mode=mode))))
    assert (kept.format, kept.mode, kept.size) == ("JPEG", "RGB", (40, 30))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_kind_of_png_comes_out_in_plain_colours(mode):
    kept = Image.open(io.BytesIO(clean(a_picture("PNG", mode=mode), "scan.png")))
    assert (kept.format, kept.mode, kept.size) == ("PNG", "RGB", (40, 30))


def test_a_scan_of_16_bits_keeps_its_greys():
    scan = io.BytesIO()
    Image.new("I;16", (40, 30), 32768).save(scan, "PNG")
    assert Image.open(io.BytesIO(clean(scan.getvalue()))).getpixel((0, 0)) == (128, 128, 128)


def test_what_can_be_seen_through_lies_on_white():
    seen = Image.open(io.BytesIO(clean(a_picture("PNG", mode="RGBA"))))
    assert seen.getpixel((0, 0)) == (255, 255, 255)


def test_a_photo_loses_all_that_the_camera_wrote_beside_it():
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    exif.get_ifd(0x8825).update(GPS)
    photo = a_picture("JPEG", exif=exif, comment=b"my camera", xmp=b"<x:xmpmeta>owner</x:xmpmeta>")
    assert Image.open(io.BytesIO(photo)).getexif().get_ifd(0x8825)
    kept = clean(photo)
    assert not Image.open(io.BytesIO(kept)).getexif()
    assert not [word for word in (b"Exif", b"taken", b"my camera", b"owner") if word in kept]


def test_a_png_loses_its_texts():
    from PIL.PngImagePlugin import PngInfo  # noqa: PLC0415 - only here

    notes = PngInfo()
    notes.add_itxt("Author", "Serik")
    exif = Image.Exif()
    exif.get_ifd(0x8825).update(GPS)
    kept = clean(a_picture("PNG", pnginfo=notes, exif=exif))
    assert b"Serik" not in kept and b"eXIf" not in kept


@pytest.mark.parametrize("extra", [a_zip(b"x"), b"<script>alert(1)</script>", EICAR])
def test_what_was_glued_to_a_picture_stays_out(extra):
    assert extra not in clean(a_picture("JPEG", comment=extra) + extra)


def test_a_photo_taken_sideways_stands_upright():
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    assert Image.open(io.BytesIO(clean(a_picture("JPEG", exif=exif)))).size == (30, 40)


def test_no_upload_lies_in_a_temporary_file_in_clear():
    request = RequestFactory().post("/", {"paper": SimpleUploadedFile("scan.pdf", bytes(19 * 1024 * 1024))})
    assert type(request.FILES["paper"]) is InMemoryUploadedFile
