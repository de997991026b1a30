import io
import uuid
from types import SimpleNamespace

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from portal import crypto, files

PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


@given(st.binary(max_size=2000))
def test_what_is_sealed_opens_again(plain):
    assert crypto.unseal(crypto.seal(plain, "a.b"), "a.b") == plain


def test_a_sealed_value_opens_only_where_it_belongs():
    sealed = crypto.seal(b"581028310339", "volunteers.person.iin.1")
    with pytest.raises(crypto.Unreadable):
        crypto.unseal(sealed, "volunteers.person.iin.2")


def test_a_changed_sealed_value_is_refused():
    sealed = bytearray(crypto.seal(b"secret", "a"))
    sealed[-1] ^= 1
    with pytest.raises(crypto.Unreadable):
        crypto.unseal(bytes(sealed), "a")


def test_lookup_hash_depends_on_the_purpose():
    assert crypto.lookup_hash("1", "iin") == crypto.lookup_hash("1", "iin") != crypto.lookup_hash("1", "phone")


@pytest.mark.parametrize("size", [0, 1, files.RECORD_BYTES - 1, files.RECORD_BYTES, files.RECORD_BYTES + 1, 200_000])
def test_a_stored_file_comes_back_whole_and_lies_encrypted(size, settings):
    content = (b"Certificate 42 " * (size // 15 + 1))[:size]
    stored = files.store(content, "application/pdf")
    assert b"".join(files.read(stored.name, stored.sealed_key)) == content
    on_disk = (settings.PRIVATE_ROOT / stored.name[:2] / stored.name).read_bytes()
    assert b"Certificate" not in on_disk


@pytest.mark.parametrize("damage", ["flip", "truncate", "swap"])
def test_a_damaged_file_is_noticed(damage, settings):
    stored = files.store(b"x" * 150_000, "application/pdf")
    path = settings.PRIVATE_ROOT / stored.name[:2] / stored.name
    body = path.read_bytes()
    other = files.store(b"y" * 150_000, "application/pdf")
    changed = {
        "flip": body[:70_000] + bytes([body[70_000] ^ 1]) + body[70_001:],
        "truncate": body[: files.RECORD_BYTES + 16],
        "swap": (settings.PRIVATE_ROOT / other.name[:2] / other.name).read_bytes(),
    }[damage]
    path.write_bytes(changed)
    with pytest.raises(crypto.Unreadable):
        list(files.read(stored.name, stored.sealed_key))


def picture(image_format: str, size=(40, 30), mode="RGB", **options) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size).save(out, image_format, **options)
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "mime"),
    [
        ("scan.pdf", PDF, "application/pdf"),
        ("АНЫҚТАМА.PDF", PDF, "application/pdf"),
        ("photo.JPG", picture("JPEG"), "image/jpeg"),
        ("photo.png", picture("PNG"), "image/png"),
        # What office programs write: a font's name, and the page that is shown first.
        ("office.pdf", PDF.replace(b"/Catalog", b"/Catalog/OpenAction[1 0 R /XYZ null null 0]"), "application/pdf"),
        ("mac.pdf", PDF.replace(b"/Catalog", b"/Font/BaseFont/AAAAAB+Arial"), "application/pdf"),
    ],
)
def test_papers_are_accepted(name, content, mime):
    assert files.clean_upload(SimpleUploadedFile(name, content))[1] == mime


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("virus.pdf", b"MZ\x90\x00" + b"\0" * 500, "wrong_type"),
        ("eicar.pdf", EICAR, "wrong_type"),
        ("page.pdf", b"<html><script>alert(1)</script></html>", "wrong_type"),
        ("drawing.png", b"<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>", "wrong_type"),
        ("empty.pdf", b"", "wrong_type"),
        ("half.pdf", b"%PDF-1.7\nno end", "wrong_type"),
        ("script.pdf", PDF.replace(b"/Catalog", b"/Catalog/OpenAction 2 0 R"), "active"),
        ("button.pdf", PDF.replace(b"/Catalog", b"/Catalog/AA<</O 2 0 R>>"), "active"),
        ("hidden.pdf", PDF.replace(b"/Catalog", b"/Action/S/Java#53cript/J#53 (app.alert\\(1\\))"), "active"),
        ("attached.pdf", PDF.replace(b"/Catalog", b"/Catalog/Names<</EmbeddedFiles 2 0 R>>"), "active"),
        ("broken.jpg", picture("JPEG")[:200], "broken"),
    ],
)
def test_other_files_are_refused(name, content, code):
    with pytest.raises(ValidationError) as refusal:
        files.clean_upload(SimpleUploadedFile(name, content))
    assert refusal.value.code == code


def test_a_file_of_60_mb_is_refused_before_it_is_read():
    upload = SimpleNamespace(size=60 * 1024 * 1024, read=lambda: pytest.fail("it was read"))
    with pytest.raises(ValidationError, match="20"):
        files.clean_upload(upload)


def test_a_picture_of_144_megapixels_is_refused():
    with pytest.raises(ValidationError):
        files.clean_upload(SimpleUploadedFile("bomb.png", picture("PNG", (12_000, 12_000), "1")))


def test_a_photo_loses_its_metadata():
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    content, _mime = files.clean_upload(SimpleUploadedFile("p.jpg", picture("JPEG", exif=exif)))
    assert b"taken at home" not in content


def test_a_photo_taken_sideways_stands_upright():
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    content, _mime = files.clean_upload(SimpleUploadedFile("p.jpg", picture("JPEG", (40, 30), exif=exif)))
    assert Image.open(io.BytesIO(content)).size == (30, 40)


def test_served_files_are_downloads_that_no_cache_keeps():
    stored = files.store(PDF, "application/pdf")
    response = files.serve(stored.name, stored.sealed_key, stored.mime, "C-1")
    assert response["Content-Disposition"] == 'attachment; filename="C-1.pdf"'
    assert "no-store" in response["Cache-Control"]
    assert "sandbox" in response["Content-Security-Policy"]
    assert b"".join(response.streaming_content) == PDF


def test_sealed_text_is_bound_to_its_row(db):
    from volunteers.models import Person  # noqa: PLC0415 - only here

    one, two = Person(uuid=uuid.uuid4()), Person(uuid=uuid.uuid4())
    one.iin = "581028310339"
    two.iin_sealed = one.iin_sealed
    assert one.iin == "581028310339"
    with pytest.raises(crypto.Unreadable):
        _ = two.iin
