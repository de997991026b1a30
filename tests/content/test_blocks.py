"""What an editor can put on a page beside words: pictures and files."""

import io

import pytest
from django.core.cache import caches
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage, storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.translation import override
from PIL import Image as Pillow
from wagtail.blocks import StreamBlockValidationError
from wagtail.documents.models import Document
from wagtail.images import get_image_model
from wagtail.images.fields import WagtailImageField
from wagtail.images.forms import get_image_form
from wagtail.models import Collection

from content.middleware import VERSION
from content.models import LibraryPage
from portal.access import Role
from portal.models import School, User
from portal.services import grant_role
from tests.papers import a_document, a_pdf

pytestmark = pytest.mark.django_db
Image = get_image_model()
LATITUDE, PLACE = 0x8825, 2


@pytest.fixture(autouse=True)
def own_files(settings, tmp_path, monkeypatch):
    settings.CACHES = settings.CACHES | {"pages": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    settings.MEDIA_ROOT = tmp_path / "media"
    folder = str(tmp_path / "pictures")
    for name in ("base_location", "location"):
        monkeypatch.setattr(storages["pictures"], name, folder)
    # A task that takes files away makes the storage anew from these.
    options = ((), {"location": folder, "base_url": "/pictures/"})
    monkeypatch.setattr(storages["pictures"], "_constructor_args", options)


def photo(kind="JPEG", size=(1600, 900), mode="RGB", **marks) -> bytes:
    out = io.BytesIO()
    Pillow.linear_gradient("L").resize(size).convert(mode).save(out, kind, **marks)
    return out.getvalue()


def from_a_phone() -> bytes:
    """Held upright, with the place and the owner written into it."""
    exif = Pillow.Exif()
    exif[0x0112] = 6  # turn by a quarter
    exif[0x013B] = "Owner of the phone"
    exif.get_ifd(LATITUDE)[PLACE] = (42.9, 0.0, 0.0)
    return photo(exif=exif)


def in_the_cms(*roles):
    user = User.objects.create(email=f"{'-'.join(roles)}@demo.example", is_active=True)
    for role in roles:
        grant_role(user=user, role=role, by=None)
    client = Client()
    client.force_login(user)
    return client


def upload(client, name, content):
    root = Collection.get_first_root_node()
    data = {"title": "Сурет", "collection": root.pk, "file": SimpleUploadedFile(name, content)}
    return client.post(reverse("wagtailimages:add"), data)


@pytest.fixture
def page(cms):
    return cms.article("Менің бес ережем")


def picture_block(image, words="Алақан", decorative=False, **fields):
    block = {"image": {"image": image.pk, "alt_text": words, "decorative": decorative}, "caption": "", "credit": ""}
    return {"type": "picture", "value": block | fields}


def publish(page, *blocks):
    page.body = page.body.stream_block.to_python([*blocks])
    page.save_revision().publish()


def read(client, page):
    return client.get(page.get_url()).content.decode()


def of_editor(name="palm.jpg", content=None):
    upload(in_the_cms(Role.EDITOR), name, content or photo())
    return Image.objects.get()


def test_what_the_camera_wrote_beside_a_picture_is_not_kept(page):
    image = of_editor(content=from_a_phone())
    kept = [image.file, *(image.get_rendition(f"width-400|format-{kind}").file for kind in ("avif", "webp", "jpeg"))]
    for file in kept:
        with file.open("rb") as stored, Pillow.open(stored) as opened:
            assert not opened.getexif() and "exif" not in opened.info and opened.height > opened.width
        with file.open("rb") as stored:
            assert b"Owner" not in stored.read()


def test_a_picture_larger_than_pages_show_is_made_smaller(page):
    image = of_editor(content=photo(size=(4000, 3000)))
    assert (image.width, image.height) == (2560, 1920)


def test_a_drawing_keeps_its_clear_ground(page):
    image = of_editor("palm.png", photo("PNG", mode="LA"))
    with image.get_rendition("width-400|format-png").file.open("rb") as stored, Pillow.open(stored) as opened:
        assert opened.mode == "RGBA"


@pytest.mark.parametrize(
    "name, content",
    [
        ("drawing.svg", b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'),
        ("moving.gif", photo("GIF", (20, 20), "L")),
        ("page.jpg", b"<html><script>alert(1)</script></html>"),
        ("other.png", photo()),
        ("cut.jpg", photo()[:300]),
        ("cut.png", photo("PNG")[:40]),
        ("head.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 60),
    ],
)
def test_what_is_no_picture_of_ours_is_refused(page, name, content):
    answer = upload(in_the_cms(Role.EDITOR), name, content)
    assert answer.status_code == 200 and answer.context["form"].errors["file"]
    assert not Image.objects.exists()


@pytest.mark.parametrize(
    "name, content, taken",
    [
        ("memo.pdf", a_pdf(), True),
        ("memo.txt", "Есте сақта".encode(), True),
        ("plan.docx", a_document("docx"), True),
        ("plan.docx", b"PK\x03\x04" + bytes(40), False),
        ("memo.pdf", b"MZ" + bytes(200), False),
        ("memo.txt", b"MZ" + bytes(200), False),
        ("plan.docx", b"%PDF-1.7\n%%EOF\n", False),
        ("tool.exe", b"MZ" + bytes(200), False),
    ],
)
def test_a_document_is_what_its_name_says(page, name, content, taken):
    data = {"title": "Жадынама", "collection": Collection.get_first_root_node().pk}
    file = SimpleUploadedFile(name, content)
    answer = in_the_cms(Role.EDITOR).post(reverse("wagtaildocs:add"), data | {"file": file})
    assert Document.objects.exists() is taken
    assert taken or len(answer.context["form"].errors["file"]) == 1


def test_of_a_drawing_it_is_said_that_its_kind_is_not_taken(page):
    file = SimpleUploadedFile("drawing.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>")
    data = {"title": "Сурет", "collection": Collection.get_first_root_node().pk, "file": file}
    answer = in_the_cms(Role.EDITOR).post(reverse("wagtaildocs:add"), data)
    assert [error.code for error in answer.context["form"].errors["file"].as_data()] == ["invalid_extension"]


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_what_is_taken_is_said_in_the_language_of_the_cms(page, language):
    with override(language):
        form = get_image_form(Image)(data={}, files={"file": SimpleUploadedFile("a.gif", photo("GIF", (20, 20), "L"))})
        field = WagtailImageField()
        assert form.fields["file"].help_text == field.help_text
        assert form.errors["file"] == [field.error_messages["invalid_image_extension"]]


def test_only_editors_upload(page):
    upload(in_the_cms(Role.SPECIALIST), "palm.jpg", photo())
    assert in_the_cms(Role.COORDINATOR).get(reverse("wagtailimages:add")).status_code == 403
    assert not Image.objects.exists()


def test_a_picture_has_three_kinds_and_widths_and_takes_its_room_at_once(page, client):
    publish(page, picture_block(of_editor(), caption="Бес саусақ", credit="А. Сурет"))
    html = read(client, page)
    figure = html[html.index("<figure") : html.index("</figure>")]
    assert figure.index("image/avif") < figure.index("image/webp") < figure.index("<img")
    for width in (400, 800, 1280):
        assert figure.count(f" {width}w") == 3
    for words in ('width="1280"', 'height="720"', 'alt="Алақан"', 'loading="lazy"', 'decoding="async"', "sizes="):
        assert words in figure
    assert "Бес саусақ" in figure and "А. Сурет" in figure and "style=" not in figure


def test_a_small_picture_is_not_made_larger(page, client):
    publish(page, picture_block(of_editor(content=photo(size=(500, 300)))))
    html = read(client, page)
    assert html.count(" 500w") == 3 and html.count(" 400w") == 3 and "800w" not in html


def test_decoration_is_silent(page, client):
    image = of_editor()
    publish(page, picture_block(image, "", decorative=True))
    assert 'alt=""' in read(client, page)


def test_a_picture_without_words_is_refused(page):
    image = of_editor()
    block = page.body.stream_block
    with pytest.raises(StreamBlockValidationError):
        block.clean(block.to_python([picture_block(image, "")]))
    block.clean(block.to_python([picture_block(image)]))


@pytest.mark.parametrize("words", ["IMG_2031", "img 2031"])
def test_the_name_of_the_file_is_no_words(page, words):
    image = of_editor("IMG_2031.jpg")
    block = page.body.stream_block
    with pytest.raises(StreamBlockValidationError):
        block.clean(block.to_python([picture_block(image, words)]))
    block.clean(block.to_python([picture_block(image, words, decorative=True)]))
    block.clean(block.to_python([picture_block(image, "A hand with five fingers")]))


def test_pictures_are_made_when_a_page_is_published(page, django_capture_on_commit_callbacks):
    image = of_editor()
    with django_capture_on_commit_callbacks(execute=True):
        publish(page, picture_block(image))
    assert image.renditions.filter(filter_spec__startswith="width-").count() == 9


def test_another_file_in_the_place_of_a_picture_is_seen_at_once(page, client, django_capture_on_commit_callbacks):
    image = of_editor()
    publish(page, picture_block(image))
    read(client, page)
    caches["pages"].set(VERSION, "before")
    with django_capture_on_commit_callbacks(execute=True):
        data = {"title": "Сурет", "collection": image.collection_id, "file": SimpleUploadedFile("b.jpg", photo())}
        in_the_cms(Role.EDITOR, Role.SPECIALIST).post(reverse("wagtailimages:edit", args=[image.pk]), data)
    assert caches["pages"].get(VERSION) not in {None, "before"}
    assert image.renditions.filter(file__startswith="images/b.", filter_spec__startswith="width-").count() == 9


def test_a_picture_that_is_deleted_is_gone_in_every_size(page, client, django_capture_on_commit_callbacks):
    image = of_editor()
    publish(page, picture_block(image))
    shown = image.get_rendition("width-400|format-avif")
    assert client.get(shown.url).status_code == 200
    with django_capture_on_commit_callbacks(execute=True):
        image.delete()
    assert client.get(shown.url).status_code == 404
    assert "<figure" not in read(client, page)


def test_ten_pictures_cost_the_queries_of_one(page, client):
    image = of_editor()
    costs = []
    for number in (1, 10):
        publish(page, *[picture_block(image)] * number)
        read(client, page)
        with CaptureQueriesContext(connection) as queries:
            read(client, page)
        costs.append(len(queries))
    assert costs[0] == costs[1]


def test_only_what_pages_show_has_an_address(page, client):
    image = of_editor()
    shown = image.get_rendition("width-400|format-avif")
    answer = client.get(shown.url, headers={"accept-encoding": "gzip"})
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/avif")
    assert "max-age" in answer["Cache-Control"] and "Content-Encoding" not in answer and not answer.cookies
    for address in (
        f"/media/{image.file.name}",
        f"/pictures/{image.file.name}",
        "/pictures/images/",
        "/pictures/",
        "/media/",
        "/pictures/../db.sqlite3",
        "/pictures/images/%2e%2e/%2e%2e/media/" + image.file.name,
    ):
        assert client.get(address).status_code in {400, 404}, address
    assert default_storage.exists(image.file.name) and not storages["pictures"].exists(image.file.name)


def test_a_lost_file_leaves_a_gap_and_no_error(page, client):
    image = of_editor()
    publish(page, picture_block(image))
    image.renditions.all().delete()
    default_storage.delete(image.file.name)
    assert client.get(page.get_url()).status_code == 200


def a_document():
    return Document.objects.create(title="Ереже", file=ContentFile(b"x", name="rules.pdf"), file_size=2048)


def test_a_download_says_its_kind_size_language_and_pages(cms, page, client):
    document = a_document()
    item = {"document": document.pk, "about": "Қысқаша", "language": "ru", "pages": 3}
    publish(page, {"type": "downloads", "value": {"title": "Файлдар", "documents": [item]}})
    library = cms.home.add_child(
        instance=LibraryPage(
            title="Құжаттар",
            slug="documents",
            summary="s",
            locale=page.locale,
            documents=[("document", item | {"document": document})],
        )
    )
    for html in (read(client, page), read(client, library)):
        card = html[html.index('hreflang="ru">Ереже') :]
        card = card[: card.index("</li>")]
        assert all(words in card for words in ("PDF", "2,0", "Орыс", "3", "Қысқаша")), card


def test_what_others_point_to_stays(cms, cast):
    client = in_the_cms(Role.ADMINISTRATOR)
    User.objects.update(is_superuser=True)
    answer = client.post(f"/cms/snippets/portal/school/delete/{cast.school.pk}/")
    assert answer.status_code == 409 and "in_use" in answer.content.decode()
    assert School.objects.filter(pk=cast.school.pk).exists()
