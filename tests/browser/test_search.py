"""Suggestions under the search field, by the keyboard alone and by the mouse."""

from __future__ import annotations

import re

from playwright.sync_api import expect


def test_suggestions_by_keyboard_and_mouse(town, walk):
    window = walk("kk", 360)
    page = window.go("~/search/")
    field, options = page.get_by_role("combobox"), page.get_by_role("option")
    field.press_sequentially("бал")
    expect(options.first).to_be_visible()
    expect(page.locator(".search [role=status]")).to_contain_text(str(options.count()))
    field.press("ArrowUp")  # from the field to the last
    expect(options.last).to_have_attribute("aria-selected", "true")
    field.press("ArrowDown")
    expect(page.locator("[aria-selected=true]")).to_have_count(0)
    field.press("Escape")
    expect(options).to_have_count(0)
    expect(field).to_have_attribute("aria-expanded", "false")
    expect(field).to_have_value("бал")  # Escape alone would have emptied it

    field.press_sequentially("а")
    expect(options.first).to_be_visible()
    field.press("ArrowDown")
    chosen = options.first
    expect(field).to_have_attribute("aria-activedescendant", chosen.get_attribute("id"))
    target = chosen.get_attribute("href")
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    with page.expect_navigation():
        field.press("Enter")
    assert page.url.endswith(target)

    page = window.go("~/")
    page.get_by_role("combobox").press_sequentially("бал")
    target = options.first.get_attribute("href")
    with page.expect_navigation():
        options.first.click()
    assert page.url.endswith(target)
    assert window.context.cookies() == []


def test_enter_without_a_choice_searches_and_leaving_the_field_closes_the_list(town, walk):
    page = walk("ru").go("~/search/")
    field, options = page.get_by_role("combobox"), page.get_by_role("option")
    field.press_sequentially("реб")
    expect(options.first).to_be_visible()
    field.press("Tab")
    expect(options).to_have_count(0)
    field.focus()
    field.press_sequentially("ёнок")
    expect(options.first).to_be_visible()
    with page.expect_navigation(url=re.compile(r"/ru/search/\?q=")):
        field.press("Enter")
    assert page.get_by_test_id("found").count() == 10


def test_without_script_the_form_stands_alone(town, walk):
    window = walk("ru", script=False)
    page = window.go("~/search/")
    assert page.get_by_role("combobox").count() == page.get_by_role("listbox").count() == 0
    window.fill(q="РЕБЕНОК")
    window.press("search-go")
    assert page.get_by_test_id("found").count() == 10
