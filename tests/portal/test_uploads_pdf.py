"""PDFs: read object by object, written anew, or refused with a sentence that helps."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import zlib

import pikepdf
import pytest
import typst
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import given, settings
from hypothesis import strategies as st

from portal import uploads
from portal.uploads import PDF_SCRIPT
from tests.papers import a_pdf, a_picture, written

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
PACKED = pikepdf.ObjectStreamMode.generate
SCRIPT = b"/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>"
ATTACHED = b"4 0 obj<</Type/EmbeddedFile/Length %d>>stream\n%s\nendstream endobj\n" % (len(EICAR), EICAR)

MEASURED = """
import runpy, sys
try:
    runpy.run_path(sys.argv[1], run_name="__main__")
finally:
    print(open("/proc/self/status").read())
"""


def clean(content: bytes) -> bytes:
    paper, mime = uploads.clean_upload(SimpleUploadedFile("paper.pdf", content))
    assert mime == "application/pdf"
    return paper


def refusal(content: bytes) -> str:
    with pytest.raises(ValidationError) as refused:
        clean(content)
    assert refused.value.messages[0]
    return refused.value.code


def link(action: bytes) -> bytes:
    return b"/Annots[<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/A<<" + action + b">>>>]"


@pytest.mark.parametrize(
    "paper",
    [
        a_pdf(),
        a_pdf(b"/OpenAction[3 0 R/Fit]"),  # the page that is shown first
        a_pdf(page=link(b"/S/URI/URI(https://egov.kz/check)")),
        a_pdf(page=link(b"/S/GoTo/D[3 0 R/Fit]")),
        a_pdf(more=b"8 0 obj<</Type/Font/BaseFont/AAAAAB+Arial>>endobj\n"),
        a_pdf(more=b"8 0 obj<</Length 9>>stream\n/JS(x)/AA\nendstream endobj\n"),  # any bytes may stand in a picture
        written(a_pdf(), object_stream_mode=PACKED),
        a_picture("PDF", (400, 300)),
        typst.compile("Анықтама № 42".encode()),
    ],
    ids=["plain", "first page", "link", "to page", "font", "bytes", "packed", "scanner", "program"],
)
def test_papers_are_accepted_and_keep_their_pages(paper):
    with pikepdf.open(io.BytesIO(clean(paper))) as kept:
        assert len(kept.pages) == 1


@pytest.mark.parametrize(
    "paper",
    [
        a_pdf(SCRIPT),
        a_pdf(b"/OpenAction 8 0 R", more=b"8 0 obj<</S/JavaScript/JS(x)>>endobj\n"),
        a_pdf(b"/Names<</J#61vaScript<</Names[(a)<</S/J#61vaScript/J#53(x)>>]>>>>"),
        a_pdf(b"/AA<</WC<</S/JavaScript/JS(x)>>>>"),
        a_pdf(page=b"/AA<</O<</S/Named/N/Print>>>>"),
        a_pdf(page=link(b"/S/Launch/F(cmd.exe)")),
        a_pdf(page=link(b"/S/GoToR/F(\\\\\\\\host\\\\share)/D[0/Fit]")),
        a_pdf(page=link(b"/S/SubmitForm/F(http://host/)")),
        a_pdf(page=link(b"/S/URI/URI( JavaScript:alert\\(1\\))")),
        a_pdf(page=link(b"/S/URI/URI(file:///etc/passwd)")),
        a_pdf(b"/Names<</EmbeddedFiles<</Names[(a)<</Type/Filespec/EF<</F 4 0 R>>>>]>>>>", more=ATTACHED),
        a_pdf(page=b"/Annots[<</Type/Annot/Subtype/RichMedia/Rect[0 0 9 9]>>]"),
        a_pdf(b"/AcroForm<</XFA(x)>>"),
        a_pdf(more=b"8 0 obj<</F(other.bin)/Length 0>>stream\n\nendstream endobj\n"),
        a_pdf(more=b"8 0 obj<</S/JavaScript/JS(x)>>endobj\n"),  # that nothing leads to
        written(a_pdf(SCRIPT), object_stream_mode=PACKED),
        written(a_pdf(page=link(b"/S/Launch/F(cmd.exe)")), object_stream_mode=PACKED),
        written(a_pdf(SCRIPT), encryption=pikepdf.Encryption(owner="owner", user="")),
    ],
)  # fmt: skip
def test_a_pdf_that_does_something_is_refused(paper):
    assert refusal(paper) == "active"


def test_the_packed_script_cannot_be_seen_in_the_bytes():
    """Or the test above would prove nothing about compressed object streams."""
    packed = written(a_pdf(SCRIPT), object_stream_mode=PACKED)
    assert b"JavaScript" not in packed and b"OpenAction" not in packed


def test_a_pdf_with_a_password_says_so_and_one_without_is_opened():
    assert refusal(written(a_pdf(), encryption=pikepdf.Encryption(owner="o", user="u"))) == "locked"
    only_printing_forbidden = written(a_pdf(), encryption=pikepdf.Encryption(owner="o", user=""))
    assert b"/Encrypt" in only_printing_forbidden and b"/Encrypt" not in clean(only_printing_forbidden)


@pytest.mark.parametrize("extra", [EICAR, b"PK\x03\x04" + bytes(200), b"<script>alert(1)</script>"])
def test_what_was_glued_to_it_stays_out(extra):
    kept = clean(a_pdf(more=b"% " + extra + b"\n") + extra)
    assert extra not in kept


def test_what_an_earlier_version_showed_stays_out():
    """A changed PDF is the old one with new objects behind it."""
    first = a_pdf(page=b"/Hidden(first)")
    second = first + b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 90 90]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
    assert b"(first)" not in clean(second)


@pytest.mark.parametrize(
    "content",
    [
        b"%PDF-1.7\nno end",
        b"%PDF-1.7\n%%EOF\n",
        b"%PDF-1.7\n" + b"\x00\xff" * 5000 + b"%%EOF",
        a_pdf()[:-7],
        a_pdf(b"/X" + b"[" * 100_000 + b"]" * 100_000),
        b"%PDF-1.7 <html><script>alert(1)</script></html>%%EOF",
    ],
)
def test_what_is_no_pdf_inside_is_refused(content):
    assert refusal(content) == "broken"


SIMPLE = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def test_a_few_objects_in_plain_letters_are_taken_as_they_are():
    assert clean(SIMPLE) == SIMPLE


@pytest.mark.parametrize("extra", [b"/J#53(x)", b"/AA<<>>", b"/Launch", b"<script>", b"1 0 obj<<>>stream\n\nendstream"])
def test_unless_something_acts_in_them_or_can_hide(extra):
    assert refusal(SIMPLE.replace(b"trailer", extra + b"\ntrailer")) in {"broken", "active"}


@settings(max_examples=12)
@given(data=st.data())
def test_a_damaged_pdf_is_mended_or_refused_and_never_an_error(data):
    content = bytearray(written(a_pdf(), object_stream_mode=PACKED))
    for place in data.draw(st.lists(st.integers(8, len(content) - 8), min_size=1, max_size=9)):
        content[place] = data.draw(st.integers(0, 255))
    try:
        assert clean(bytes(content)).startswith(b"%PDF")
    except ValidationError as refused:
        assert refused.code in {"broken", "active", "locked"}


def test_a_small_file_that_unpacks_to_gigabytes_is_refused_without_unpacking_it():
    packed = written(a_pdf(), object_stream_mode=PACKED)
    start = packed.index(b"stream\n") + 7
    end = packed.index(b"\nendstream")
    packer = zlib.compressobj(9)
    bomb = packer.compress(zlib.decompress(packed[start:end]))
    bomb += b"".join(packer.compress(bytes(1 << 20)) for _ in range(1000)) + packer.flush()
    content = packed[:start] + bomb + packed[end:]
    assert refusal(content) == "broken"
    # What the process itself touched at most: ru_maxrss would count the memory of the process that started it.
    measured = subprocess.run([sys.executable, "-I", "-c", MEASURED, PDF_SCRIPT], input=content, capture_output=True)
    (peak,) = re.findall(rb"VmHWM:\s+(\d+) kB", measured.stdout)
    assert int(peak) < 400 * 1024
