"""What every answer forbids a browser, what no request may bring, and that the server itself asks nobody."""

from __future__ import annotations

import re
import socket
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings as django_settings
from django.core.handlers.base import BaseHandler
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from wagtail.embeds import embeds
from wagtail.embeds.exceptions import EmbedException
from wagtail.rich_text import expand_db_html

pytestmark = pytest.mark.django_db
MEGABYTE = 1024 * 1024


def test_every_answer_keeps_other_sites_and_devices_out(client):
    answer = client.get("/kk/account/login/")
    assert answer["Cross-Origin-Opener-Policy"] == answer["Cross-Origin-Resource-Policy"] == "same-origin"
    for device in ("camera", "microphone", "geolocation", "payment", "usb"):
        assert f"{device}=()" in answer["Permissions-Policy"]


def test_the_cms_may_run_no_handler_in_an_attribute_and_ask_no_other_host(cast, sign_in):
    policy = sign_in(cast.root).get("/cms/")["Content-Security-Policy"]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert "unsafe-eval" not in policy
    assert rules["default-src"] == rules["script-src-attr"] == rules["base-uri"] == rules["object-src"] == "'none'"
    assert not re.search(r"https?:|\*", policy)


# --- nothing is kept ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    ["/kk/staff/", "/kk/start/", "/kk/staff/record/export/?format=csv", "/kk/staff/nothing/", "/kk/my/", "/cms/"],
)
def test_nothing_that_a_signed_in_person_gets_is_kept(cast, sign_in, path):
    """Pages, redirects, downloads, errors."""
    answer = sign_in(cast.dana).get(path)
    assert "no-store" in answer["Cache-Control"], answer.status_code
    assert "public" not in answer["Cache-Control"]


def test_who_signs_out_takes_along_what_the_browser_kept(cast, sign_in):
    answer = sign_in(cast.dana).post("/kk/account/logout/")
    assert answer.status_code == 302
    assert answer["Clear-Site-Data"] == '"cache", "storage"'
    assert "no-store" in answer["Cache-Control"]


# --- what a request may bring --------------------------------------------------------------------------------------


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
def test_strangers_send_no_megabytes(client, content_type):
    answer = client.post(reverse("interest"), b"name=" + b"x" * (3 * MEGABYTE), content_type=content_type)
    assert answer.status_code == 413
    assert 'data-code="too_large"' in answer.content.decode()


def test_nobody_sends_more_than_a_paper(cast, sign_in):
    client = sign_in(cast.nurlan.user)
    sent = client.generic(
        "POST", reverse("my_photo"), b"", content_type="multipart/form-data", CONTENT_LENGTH="99999999"
    )
    assert sent.status_code == 413
    odd = client.generic("POST", reverse("my_photo"), b"", content_type="multipart/form-data", CONTENT_LENGTH="x")
    assert odd.status_code < 500


def test_thousands_of_fields_are_a_plain_400(client):
    assert client.post(reverse("interest"), {f"f{number}": "x" for number in range(2001)}).status_code == 400


@pytest.mark.parametrize("path", ["/kk/account/login/", "/kk/no-such-page/", "/documents/1/none.pdf"])
def test_the_head_of_a_page_has_no_body(path, rf, client):
    """The server would drop it with a warning for each. Without the test client, which would cut it off by itself."""
    house = BaseHandler()
    house.load_middleware()
    answer = house.get_response(rf.head(path))
    assert answer.content == b""
    assert answer.status_code == client.get(path).status_code


# --- the server asks nobody ------------------------------------------------------------------------------------------


@pytest.fixture
def calls(monkeypatch):
    """The addresses of other machines that this process tried to reach; none is reached."""
    tried, connect = [], socket.socket.connect
    database = {django_settings.DATABASES["default"].get("HOST"), "127.0.0.1", "localhost", "::1"}

    def noted(self, address):
        if isinstance(address, tuple) and address[0] not in database:
            tried.append(address)
            raise OSError("not from a test")
        return connect(self, address)

    def looked_up(host, *args, **kwargs):
        if host not in database:
            tried.append(host)
            raise OSError("not from a test")
        return found(host, *args, **kwargs)

    found = socket.getaddrinfo
    monkeypatch.setattr(socket.socket, "connect", noted)
    monkeypatch.setattr(socket, "getaddrinfo", looked_up)
    return tried


