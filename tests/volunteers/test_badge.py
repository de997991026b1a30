"""The badge page, and the own page of somebody who was approved."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import override

from tests.people import Cast
from tests.volunteers.drafts import received
from volunteers.clearance import clearance
from volunteers.models import Acceptance, ReasonCode, Suspension


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
