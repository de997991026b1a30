import re
from urllib.parse import quote

import pytest
from wagtail.models import PageViewRestriction

from content.catalogue import corrected
from content.models import HomePage, TextPage
from content.search import clean_query, entries_of, find, mark, passage
from content.stems import stem, stems
from portal.management.commands import prepare


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("ru", "насилие насилия насилием"),
        ("ru", "ребенка ребёнка ребёнок дети детей"),
        ("ru", "наставник наставники наставников"),
        ("kk", "балалар балаларды балаларының бала балаға баламен"),
        ("kk", "мектеп мектепте мектептегі мектептер мектебі"),
        ("kk", "тәлімгер тәлімгерлік тәлімгерлердің талимгер"),
        ("kk", "еріктілер ерікті"),
        ("kk", "құқық құқығы құқығын кукык"),
        ("kk", "қауіпсіздік қауіпсіздікті кауипсиздик"),
        ("kk", "үй үйде үйге үйден"),
        ("kk", "сабақ сабағы сабақтар"),
        ("kk", "қыз қызы қызым қыздар"),
        ("kk", "үй үйім үйінде үйлер"),
        ("kk", "су суға судан сумен"),
        ("kk", "ұйым ұйымға ұйымдарға ұйымымыз"),
        ("kk", "жәбірлеу жәбірлейді жәбірлеп жәбірлеймін жәбірлейсің жәбірлейтін"),
        ("kk", "мазақ мазақтап мазақтайды мазақтай"),
        ("kk", "қорлау қорлап қорлайды"),
        ("kk", "жылау жылаймын жылап жылай"),
        ("kk", "адасу адастым адассам адасып"),
        ("kk", "ұялу ұялдым ұялып"),
        ("kk", "құжат құжатым құжаттар"),
        ("kk", "қорқамын қорқып қорықтым қорқыныш коркамын"),
        ("kk", "қорқытады қорқытып қорқытты"),
        ("en", "child children"),
        ("en", "mentor mentors"),
        # Latin letters that look like Cyrillic ones, capitals, Kazakh words on the Russian site
        ("kk", "өмір омiр oмip ӨМІР омиp"),
        ("kk", "қаһарман қаhарман кахарман"),
        ("kk", "тәлімгер тəлімгер ТАЛИМГЕР"),
        ("ru", "насилие наcилиe НАСИЛИЯ"),
        ("ru", "ёлка елка Елки eлка"),
        ("ru", "тірек тирек Тiрек"),
    ],
)
def test_forms_of_a_word_have_one_stem(language, words):
    assert len({stem(word, language) for word in words.split()}) == 1


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("kk", "сенім сен"),
        ("kk", "бала балық"),
        ("kk", "ұйым үй"),
        ("kk", "қорқамын қорқытады қорғайды көрдім"),
        ("kk", "қорлап қорап"),
        ("kk", "құпия құпиялық"),
        ("kk", "мектеп мек"),
        ("kk", "қалай қала"),
        ("kk", "жағдай жақ"),
        ("ru", "школа школьник"),
    ],
)
def test_other_words_keep_their_own(language, words):
    stems_of_all = [stem(word, language) for word in words.split()]
    assert len(set(stems_of_all)) == len(stems_of_all)


def test_stems_leave_no_query_syntax():
    assert stems('NEAR("a", b*) OR -x:y ^\x00\ud800', "en") == "near a b or x y"


def test_clean_query_is_short_and_printable():
    assert clean_query("  a\x00b\u202e\n c ") == "a b c"
    assert len(clean_query("х" * 10_000)) == 100
    assert clean_query("реб\u0435\u0308нок и\u0306од") == "ребёнок йод"


def test_marking_escapes():
    assert mark("<b>Дети</b> & школа", "детей", "ru") == "&lt;b&gt;<mark>Дети</mark>&lt;/b&gt; &amp; школа"


@pytest.mark.parametrize(
    ("language", "text", "query", "marked"),
    [
        (
            "kk",
            "Қауіпсіздіктің бес ережесі",
            "кауипсиздик ереже",
            "<mark>Қауіпсіздіктің</mark> бес <mark>ережесі</mark>",
        ),
        ("kk", "Балаларыңыздың өмірі", "oмiр", "Балаларыңыздың <mark>өмірі</mark>"),
        ("ru", "Своего ребёнка", "РЕБЕНОК", "Своего <mark>ребёнка</mark>"),
        ("en", "Mentors and a child", "mentor children", "<mark>Mentors</mark> and a <mark>child</mark>"),
    ],
)
def test_marks_stand_around_other_forms_and_other_letters(language, text, query, marked):
    assert mark(text, query, language) == marked
    assert passage(text, query, language) == text


def test_passage_comes_from_where_most_words_stand_together():
    filling = " ".join(f"слово{number}" for number in range(40))
    text = f"Школа. {filling} Наставники приходят в школу. {filling}"
    assert "Наставники приходят в школу" in passage(text, "наставник школы", "ru")
    assert passage(text, "школа", "ru").startswith("Школа.")


def test_passage_shows_the_words_around():
    text = " ".join(f"слово{number}" for number in range(50)) + " наставник пришёл"
    assert passage(text, "наставники", "ru").startswith("… слово36")
    assert passage(text, "нет", "ru") == ""


def add_page(language, title, slug="new", **values):
    home = HomePage.objects.get(locale__language_code=language)
    return home.add_child(instance=TextPage(title=title, slug=slug, summary="s", locale=home.locale, **values))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("language", "text", "query"),
    [
        ("ru", "Защита от насилия", "насилие"),
        ("ru", "Права ребёнка", "ребенка"),
        ("kk", "Балаларды қорғау", "балалар"),
        ("kk", "Қауіпсіздік", "кауипсиздикти"),
    ],
)
def test_finds_another_form_of_the_word(trees, client, language, text, query):
    add_page(language, text)
    html = client.get(f"/{language}/search/?q={quote(query)}").content.decode()
    assert f'href="/{language}/new/"' in html and "<mark>" in html


