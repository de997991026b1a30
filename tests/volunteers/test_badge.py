"""The badge page, and the own page of somebody who was approved."""

import io
import uuid
from datetime import timedelta

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import override
from PIL import Image

from portal import files
from portal.refusals import NotAllowed
from tests.people import Cast
from tests.volunteers.drafts import received
from volunteers.clearance import clearance
from volunteers.models import Acceptance, ReasonCode, Suspension
from volunteers.services import photos


def badge(client, person, **headers):
    return client.get(f"/badge/{person.uuid}/", headers={"Accept-Language": "en", **headers})


def test_the_badge_of_a_cleared_mentor_says_until_when_and_nothing_else(client, cast: Cast):
    page = badge(client, cast.nurlan)
    text = page.content.decode()
    assert page.status_code == 200 and 'data-testid="badge-state" data-state="valid"' in text
    with override("en"):
        assert date_format(clearance(cast.nurlan).until) in text
    assert "Мұсаев" in text and cast.nurlan.email not in text and cast.nurlan.phone not in text
    assert "no-store" in page["Cache-Control"]


def test_a_suspension_shows_at_once_without_its_reason(client, cast):
    assert "valid" in badge(client, cast.nurlan).content.decode()
    Suspension.objects.create(
        person=cast.nurlan, reason_code=ReasonCode.objects.first(), note="ішкі жазба", opened_by=cast.aigul
    )
    text = badge(client, cast.nurlan).content.decode()
    assert 'data-state="invalid"' in text and "ішкі" not in text
    assert ReasonCode.objects.first().text_en not in text


def test_it_is_valid_through_the_last_day_and_not_after(client, cast):
    approval = cast.nurlan.approvals.get()
    for end, state in ((timezone.localdate(), "valid"), (timezone.localdate() - timedelta(days=1), "invalid")):
        cast.nurlan.approvals.filter(pk=approval.pk).update(valid_to=end)
        assert f'data-state="{state}"' in badge(client, cast.nurlan).content.decode()


def test_unknown_and_never_approved_people_have_none(client, cast):
    application = received(cast.serik)
    assert badge(client, application.person).status_code == 404
    assert client.get(f"/badge/{uuid.uuid4()}/").status_code == 404
    assert client.get("/badge/x/").status_code == 404


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_it_speaks_the_language_of_the_reader(client, cast, language):
    page = client.get(f"/badge/{cast.nurlan.uuid}/", headers={"Accept-Language": language})
    assert f'<html lang="{language}"' in page.content.decode()


def test_the_picture_is_his_own_and_no_script(sign_in, cast, client):
    answer = sign_in(cast.nurlan.user).get("/en/my/badge.svg")
    assert answer["Content-Type"] == "image/svg+xml" and b"<svg" in answer.content and b"<script" not in answer.content
    assert sign_in(cast.serik).get("/en/my/badge.svg").status_code == 404
    assert client.get("/en/my/badge.svg").status_code == 302


def test_the_own_page_says_cleared_until(sign_in, cast):
    text = sign_in(cast.nurlan.user).get("/en/my/").content.decode()
    assert 'data-testid="standing" data-state="cleared"' in text
    assert "/en/my/badge.svg" in text and "/en/sessions/" in text


def test_an_approved_person_accepts_the_code_of_conduct_on_his_page(sign_in, cast):
    Acceptance.objects.filter(person=cast.nurlan, version__agreement__code="code_of_conduct").delete()
    client = sign_in(cast.nurlan.user)
    text = client.get("/en/my/").content.decode()
    assert 'data-code="missing:code_of_conduct"' in text and 'data-turn="you"' in text
    address = "/en/my/agreements/code_of_conduct/"
    assert address in text and 'data-testid="move-accept"' in client.get(address).content.decode()
    assert client.post(address).status_code == 302
    assert client.post(address).status_code == 302
    assert Acceptance.objects.filter(person=cast.nurlan, version__agreement__code="code_of_conduct").count() == 1
    assert 'data-state="cleared"' in client.get("/en/my/").content.decode()


@pytest.mark.parametrize("code", ["data_consent", "nothing"])
def test_other_texts_are_not_accepted_there(sign_in, cast, code):
    assert sign_in(cast.nurlan.user).get(f"/en/my/agreements/{code}/").status_code == 404


