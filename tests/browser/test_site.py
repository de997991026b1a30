"""The public site as a child meets it: leaving fast, no network, another language, no JavaScript."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from content import services
from content.models import QuizPage, TopicPage
from portal.reference import load_reference

AWAY = "/robots.txt"  # stands for the page of somebody else that the exit leads to


PAGES = ["home", "help", "safe-browsing", "children", "topic-my-body-rules", "quiz-safe-secret"]


@pytest.fixture
def site(live_server, settings, tmp_path, monkeypatch) -> None:
    """The numbers and a few of the pages, behind a real server."""
    load_reference()
    for name in PAGES:
        for path in services.STARTER.glob(f"{name}.*.toml"):
            (tmp_path / path.name).symlink_to(path)
    monkeypatch.setattr(services, "STARTER", tmp_path)
    services.load_starter()


@pytest.fixture
def away(live_server, settings) -> str:
    settings.EXIT_URL = live_server.url + AWAY
    return settings.EXIT_URL


def until(page: Page, expression: str) -> None:
    """Waits for it without a script of its own in the page: the policy lets none in."""
    for _time in range(200):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(50)
    raise AssertionError(expression)


def kept(page: Page) -> list[str]:
    return page.evaluate("caches.keys()")


def wait_until_kept(page: Page) -> None:
    """The worker has taken everything in, and answers for this page."""
    page.evaluate("navigator.serviceWorker.ready")
    until(page, "navigator.serviceWorker.controller !== null")


@pytest.mark.parametrize("language", ["kk", "ru"])
def test_the_exit_blanks_the_page_before_anything_is_loaded(site, walk, away, language):
    page = walk(language, 360).go("~/help/")
    page.route(
        "**/exit/", lambda route: route.fulfill(status=204)
    )  # the other page does not come: what is seen until then?
    page.locator("[data-testid=quick-exit]").click()
    until(page, "document.body.childElementCount === 0")
    assert page.title() == "…"
    page.unroute("**/exit/")
    page.evaluate("location.replace('/exit/')")
    page.wait_for_url(away)


@pytest.mark.parametrize("way", ["click", "shift"])
def test_the_way_back_does_not_show_the_page(site, walk, away, way):
    child = walk("kk", 360)
    child.go("~/")
    page = child.go("~/help/")
    if way == "click":
        page.locator("[data-testid=quick-exit]").click()
    else:
        status = page.locator("[data-exit-status]")
        for words in status.get_attribute("data-exit-status").split("|"):
            page.keyboard.press("Shift")
            expect(status).to_have_text(words)
        page.keyboard.press("Shift")
    page.wait_for_url(away)
    page.go_back()
    assert page.url == child.base + "/kk/"


def test_shift_while_writing_does_not_leave(site, walk, away):
    page = walk("ru", 1280).go("~/search/")
    field = page.locator("[data-testid=search-query]")
    field.focus()
    for _letter in range(4):
        page.keyboard.press("Shift+A")
    assert page.url.endswith("/ru/search/")
    assert field.input_value() == "AAAA"


def test_shift_with_another_key_or_the_mouse_does_not_leave(site, walk, away):
    """Alt or Ctrl with Shift changes the keyboard's language; with the mouse Shift marks words."""
    page = walk("ru", 1280).go("~/search/")
    field = page.locator("[data-testid=search-query]")
    field.fill("помощь")
    for other in ("Alt", "Control"):
        page.keyboard.down(other)
        for _time in range(4):
            page.keyboard.press("Shift")
        page.keyboard.up(other)
    for _time in range(4):
        field.click(modifiers=["Shift"])
    assert field.input_value() == "помощь"
    assert page.locator("[data-exit-status]").inner_text() == ""


def test_who_goes_by_the_keyboard_can_leave_before_anything_else(site, walk, away):
    page = walk("kk", 360).go("~/help/")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    link = page.locator("a.skip[data-exit]")
    expect(link).to_be_focused()
    expect(link).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.wait_for_url(away)