@pytest.mark.django_db
def test_only_live_public_pages_of_the_language(trees, client):
    add_page("ru", "Заповедное")
    add_page("kk", "Заповедное")
    add_page("ru", "Заповедное", "draft", live=False)
    closed = add_page("ru", "Заповедное", "closed")
    PageViewRestriction.objects.create(page=closed, restriction_type="login")
    assert [page.slug for page in find("заповедное", "ru")[0]] == ["new"]
    html = client.get(f"/ru/search/?q={quote('заповедное')}").content.decode()
    assert "/ru/new/" in html and "/kk/new/" not in html
    assert find("root", "ru")[0] == []


@pytest.mark.django_db
def test_pages_with_the_words_in_their_titles_come_first(trees):
    in_text = [("text", "<p>Заповедное, заповедное, заповедное: заповедные заповедного.</p>")]
    add_page("ru", "Другое", "text", body=in_text)
    add_page("ru", "О заповедном, и многое другое кроме него в длинном названии", "title")
    add_page("ru", "Третье", "text-too", body=in_text)
    assert entries_of(find("заповедное", "ru")[0], "заповедное", "ru")[0].url == "/ru/title/"


@pytest.mark.django_db
def test_words_that_only_readers_use_find_a_page_first_and_are_never_shown(trees, client):
    add_page("ru", "Другое", "text", body=[("text", "<p>Верблюжатник, верблюжатники, верблюжатника.</p>")])
    add_page("ru", "О заповедном", "named", other_words="верблюжатник, что горбат")
    html = client.get(f"/ru/search/?q={quote('верблюжатники')}").content.decode()
    assert re.findall(r'<h3><a href="([^"]+)"', html) == ["/ru/named/", "/ru/text/"]
    assert "горбат" not in html and "горбат" not in client.get("/ru/named/").content.decode()


@pytest.mark.django_db
def test_words_of_a_warning_find_the_page(cms):
    cms.article("Басқа", slug="warned", warning="Мұнда зубочистка туралы айтылады.")
    assert [page.slug for page in find("зубочистка", "kk")[0]] == ["warned"]
    assert corrected("зубачистка", "kk") == "зубочистка"


@pytest.mark.django_db
def test_pages_of_a_release_that_cut_words_otherwise_are_found_after_prepare(trees, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr("content.models.base.stems", lambda text, language: "")
        add_page("ru", "Заповедное")
    assert find("заповедное", "ru")[0] == []
    prepare.Command()._prepare(with_demo=False)
    assert [page.slug for page in find("заповедное", "ru")[0]] == ["new"]


@pytest.mark.django_db
def test_some_of_the_words_when_no_page_has_all(trees):
    add_page("ru", "Заповедное")
    pages, every_word = find("заповедное верблюжатник", "ru")
    assert [page.slug for page in pages] == ["new"] and not every_word


@pytest.mark.django_db
def test_unpublished_page_is_no_longer_found(trees):
    page = add_page("ru", "Заповедное")
    page.unpublish()
    assert find("заповедное", "ru")[0] == []


HOSTILE = [
    '"', "%00", "'", "х" * 10_000, "%ed%a0%80", "%ff%fe", "a%00b", "*", "^", "NEAR(", "AND", "OR OR", "-", "a:b", "\\", "%",
    "{}", "title:x", ";--", "<script>alert(1)</script>", "${7*7}", "%E2%80%AE", "😀", "ª²Ⅷ", "' OR 1=1", "%25s %25d", "_",
    "()", "a" * 100, " ".join("ab"), "&q=2", "+", "ı İ ß", "١٢٣",
]  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_hostile_queries_never_fail(starter, client, language):
    for value in HOSTILE:
        response = client.get(f"/{language}/search/?q=дети {value}")
        assert response.status_code == 200, value
        assert b"<script>alert" not in response.content
        find(value, language)


@pytest.mark.django_db
def test_lone_surrogates_and_nul_are_words_of_nothing(starter):
    assert find("\ud800", "ru")[0] == find("\x00", "ru")[0] == []


@pytest.mark.django_db
def test_hostile_page_numbers_show_the_nearest(starter, client):
    for number in ("0", "-1", "9" * 5000, "x", "%00", "1.5", "²", "", "2&page=3", "last", "%ed%a0%80"):
        html = client.get(f"/ru/search/?q={quote('ребёнок')}&page={number}").content.decode()
        assert 'data-testid="found"' in html, number


@pytest.mark.django_db
def test_paging_keeps_the_query(starter, client):
    html = client.get(f"/ru/search/?q={quote('ребёнок')}").content.decode()
    following = re.search(r'rel="next" href="([^"]+)"', html)[1].replace("&amp;", "&")
    assert 'data-testid="found"' in client.get("/ru/search/" + following).content.decode()


@pytest.mark.django_db
def test_nothing_found_shows_the_numbers(starter, client):
    html = client.get("/kk/search/?q=zzzz").content.decode()
    assert html.count('href="tel:111"') == 2  # the bar and the card


@pytest.mark.django_db
def test_search_page_sets_no_cookie_and_is_the_same_in_all_languages(starter, client):
    response = client.get("/ru/search/")
    html = response.content.decode()
    assert not response.cookies and 'hreflang="x-default"' in html and "noindex" not in html
    assert "noindex" in client.get("/ru/search/?q=x").content.decode()
    assert client.post("/ru/search/").status_code == 405


@pytest.mark.django_db
def test_search_before_any_page_is_loaded(client):
    assert client.get("/kk/search/?q=бала").status_code == 200
