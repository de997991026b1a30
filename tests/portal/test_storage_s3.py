"""Files in buckets: the same promises as on the disk, against a real server of the protocol (moto)."""

from __future__ import annotations

import io
import json
from urllib.error import HTTPError
from urllib.request import urlopen

import boto3
import pytest
from django.conf import settings as django_settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage, storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.urls import reverse
from moto.server import ThreadedMotoServer
from PIL import Image as Pillow
from wagtail.documents.models import Document
from wagtail.images.models import Image, Rendition

from portal import crypto, environment, files
from portal.buckets import PIECE_BYTES, Pictures, Private, Uploads
from portal.middleware import Headers
from portal.models import LogEntry
from portal.refusals import Refused

SIZES = (0, 1, files.RECORD_BYTES + 1, PIECE_BYTES + 5)
FILM = b"\0\0\0\x18ftypisom\0\0\0\0isomiso2" + bytes(range(256)) * 8192


@pytest.fixture(scope="module")
def server():
    """The address of a server of the S3 protocol with a bucket that is private and one that is not."""
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    address = "http://{}:{}".format(*moto.get_host_and_port())
    client = boto3.client(
        "s3", endpoint_url=address, aws_access_key_id="key", aws_secret_access_key="secret", region_name="us-east-1"
    )
    for name in ("papers", "pictures"):
        client.create_bucket(Bucket=name)
    reading = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::pictures/*"}
    client.put_bucket_policy(Bucket="pictures", Policy=json.dumps({"Version": "2012-10-17", "Statement": [reading]}))
    yield client
    moto.stop()


@pytest.fixture
def options(monkeypatch):
    """What `bucket` makes of an address; what the program itself declared stays as it is."""
    monkeypatch.setattr(environment, "VARIABLES", {})

    def read(address: str) -> dict[str, str]:
        monkeypatch.setenv("STORAGE", address)
        return environment.bucket("STORAGE", "")

    return read


@pytest.fixture
def in_buckets(server, options, settings, monkeypatch):
    host = server.meta.endpoint_url.removeprefix("http://")
    settings.PRIVATE_BUCKET = options(f"http://key:secret@{host}/papers")
    settings.PUBLIC_BUCKET = options(f"http://key:secret@{host}/pictures")
    lay_into_buckets(monkeypatch)
    return server


def lay_into_buckets(monkeypatch) -> None:
    """The storages themselves are exchanged, not their setting: the fields of models hold those of the start."""
    pictures, uploads = Pictures(), Uploads()
    for name, storage in {"private": Private(), "default": uploads, "pictures": pictures}.items():
        monkeypatch.setitem(storages._storages, name, storage)
    monkeypatch.setattr(default_storage, "_wrapped", uploads)
    monkeypatch.setattr(Rendition._meta.get_field("file"), "storage", pictures)


@pytest.fixture
def nobody_answers(in_buckets, settings, monkeypatch):
    settings.PRIVATE_BUCKET = settings.PRIVATE_BUCKET | {"endpoint_url": "http://127.0.0.1:1"}
    lay_into_buckets(monkeypatch)


def keys(client, bucket: str) -> set[str]:
    return {one["Key"] for one in client.list_objects_v2(Bucket=bucket).get("Contents", [])}


def jpeg() -> bytes:
    out = io.BytesIO()
    Pillow.linear_gradient("L").resize((800, 400)).convert("RGB").save(out, "JPEG")
    return out.getvalue()


@pytest.mark.parametrize("size", SIZES)
def test_a_file_comes_back_whole_lies_encrypted_and_is_erased(in_buckets, size):
    content = (b"Certificate 42 " * (size // 15 + 1))[:size]
    stored = files.store(content, "application/pdf")
    key = f"private/{files.place(stored.name)}"
    assert b"Certificate" not in in_buckets.get_object(Bucket="papers", Key=key)["Body"].read()
    with pytest.raises(HTTPError, match="403"):
        urlopen(f"{in_buckets.meta.endpoint_url}/papers/{key}")  # noqa: S310 - our own server
    assert b"".join(files.read(stored.name, stored.sealed_key)) == content
    assert not [path for path in django_settings.PRIVATE_ROOT.rglob("*") if path.is_file()]
    for _twice in range(2):
        files.erase(stored.name)
    assert key not in keys(in_buckets, "papers")
    with pytest.raises(Refused) as refused:
        files.serve(stored.name, stored.sealed_key, stored.mime, "C-1")
    assert refused.value.codes == ["unreadable"]


def test_a_changed_file_is_noticed(in_buckets):
    stored = files.store(b"x" * 150_000, "application/pdf")
    key = f"private/{files.place(stored.name)}"
    body = in_buckets.get_object(Bucket="papers", Key=key)["Body"].read()
    in_buckets.put_object(Bucket="papers", Key=key, Body=body[: files.RECORD_BYTES + 16])
    with pytest.raises(crypto.Unreadable):
        list(files.read(stored.name, stored.sealed_key))


@pytest.mark.django_db
def test_a_photo_is_served_by_its_view_and_the_former_one_goes(
    in_buckets, sign_in, cast, django_capture_on_commit_callbacks
):
    client, before = sign_in(cast.nurlan.user), keys(in_buckets, "papers")
    for _twice in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            answer = client.post(reverse("my_photo"), {"photo": SimpleUploadedFile("face.jpg", jpeg())})
        assert answer.status_code == 302
    cast.nurlan.refresh_from_db()
    assert keys(in_buckets, "papers") - before == {f"private/{files.place(cast.nurlan.photo_name)}"}
    shown = b"".join(client.get(reverse("my_photo_file")).streaming_content)
    assert Pillow.open(io.BytesIO(shown)).size == (400, 200)


@pytest.mark.django_db
def test_a_picture_has_the_address_of_its_bucket_and_the_policy_allows_that_alone(in_buckets, client, rf):
    image = Image.objects.create(title="steppe", file=ContentFile(jpeg(), name="steppe.jpg"))
    shown = image.get_rendition("width-400|format-webp")
    address = f"{in_buckets.meta.endpoint_url}/pictures/"
    assert shown.url == address + shown.file.name and keys(in_buckets, "pictures") == {shown.file.name}
    with urlopen(shown.url) as answer:  # noqa: S310 - our own server
        assert (answer.headers["Content-Type"], answer.headers["Cache-Control"]) == (
            "image/webp",
            "public, max-age=86400",
        )
    assert any(key.startswith("media/") and key.endswith("steppe.jpg") for key in keys(in_buckets, "papers"))
    for path, sources in (("/kk/", "'self' data:"), ("/cms/", "'self' data: blob:")):
        policy = Headers(lambda request: HttpResponse())(rf.get(path))["Content-Security-Policy"]
        assert f"img-src {sources} {address};" in policy and policy.count("http:") == 1
    answer = client.get(f"/pictures/{shown.file.name}")
    assert (answer.status_code, answer["Location"]) == (302, shown.url)
    for hostile in ("/pictures/../papers/x", "/pictures/%2e%2e/papers/x", "/pictures//evil.example/x"):
        answer = client.get(hostile)
        assert answer.status_code in {400, 404} or answer["Location"].startswith(address), hostile


@pytest.mark.django_db
def test_a_document_comes_from_the_portal_and_a_film_in_pieces(in_buckets, client):
    film = Document.objects.create(title="film", file=ContentFile(FILM, name="film.mp4"), file_size=len(FILM))
    assert not default_storage.exists("film.mp4") and default_storage.exists(film.file.name)
    whole = client.get(film.url)
    assert (whole.status_code, b"".join(whole.streaming_content)) == (200, FILM)
    begin = PIECE_BYTES - 3
    part = client.get(film.url, headers={"Range": f"bytes={begin}-{begin + 9}"})
    assert (part.status_code, part.content) == (206, FILM[begin : begin + 10])


def test_nothing_private_has_an_address_and_no_task_carries_a_password(in_buckets):
    for name in ("private", "default"):
        with pytest.raises(NotImplementedError):
            storages[name].url("aa/aa")
    for name in ("private", "default", "pictures"):
        assert storages[name].deconstruct()[1:] == ((), {})


@pytest.mark.django_db
def test_a_bucket_that_does_not_answer_is_a_page_that_says_so_and_nothing_is_done(nobody_answers, sign_in, cast):
    written = LogEntry.objects.count()
    answer = sign_in(cast.nurlan.user).post(reverse("my_photo"), {"photo": SimpleUploadedFile("face.jpg", jpeg())})
    assert answer.status_code == 507 and b'data-code="not_stored"' in answer.content
    cast.nurlan.refresh_from_db()
    assert cast.nurlan.photo_name == "" and LogEntry.objects.count() == written
    with pytest.raises(Refused) as refused:
        files.serve("ab" * 16, crypto.seal(b"k" * 32, crypto.file_context("ab" * 16)), "application/pdf", "C-1")
    assert refused.value.codes == ["unreadable"]


@pytest.mark.django_db
def test_so_is_a_folder_that_takes_nothing(settings, sign_in, cast, tmp_path):
    settings.PRIVATE_ROOT = tmp_path / "full"
    settings.PRIVATE_ROOT.write_text("no folder")
    answer = sign_in(cast.nurlan.user).post(reverse("my_photo"), {"photo": SimpleUploadedFile("face.jpg", jpeg())})
    assert answer.status_code == 507 and b'data-code="not_stored"' in answer.content


def test_an_address_is_read_with_its_region_and_a_name_for_browsers(options):
    read = options("https://KEY:a%2Fb%40c@s3.example:9000/bucket?region=kz1&address=https://pictures.tirek.example")
    assert read == {
        "endpoint_url": "https://s3.example:9000",
        "access_key": "KEY",
        "secret_key": "a/b@c",
        "bucket_name": "bucket",
        "region_name": "kz1",
        "address": "https://pictures.tirek.example/",
    }
    assert options("https://k:s@s3.example/bucket")["address"] == "https://s3.example/bucket/"
    assert options("") == {}
