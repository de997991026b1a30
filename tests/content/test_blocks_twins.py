"""The same in simple words: two pages on one subject, for two ages."""

import pytest
from django.core.exceptions import ValidationError
from wagtail.models import Locale

from content.models import QuizPage

pytestmark = pytest.mark.django_db


@pytest.fixture
def pair(cms):
    easy = cms.article("Бес саусақ", reading_age=7)
    older = cms.article("Үлкенге қалай айту керек", reading_age=11)
    older.easy_version = easy
    older.save()
    return older, easy


def read(client, page):
    answer = client.get(page.get_url())
    assert answer.status_code == 200
    return answer.content.decode()


def test_each_of_the_two_leads_to_the_other(pair, client):
    older, easy = pair
    html = read(client, older)
    place = html.index('data-testid="easy"')
    assert f'href="{easy.get_url()}"' in html[place : place + 200] and 'data-testid="older"' not in html
    html = read(client, easy)
    place = html.index('data-testid="older"')
    assert f'href="{older.get_url()}">{older.title}</a>' in html[place : place + 300]
    assert 'data-testid="easy"' not in html


def test_a_page_that_is_not_live_is_not_led_to(pair, client):
    older, easy = pair
    easy.unpublish()
    assert 'data-testid="easy"' not in read(client, older)
    easy.save_revision().publish()
    older.unpublish()
    assert 'data-testid="older"' not in read(client, easy)


def test_what_is_no_easier_page_of_the_same_language_is_refused(cms):
    russian = Locale.objects.get_or_create(language_code="ru")[0]
    page = cms.article("Беттің өзі", reading_age=11)
    wrong = [
        page,
        cms.section,
        cms.article("Орысша", locale=russian, reading_age=7),
        cms.article("Сол жасқа", reading_age=11),
        cms.article("Жасы айтылмаған"),
    ]
    for other in wrong:
        page.easy_version = other
        with pytest.raises(ValidationError) as refused:
            page.full_clean()
        assert list(refused.value.error_dict) == ["easy_version"], other
    page.easy_version = cms.article("Жеңіл", kind=QuizPage, reading_age=7, questions=a_question())
    page.full_clean()


def a_question():
    answers = [{"text": "Иә", "right": True, "why": "w"}, {"text": "Жоқ", "right": False, "why": "w"}]
    return [("question", {"question": "?", "answers": answers})]


def test_a_translation_names_a_page_of_its_own_language(trees, pair):
    older, _easy = pair
    russian = Locale.objects.get(language_code="ru")
    trees.section.copy_for_translation(russian)
    assert older.copy_for_translation(russian).easy_version is None
