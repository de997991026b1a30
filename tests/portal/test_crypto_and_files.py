import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal import crypto, files

PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


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