def test_the_exit_needs_no_script(site, walk, away):
    page = walk("kk", 360, script=False).go("~/help/")
    with page.expect_response("**/exit/") as answer:
        page.locator("[data-testid=quick-exit]").click()
    assert answer.value.status == 302
    page.wait_for_url(away)


@pytest.mark.parametrize("language", ["kk", "ru"])
def test_the_help_page_opens_without_a_network(site, walk, language):
    child = walk(language, 360)
    page = child.go("~/help/")
    heading = page.locator("h1").inner_text()
    wait_until_kept(page)
    child.context.set_offline(True)
    page = child.go("~/help/")
    assert page.locator("h1").inner_text() == heading
    assert page.locator("main a[href='tel:111']").first.is_visible()
    assert page.locator(".crisis").evaluate("bar => getComputedStyle(bar).position") == "sticky"
    assert page.evaluate("document.fonts.ready.then(() => document.fonts.check('1rem Onest'))")
    page = child.go("~/children/")
    assert page.locator("h1").inner_text() != heading
    assert page.evaluate("document.documentElement.lang") == language
    assert page.locator("main a[href='tel:112']").is_visible()
    page.locator(f"main a[href='/{language}/help/']").click()
    expect(page.locator("h1")).to_have_text(heading)
    child.context.set_offline(False)


WITH_FONT = "getComputedStyle(document.querySelector('main')).fontFamily.startsWith('Onest')"
FONT = "**/onest*.woff2"


def test_the_font_is_asked_for_when_the_words_are_there(site, walk):
    page = walk("ru", 360).go("~/")
    until(page, WITH_FONT)
    page.evaluate("document.fonts.ready")
    painted, asked = page.evaluate(
        "[performance.getEntriesByName('first-contentful-paint'),"
        " performance.getEntriesByType('resource').filter(file => file.name.includes('onest'))]"
    )
    assert asked[0]["startTime"] >= painted[0]["startTime"]


def test_who_has_the_sheet_sees_the_font_from_the_first_line(site, walk):
    window = walk("ru", 360)
    wait_until_kept(window.go("~/help/"))
    window.page.add_init_script("PerformanceObserver.prototype.observe = () => {}")  # waits for no line any more
    assert window.go("~/help/").evaluate(WITH_FONT)


def test_an_old_browser_that_does_not_tell_when_it_draws_gets_everything_at_once(site, walk):
    window = walk("ru", 360)
    window.page.add_init_script("delete window.PerformanceObserver")
    page = window.go("~/")
    assert page.evaluate(WITH_FONT)
    expect(page.get_by_role("combobox")).to_be_visible()
    wait_until_kept(window.go("~/help/"))


def test_a_browser_that_keeps_nothing_and_one_that_leaves_meanwhile_show_the_page_without_a_fault(site, walk):
    window = walk("kk", 360)
    window.page.add_init_script("navigator.serviceWorker.register = async () => { throw Error('aborted'); }")
    page = window.go("~/help/")
    page.wait_for_load_state("load")
    page.wait_for_timeout(200)
    expect(page.locator("h1")).to_be_visible()


def test_without_a_script_the_font_comes_by_the_sheet_alone(site, walk):
    assert walk("kk", 360, script=False).go("~/help/").evaluate(WITH_FONT)


@pytest.mark.parametrize("width", [320, 360, 412])
@pytest.mark.parametrize("language", ["kk", "ru"])
def test_the_way_out_stays_where_it_is_when_the_font_comes(site, walk, language, width):
    window = walk(language, width)
    places = (
        "[...document.querySelectorAll('.crisis, .crisis a')].map(part => JSON.stringify(part.getBoundingClientRect()))"
        ".concat([...document.querySelectorAll('.numbers .card > a:first-child')].map(part => part.clientWidth))"
    )
    window.context.route(FONT, lambda route: route.abort())
    before = window.go("~/help/").evaluate(places)
    window.context.unroute(FONT)
    page = window.go("~/help/")
    until(page, WITH_FONT)
    assert page.evaluate("document.fonts.load('1rem Onest').then(faces => faces.length)")
    assert page.evaluate(places) == before


