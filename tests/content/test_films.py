"""Films on pages: with captions and words, in pieces as players ask for them, and nothing that only says it is one."""

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from wagtail.blocks import StructBlockValidationError
from wagtail.documents.forms import get_document_form
from wagtail.documents.models import Document
from wagtail.models import Collection, CollectionViewRestriction

from content.blocks import VideoBlock
from content.films import PIECE_BYTES
from content.pdf import _words, as_pdf
from tests.content.test_blocks import publish

pytestmark = pytest.mark.django_db
FILM = b"\0\0\0\x18ftypisom\0\0\0\0isomiso2" + bytes(range(256)) * 40


@pytest.fixture(autouse=True)
def own_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


def a_document(name="film.mp4", content=FILM):
    return Document.objects.create(title=name, file=ContentFile(content, name=name), file_size=len(content))


def film_block(film, captions, **fields):
    texts = [{"language": language, "file": captions.pk} for language in ("ru", "kk")]
    words = "<p>Ер адам есікті ашады: «Кір, отыр».</p>"
    value = {"title": "Есік ашық", "file": film.pk, "length": "3:20", "poster": None, "captions": texts, "words": words}
    return {"type": "video", "value": value | fields}


@pytest.fixture
def film():
    return a_document()


@pytest.fixture
def captions():
    return a_document("kk.vtt", b"WEBVTT\n\n00:01.000 --> 00:02.000\nKir, otyr\n")


def test_a_film_waits_has_captions_and_is_there_in_words(cms, film, captions):
    page = cms.article("Менің бес ережем")
    publish(page, film_block(film, captions))
    answer = Client().get(page.get_url())
    html = answer.content.decode()
    player = html[html.index("<video") : html.index("</video>")]
    assert f'<source src="{film.url}" type="video/mp4">' in player and 'preload="none"' in player
    assert player.count("<track") == 2 and "autoplay" not in player
    assert player.index('srclang="kk"') < player.index(" default") < len(player)
    assert "Ер адам есікті ашады" in html and "3:20" in html and "10,0" in html  # KB
    assert "media-src 'self'" in answer["Content-Security-Policy"]
    assert "Ер адам есікті ашады" in str(_words(page))


def test_the_file_of_a_hard_page_warns_before_its_words(cms):
    page = cms.article("Менің бес ережем")
    without = as_pdf(page)
    page.warning = "Мұнда ауыр нәрсе бар."
    assert _words(page)["warning"] == "Мұнда ауыр нәрсе бар."
    assert as_pdf(page) != without


@pytest.mark.parametrize(
    ("asked", "status", "part"),
    [
        ("bytes=0-9", 206, FILM[:10]),
        ("bytes=100-", 206, FILM[100:]),
        ("bytes=-8", 206, FILM[-8:]),
        ("bytes=999999-", 416, b""),
        ("bytes=9-2", 200, FILM),
        ("bytes=-", 200, FILM),
        ("bytes=2-1,9", 200, FILM),
        ("lines=1-2", 200, FILM),
    ],
)
def test_a_player_gets_the_part_it_asks_for(film, asked, status, part):
    headers = {"Range": asked} | ({"Accept-Encoding": "gzip"} if status == 206 else {})
    answer = Client().get(film.url, headers=headers)
    assert (answer.status_code, answer.getvalue()) == (status, part)
    if status == 206:
        assert answer["Content-Range"].endswith(f"/{len(FILM)}") and answer["Content-Type"] == "video/mp4"
        assert "Content-Encoding" not in answer
        assert int(answer["Content-Length"]) == len(part)


def test_a_long_film_comes_in_pieces():
    long = a_document("long.mp4", FILM * 200)
    answer = Client().get(long.url, headers={"Range": "bytes=0-"})
    assert answer.status_code == 206 and int(answer["Content-Length"]) == PIECE_BYTES < long.file_size
    rest = Client().get(long.url, headers={"Range": f"bytes={PIECE_BYTES}-"})
    assert answer.content + rest.content == FILM * 200


def test_captions_are_read_by_the_page_and_other_documents_stay_downloads(captions):
    answer = Client().get(captions.url)
    assert answer["Content-Type"].startswith("text/vtt")
    sheet = a_document("rules.txt", b"Rules")
    assert Client().get(sheet.url)["Content-Disposition"].startswith("attachment")


def test_a_film_of_a_closed_collection_is_not_played(film):
    closed = Collection.get_first_root_node().add_child(name="closed")
    CollectionViewRestriction.objects.create(collection=closed, restriction_type="login")
    Document.objects.filter(pk=film.pk).update(collection=closed)
    assert Client().get(film.url, headers={"Range": "bytes=0-9"}).status_code in {302, 403}


@pytest.mark.parametrize("place", ["file", "captions"])
def test_a_block_takes_films_and_captions_only(film, captions, place):
    sheet = a_document("rules.txt", b"Rules")
    texts = [{"language": "kk", "file": sheet if place == "captions" else captions}]
    block = VideoBlock()
    value = block.to_python(film_block(film, captions)["value"])
    value["file"] = sheet if place == "file" else film
    value["captions"] = block.child_blocks["captions"].normalize(texts)
    with pytest.raises(StructBlockValidationError) as refused:
        block.clean(value)
    assert list(refused.value.block_errors) == [place]


@pytest.mark.parametrize("length", ["3", "3:99", "about 3", "<b>"])
def test_a_length_is_minutes_and_seconds(length):
    with pytest.raises(ValidationError):
        VideoBlock().child_blocks["length"].clean(length)


@pytest.mark.parametrize(
    ("name", "content", "taken"),
    [
        ("a.mp4", FILM, True),
        ("a.vtt", b"WEBVTT\n\n00:01.000 --> 00:02.000\nA\n", True),
        ("a.mp4", b"MZ" + FILM, False),
        ("a.vtt", b"<script>alert(1)</script>", False),
        ("a.webm", FILM, False),
    ],
)
def test_an_upload_is_what_its_name_says(name, content, taken):
    form = get_document_form(Document)({"title": "A"}, {"file": SimpleUploadedFile(name, content)})
    form.is_valid()
    assert ("file" not in form.errors) is taken, form.errors
