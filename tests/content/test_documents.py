"""What an editor may offer as a document: nothing in it runs, nothing is fetched, nothing swells."""

from __future__ import annotations

import struct
import time

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from wagtail.documents.models import Document

from content import office
from content.uploads import clean_document, clean_picture
from tests.papers import PARTS, a_document, a_pdf, a_picture

DOCX = "word/document.xml"
RELS = "word/_rels/document.xml.rels"


def judged(content: bytes, name: str) -> str:
    """The code of the refusal; empty when it is taken."""
    try:
        clean_document(SimpleUploadedFile(name, content))
    except ValidationError as refusal:
        return refusal.code
    return ""


def relation(target: str, kind: str = "hyperlink", mode: str = "External") -> dict:
    line = f'<Relationships><Relationship Type="x/{kind}" Target="{target}" TargetMode="{mode}"/></Relationships>'
    return {RELS: line.encode()}


def odf(line: str) -> dict:
    return {"content.xml": f'<d xmlns:x="http://www.w3.org/1999/xlink" xmlns:t="t">{line}</d>'.encode()}


@pytest.mark.parametrize("kind", PARTS)
def test_a_plain_document_is_taken(kind):
    assert judged(a_document(kind), f"Жоспар 2026.{kind.upper()}") == ""


@pytest.mark.parametrize(
    ("kind", "parts"),
    [
        ("docx", relation("https://111.kz/")),
        ("docx", relation("mailto:a@b.kz")),
        ("docx", relation("styles.xml", "styles", "Internal")),
        ("odt", odf('<t:a x:href="https://111.kz/"/>')),
        ("odt", odf('<t:image x:href="Pictures/1.png"/>')),
    ],
)
def test_links_that_a_reader_follows_are_taken(kind, parts):
    assert judged(a_document(kind, **parts), f"a.{kind}") == ""


@pytest.mark.parametrize(
    ("kind", "parts"),
    [
        ("docx", {"word/vbaProject.bin": b"x"}),
        ("docx", {"word/activeX/activeX1.xml": b"<a/>"}),
        ("docx", {"word/embeddings/oleObject1.bin": b"x"}),
        ("docx", {"[Content_Types].xml": b'<Types><Override ContentType="application/vnd.ms-word.document.macroEnabled"/></Types>'}),
        ("docx", relation("https://evil.example/t.dotm", "attachedTemplate")),
        ("docx", relation("https://evil.example/p.png", "image")),
        ("docx", relation("file:///c:/secret", "hyperlink")),
        ("docx", relation("\\\\evil.example\\share", "oleObject")),
        ("docx", relation("javascript:alert(1)")),
        ("docx", {DOCX: b"<d><fldChar/><instrText> DD</instrText><instrText>EAUTO c:\\x</instrText><fldChar/></d>"}),
        ("docx", {DOCX: b'<d><fldSimple instr=" INCLUDEPICTURE http://evil.example/p"/></d>'}),
        ("xlsx", {"xl/externalLinks/externalLink1.xml": b"<a/>"}),
        ("odt", {"Basic/Standard/Module1.xml": b"<a/>"}),
        ("odt", {"Object 1/content.xml": b"<a/>"}),
        ("odt", odf('<t:event-listener x:href="vnd.sun.star.script:a"/>')),
        ("odt", odf('<t:image x:href="https://evil.example/p.png"/>')),
        ("odt", odf('<t:section-source x:href="../../other.odt"/>')),
        ("ods", odf("<t:dde-source/>")),
    ],
)  # fmt: skip
def test_what_runs_or_is_fetched_is_refused(kind, parts):
    assert judged(a_document(kind, **parts), f"a.{kind}") == "active"


BILLION = b'<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><d>&b;</d>'


@pytest.mark.parametrize(
    ("kind", "parts"),
    [
        ("docx", {DOCX: BILLION}),
        ("docx", {DOCX: BILLION.decode().encode("utf-16")}),
        ("docx", {DOCX: b"<not closed"}),
        ("docx", {"../outside.xml": b"<a/>"}),
        ("docx", {"/etc/passwd": b"x"}),
        ("odt", {"mimetype": b"application/x-other"}),
    ],
)
def test_what_no_honest_program_writes_is_refused(kind, parts):
    assert judged(a_document(kind, **parts), f"a.{kind}") == "broken"


def test_another_document_is_not_what_its_name_says():
    assert judged(a_document("xlsx"), "a.docx") == "wrong_type"
    assert judged(a_document("odt"), "a.ods") in {"wrong_type", "broken"}
    assert judged(a_pdf(), "a.docx") == "wrong_type"
    assert judged(a_picture("PNG"), "a.pdf") == "wrong_type"


def test_a_locked_one_is_refused():
    content = bytearray(a_document("docx"))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.index(mark)
        content[at + place] |= 1
    assert judged(bytes(content), "a.docx") == "broken"


def test_bombs_are_refused_unopened(monkeypatch):
    monkeypatch.setattr(office, "MAX_UNPACKED", 1_000_000)
    started = time.process_time()
    assert judged(a_document("docx", **{"word/media/a.png": bytes(2_000_000)}), "a.docx") == "broken"
    many = {f"word/{number}.png": b"" for number in range(office.MAX_PARTS)}
    assert judged(a_document("docx", **many), "a.docx") == "broken"
    assert time.process_time() - started < 5


def test_a_part_that_lies_about_its_size_is_refused(monkeypatch):
    monkeypatch.setattr(office, "MAX_XML", 100_000)
    content = a_document("docx", **{DOCX: b"<d>" + b" " * 500_000 + b"</d>"})
    at = content.rindex(b"PK\x01\x02", 0, content.rindex(DOCX.encode()))
    lie = content[: at + 24] + struct.pack("<I", 10) + content[at + 28 :]
    assert judged(content, "a.docx") == "broken"
    assert judged(lie, "a.docx") == "broken"


def test_a_pdf_is_written_anew_and_one_with_a_script_refused():
    taken = clean_document(SimpleUploadedFile("Жадынама.pdf", a_pdf()))
    assert taken.name == "Жадынама.pdf"
    assert taken.read() != a_pdf()
    script = b"/OpenAction<</S/JavaScript/JS(app.alert)>>"
    assert judged(a_pdf(catalog=script), "a.pdf") == "active"


def test_a_picture_that_ends_half_way_is_an_error_at_its_field():
    content = a_picture("JPEG", size=(800, 800))
    with pytest.raises(ValidationError) as refusal:
        clean_picture(SimpleUploadedFile("a.jpg", content[: len(content) // 2]))
    assert refusal.value.code == "broken"


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["memo.pdf", "memo.txt", "plan.docx"])
def test_a_document_is_a_download_that_no_browser_runs(name, settings, tmp_path, client):
    settings.MEDIA_ROOT = tmp_path
    document = Document.objects.create(title="x", file=ContentFile(b"<script>alert(1)</script>", name))
    answer = client.get(document.url)
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "html" not in answer["Content-Type"]
