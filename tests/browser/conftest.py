"""Journeys in the system's Chromium. `SHOTS=docs/img` keeps a picture of each step of the main journey."""

from __future__ import annotations

import io
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.core.management import call_command
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from portal.management import demo
from portal.management.demo import cases
from portal.models import OutgoingMessage
from tests.people import Cast, make_cast

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # Playwright's loop runs in this thread; our views do not
WIDEST = 860  # pixels of a picture in docs/img
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


def pytest_collection_modifyitems(items):
    for item in items:
        if "tests/browser/" in str(item.path):
            item.add_marker(pytest.mark.browser)
            # A real server needs committed rows; afterwards what the migrations made (the page tree's root) is put back.
            item.add_marker(pytest.mark.django_db(transaction=True, serialized_rollback=True))


@pytest.fixture(scope="session")
def chromium():
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert path, "No Chromium on this machine: apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def town(live_server, settings) -> Cast:
    """The cast, organisations and the starter pages, behind a real server in demonstration mode."""
    settings.DEMO_MODE = True
    cast = make_cast()
    cases.make_organisations()
    call_command("load_starter", verbosity=0)
    return cast


class Walk:
    """One person at one screen. Notices scripts that fail, and pages that answer 5xx."""

    def __init__(self, browser: Browser, base: str, language: str, width: int, script: bool = True):
        self.context = browser.new_context(
            viewport={"width": width, "height": 800},
            java_script_enabled=script,
            locale={"kk": "kk-KZ"}.get(language, "ru-RU"),
        )
        self.page: Page = self.context.new_page()
        self.base, self.language, self.width, self.script = base, language, width, script
        self.faults: list[str] = []
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on(
            "console", lambda note: self.faults.append(note.text) if "Content Security Policy" in note.text else None
        )
        self.page.on("response", lambda answer: self.faults.append(answer.url) if answer.status >= 500 else None)

    def go(self, path: str) -> Page:
        """Opens a path; one that begins with `~` gets the language's prefix."""
        self.page.goto(self.base + path.replace("~", f"/{self.language}", 1))
        return self.page

    def press(self, testid: str, within: str = "") -> None:
        """Presses the button with this test id, opening the <details> it lies in."""
        button = self.page.locator(f"{within} [data-testid={testid}]").first
        self.unfold(button)
        with self.page.expect_navigation():
            button.click()

    def unfold(self, target) -> None:
        details = target.locator("xpath=ancestor::details[not(@open)]")
        for _step in range(details.count()):
            details.first.locator("summary").first.click()

    def fill(self, within: str = "", **fields: str | bool) -> None:
        """Fills fields by name; True ticks a box, a value on radio buttons chooses one."""
        for name, value in fields.items():
            field = self.page.locator(f"{within} [name='{name}']").first
            self.unfold(field)
            kind = field.get_attribute("type") or field.evaluate("e => e.tagName.toLowerCase()")
            if kind in {"radio", "checkbox"} and value is not True:
                self.page.locator(f"{within} [name='{name}'][value='{value}']").first.check()
            elif kind == "checkbox":
                field.check()
            elif kind == "select":
                field.select_option(str(value))
            elif kind == "file":
                field.set_input_files(value)
            else:
                field.fill(str(value))

    def sign_in(self, name: str) -> Walk:
        self.go("~/account/login/")
        self.fill(login=demo.email_of(name), password=demo.PASSWORD)
        with self.page.expect_navigation():
            self.page.locator("main form button").first.click()
        return self

    def state(self) -> str:
        return self.page.locator("[data-testid=state]").first.get_attribute("data-state")

    def text(self) -> str:
        return self.page.locator("body").inner_text()

    def shot(self, name: str) -> None:
        """A picture of the step for docs/img, at the widths that were looked at; also demands no sideways scrolling."""
        if self.script:
            wide = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wide <= 0, f"{name}: {wide} px too wide"
        if folder := os.environ.get("SHOTS"):
            self.page.mouse.wheel(0, -100_000)
            target = Path(folder) / f"{name}-{self.language}-{self.width}.jpg"
            shot = Image.open(io.BytesIO(self.page.screenshot(scale="css", clip=self._clip(), full_page=True)))
            shot.thumbnail((WIDEST, shot.height))
            shot.convert("RGB").save(target, quality=50, optimize=True, progressive=True)

    def _clip(self) -> dict:
        height = self.page.evaluate("document.documentElement.scrollHeight") if self.script else 1200
        return {"x": 0, "y": 0, "width": self.width, "height": min(height, 1600)}


@pytest.fixture
def walk(chromium, live_server):
    """`walk(language, width, script)` opens a new browser window; at the end none has seen a fault."""
    walks: list[Walk] = []

    def open_window(language: str = "ru", width: int = 1280, script: bool = True) -> Walk:
        walks.append(Walk(chromium, live_server.url, language, width, script))
        return walks[-1]

    yield open_window
    faults = [fault for window in walks for fault in window.faults]
    for window in walks:
        window.context.close()
    assert faults == []


@dataclass
class Letter:
    link: str  # without the host
    code: str
    attachments: list


@pytest.fixture
def letters():
    """`letters(address, letter)` is the newest such letter, read as its receiver would."""

    def newest(address: str, letter: str = "") -> Letter:
        found = OutgoingMessage.objects.filter(address=address)
        message = (found.filter(letter=letter) if letter else found).latest("pk")
        link = re.search(r"https?://[^/\s]+(/\S+)", message.text)
        code = re.search(r"\b\d{6}\b", message.text)
        return Letter(link[1] if link else "", code[0] if code else "", message.attachments)

    return newest