@pytest.mark.parametrize("without", ["script", "header"])
def test_what_was_kept_is_forgotten_by_the_header_alone_and_by_the_script_alone(site, walk, without):
    child = walk("ru", 360)
    page = child.go("~/help/")
    wait_until_kept(page)
    assert kept(page)
    if without == "script":
        child.context.route("**/forget*.js", lambda route: route.abort())
    else:
        child.context.route("**/ru/forget/", _answer_without_header)
    page.locator("[data-testid=forget]").click()
    page.wait_for_url("**/ru/forget/")
    until(page, "caches.keys().then(names => names.length === 0)")
    said = page.locator("[data-forgotten]")
    expect(said).to_be_visible() if without == "header" else expect(said).to_be_hidden()
    assert page.evaluate("navigator.serviceWorker.getRegistrations().then(all => all.length)") == 0


def _answer_without_header(route) -> None:
    answer = route.fetch()
    headers = {name: value for name, value in answer.headers.items() if name.lower() != "clear-site-data"}
    route.fulfill(response=answer, headers=headers)


def test_the_exit_forgets_what_was_kept(site, walk, away):
    child = walk("kk", 360)
    page = child.go("~/help/")
    wait_until_kept(page)
    page.locator("[data-testid=quick-exit]").click()
    page.wait_for_url(away)
    page = child.go("~/")
    assert kept(page) == []


@pytest.mark.parametrize("script", [True, False])
def test_the_switcher_leads_to_the_same_page_and_back(site, walk, script):
    pages = TopicPage.objects.live().filter(slug="my-five-rules").select_related("locale")
    titles = {page.locale.language_code: page.title for page in pages}
    window = walk("kk", 360, script=script)
    page = window.go(pages.get(locale__language_code="kk").url)
    first = page.url
    for language in ("ru", "en", "kk"):
        page.locator(f"[data-testid=language-{language}]").click()
        expect(page.locator("html")).to_have_attribute("lang", language)
        expect(page.locator("h1")).to_have_text(titles[language])
        expect(page.locator(".langs [aria-current]")).to_have_attribute("lang", language)
    assert page.url == first


@pytest.mark.parametrize(("language", "word"), [("kk", "қауіпсіздік"), ("ru", "безопасность")])
def test_search_needs_no_script(site, walk, language, word):
    window = walk(language, 360, script=False)
    window.go("~/search/")
    window.fill(q=word)
    window.press("search-go")
    found = window.page.locator("[data-testid=found]")
    assert found.count() > 0
    found.locator("a").first.click()
    expect(window.page.locator("html")).to_have_attribute("lang", language)
    expect(window.page.locator("main h1")).to_be_visible()


def test_a_quiz_explains_every_answer_and_sends_nothing(site, walk):
    quiz = QuizPage.objects.live().filter(locale__language_code="kk").first()
    window = walk("kk", 360, script=False)
    page = window.go(quiz.url)
    page.wait_for_load_state("networkidle")
    sent = []
    page.on("request", lambda request: sent.append(request.url))
    questions = page.locator("[data-testid=quiz] > li")
    assert questions.count() == len(quiz.questions)
    for number in range(questions.count()):
        choices = questions.nth(number).locator(".choice")
        for choice in range(choices.count()):
            choices.nth(choice).locator("label").click()
            shown = questions.nth(number).locator(".why:visible")
            expect(shown).to_have_count(1)
            expect(choices.nth(choice).locator(".why")).to_be_visible()
    page.wait_for_timeout(200)
    assert sent == [], sent
    assert window.context.cookies() == []
