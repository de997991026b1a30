"""The view of a paper: checked, logged before the first byte, and nothing goes past the log."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile

from portal import audit, files, uploads
from portal.models import LogEntry
from tests.papers import a_pdf, a_picture
from tests.volunteers.cases import check_of, days_ago, in_assessment
from volunteers.models import CheckEvidence
from volunteers.services import checks

PAPERS = {"pdf": a_pdf(), "jpg": a_picture("JPEG", (600, 400)), "png": a_picture("PNG")}


def hand_in(cast, content: bytes, name: str = "Serik Abenov.pdf") -> CheckEvidence:
    check = check_of(in_assessment(cast), "criminal_record")
    upload = uploads.clean_upload(SimpleUploadedFile(name, content))
    checks.provide(check=check, by=cast.serik, number="1", issuer="", issued_on=days_ago(1), upload=upload)
    return check.evidence.get()


@pytest.fixture
def paper(cast) -> CheckEvidence:
    return hand_in(cast, PAPERS["pdf"])


@pytest.fixture(params=["staff", "own"])
def read(request, cast, sign_in):
    """`read(paper, **headers)` by a lead, and by the person himself."""
    reader = cast.dana if request.param == "staff" else cast.serik
    client, place = sign_in(reader), "staff" if request.param == "staff" else "my"

    def ask(paper, method="get", **headers):
        return getattr(client, method)(f"/en/{place}/evidence/{paper.uuid}/", headers=headers)

    return ask


def looks(paper) -> int:
    return audit.history(paper, LogEntry.Kind.VIEW).count()


@pytest.mark.parametrize(("kind", "mime"), [("pdf", "application/pdf"), ("jpg", "image/jpeg"), ("png", "image/png")])
def test_a_download_of_its_kind_that_no_browser_runs_and_no_cache_keeps(cast, read, kind, mime):
    paper = hand_in(cast, PAPERS[kind], "Serik <script>.svg")
    answer = read(paper)
    assert answer.status_code == 200 and answer["Content-Type"] == mime
    assert answer["Content-Disposition"] == f'attachment; filename="{paper.code}.{kind}"'
    assert answer["Cache-Control"] == "private, no-store"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert b"".join(answer.streaming_content)


def test_it_is_in_the_log_before_the_first_byte(paper, read):
    answer = read(paper)
    assert looks(paper) == 1  # and nothing has been read yet
    b"".join(answer.streaming_content)
    assert looks(paper) == 1


def test_a_part_of_it_is_the_whole_of_it_and_logged(paper, read):
    answer = read(paper, range="bytes=0-3")
    assert answer.status_code == 200 and len(b"".join(answer.streaming_content)) == paper.size
    assert "Content-Range" not in answer and answer.headers.get("Accept-Ranges") != "bytes"
    assert looks(paper) == 1


def test_asking_only_for_its_head_is_logged(paper, read):
    answer = read(paper, "head")
    assert answer.status_code == 200 and not answer.getvalue()
    assert looks(paper) == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"if-none-match": "*"},
        {"if-modified-since": "Fri, 01 Jan 2100 00:00:00 GMT"},
        {"if-range": "x", "range": "bytes=9-"},
    ],
)
def test_there_is_no_not_changed_for_a_paper(paper, read, headers):
    answer = read(paper, **headers)
    assert answer.status_code == 200 and "ETag" not in answer and "Last-Modified" not in answer
    assert looks(paper) == 1


def test_each_look_is_one_entry(paper, read):
    for _ in range(3):
        read(paper)
    assert looks(paper) == 3


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_nothing_else_can_be_asked(paper, read, method):
    assert read(paper, method).status_code in {403, 404, 405}
    assert not looks(paper)


def test_who_may_not_read_it_leaves_no_entry(paper, cast, sign_in, client):
    for stranger in (sign_in(cast.bolat), sign_in(cast.root), client):
        for place in ("staff", "my"):
            assert stranger.get(f"/en/{place}/evidence/{paper.uuid}/").status_code in {302, 403, 404}
    assert not looks(paper)


@pytest.mark.parametrize("damage", ["changed", "gone", "key"])
def test_a_paper_that_does_not_open_is_a_page_that_says_so(paper, read, damage, caplog):
    path = settings.PRIVATE_ROOT / files.place(paper.stored_name)
    if damage == "changed":
        path.write_bytes(bytes([path.read_bytes()[0] ^ 1]) + path.read_bytes()[1:])
    elif damage == "gone":
        path.unlink()
    else:
        CheckEvidence.objects.update(sealed_key=bytes(60))
    answer = read(paper)
    assert answer.status_code == 409 and b"cannot be opened" in answer.content
    assert paper.stored_name in caplog.text


def test_the_name_of_an_upload_is_nowhere(cast, sign_in, client):
    check = check_of(in_assessment(cast), "criminal_record")
    upload = SimpleUploadedFile("..\\Əбенов\u202efdp.exe", PAPERS["pdf"])
    data = {"number": "1", "issuer": "x", "issued_on": days_ago(1).isoformat(), "upload": upload}
    assert sign_in(cast.serik).post(f"/en/my/checks/{check.uuid}/", data).status_code == 302
    row = CheckEvidence.objects.values().get(evidence_of=check)
    assert "fdp" not in str(row) and not list(settings.PRIVATE_ROOT.rglob("*fdp*"))
    assert not LogEntry.objects.filter(data__icontains="fdp").exists()