@pytest.fixture
def listener():
    """A server on this machine that counts who knocks."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.3)
        yield server


def knocks(server: socket.socket) -> int:
    try:
        server.accept()[0].close()
    except TimeoutError:
        return 0
    return 1


HOSTS = ["127.0.0.1", "localhost", "2130706433", "0x7f000001", "[::1]"]


@pytest.mark.parametrize("host", HOSTS)
def test_no_embed_is_fetched(listener, host):
    url = f"http://{host}:{listener.getsockname()[1]}/oembed"
    with pytest.raises(EmbedException):
        embeds.get_embed(url)
    assert url not in expand_db_html(f'<p>a</p><embed embedtype="media" url="{url}"/>')
    assert knocks(listener) == 0


def test_the_chooser_of_embeds_fetches_nothing(cast, sign_in, listener, calls):
    asel = cast.asel
    port = listener.getsockname()[1]
    client = sign_in(asel)
    for url in [f"http://{host}:{port}/x" for host in HOSTS] + ["http://169.254.169.254/latest/", "https://youtu.be/x"]:
        answer = client.post(reverse("wagtailembeds:chooser_upload"), {"embed-chooser-url": url})
        assert answer.status_code < 500
        assert "embed_chosen" not in answer.content.decode()
    assert knocks(listener) == 0
    assert calls == []


@pytest.mark.parametrize("path", ["/cms/", "/cms/pages/", "/cms/images/", "/cms/documents/", "/cms/account/"])
def test_a_session_in_the_cms_leaves_this_machine_neither_here_nor_in_the_browser(cast, sign_in, calls, path):
    """No picture from Gravatar, no question for a newer version."""
    page = sign_in(cast.root).get(path, follow=True).content.decode()
    assert calls == []
    loaded = re.findall(r'<(?:script|img|link|iframe)[^>]+(?:src|href)="([^"]+)"', page)
    assert loaded
    assert [
        url for url in loaded if re.match(r"(https?:)?//", url) and not url.startswith(django_settings.SITE_URL)
    ] == []
    assert "releases.wagtail" not in page
    assert "gravatar" not in page


def test_a_foreign_host_is_a_400_and_a_forwarded_one_is_not_believed():
    assert Client().get("/kk/account/login/", HTTP_HOST="evil.example").status_code == 400
    answer = Client().get("/kk/account/login/", HTTP_X_FORWARDED_HOST="evil.example")
    assert answer.status_code == 200
    assert "evil.example" not in answer.content.decode()


# --- whom to tell ----------------------------------------------------------------------------------------------------


class TestSecurityTxt:
    def fields(self, client) -> list[tuple[str, str]]:
        answer = client.get("/.well-known/security.txt")
        assert answer.status_code == 200
        assert answer["Content-Type"] == "text/plain; charset=utf-8"
        lines = answer.content.decode().splitlines()
        return [tuple(line.split(": ", 1)) for line in lines if line and not line.startswith("#")]

    def test_it_holds_what_rfc_9116_demands(self, client, settings):
        settings.SECURITY_CONTACTS = ["mailto:qorgau@example.kz", "https://example.kz/help"]
        fields = self.fields(client)
        assert [value for name, value in fields if name == "Contact"] == settings.SECURITY_CONTACTS
        rest = dict(fields)
        assert rest["Preferred-Languages"] == "kk, ru, en"
        assert rest["Canonical"] == f"{settings.SITE_URL}/.well-known/security.txt"
        expires = datetime.strptime(rest["Expires"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        assert timedelta(days=170) < expires - timezone.now() < timedelta(days=365)
        assert "Policy" not in rest

    def test_its_terms_stand_in_three_languages(self, client, settings):
        settings.SECURITY_POLICY = "https://example.kz/security"
        assert dict(self.fields(client))["Policy"] == settings.SECURITY_POLICY
        text = client.get("/.well-known/security.txt").content.decode()
        assert all(words in text for words in ("екі жұмыс күні", "двух рабочих дней", "two working days"))