def test_nobody_accepts_before_he_is_approved(sign_in, cast):
    received(cast.serik)
    assert sign_in(cast.serik).get("/en/my/agreements/code_of_conduct/").status_code == 404


def jpeg(side: int = 900) -> SimpleUploadedFile:
    out = io.BytesIO()
    Image.new("RGB", (side, side // 2), "white").save(out, "JPEG", exif=b"Exif\x00\x00GPS")
    return SimpleUploadedFile("face.jpg", out.getvalue())


class TestPhoto:
    ADDRESS = "/en/my/photo/"

    def test_it_is_small_without_metadata_and_encrypted(self, sign_in, cast):
        client = sign_in(cast.nurlan.user)
        assert client.post(self.ADDRESS, {"photo": jpeg()}).status_code == 302
        cast.nurlan.refresh_from_db()
        picture = b"".join(client.get("/en/my/photo/file/").streaming_content)
        assert Image.open(io.BytesIO(picture)).size == (400, 200) and b"GPS" not in picture
        stored = (settings.PRIVATE_ROOT / files.place(cast.nurlan.photo_name)).read_bytes()
        assert picture not in stored and not stored.startswith(b"\xff\xd8")

    @pytest.mark.parametrize("content", [b"%PDF-1.4\n%%EOF\n", b"MZ\x90\x00", b"GIF89a....", b""])
    def test_only_a_picture_is_taken(self, sign_in, cast, content):
        page = sign_in(cast.nurlan.user).post(self.ADDRESS, {"photo": SimpleUploadedFile("face.jpg", content)})
        assert page.status_code == 422
        cast.nurlan.refresh_from_db()
        assert cast.nurlan.photo_name == ""

    def test_a_new_one_erases_the_old_file(self, sign_in, cast, django_capture_on_commit_callbacks):
        client = sign_in(cast.nurlan.user)
        client.post(self.ADDRESS, {"photo": jpeg()})
        cast.nurlan.refresh_from_db()
        former = settings.PRIVATE_ROOT / files.place(cast.nurlan.photo_name)
        with django_capture_on_commit_callbacks(execute=True):
            client.post(self.ADDRESS, {"photo": jpeg()})
        cast.nurlan.refresh_from_db()
        assert not former.exists() and (settings.PRIVATE_ROOT / files.place(cast.nurlan.photo_name)).exists()
        with django_capture_on_commit_callbacks(execute=True):
            client.post(self.ADDRESS, {"remove": "1"})
        assert not (settings.PRIVATE_ROOT / files.place(cast.nurlan.photo_name)).exists()
        assert client.get("/en/my/photo/file/").status_code == 404

    def test_the_badge_shows_it_while_he_is_cleared_and_not_after(self, sign_in, cast, client):
        sign_in(cast.nurlan.user).post(self.ADDRESS, {"photo": jpeg()})
        address = f"/badge/{cast.nurlan.uuid}/photo/"
        assert address in badge(client, cast.nurlan).content.decode()
        answer = client.get(address)
        assert answer.status_code == 200 and answer["Content-Type"] == "image/jpeg"
        assert "no-store" in answer["Cache-Control"]
        Suspension.objects.create(
            person=cast.nurlan, reason_code=ReasonCode.objects.first(), note="x", opened_by=cast.aigul
        )
        assert client.get(address).status_code == 404
        text = badge(client, cast.nurlan).content.decode()
        assert address not in text and "Мұсаев" not in text

    def test_nobody_sets_it_for_another(self, cast):
        with pytest.raises(NotAllowed):
            photos.set_photo(person=cast.nurlan, by=cast.aigul, photo=(b"x", "image/jpeg"))

    def test_the_card_has_name_role_and_code_and_no_date(self, sign_in, cast):
        text = sign_in(cast.nurlan.user).get("/en/my/card/").content.decode()
        assert 'data-testid="card"' in text and "/en/my/badge.svg" in text and "Мұсаев" in text
        with override("en"):
            assert date_format(clearance(cast.nurlan).until) not in text
        assert sign_in(cast.serik).get("/en/my/card/").status_code == 404
