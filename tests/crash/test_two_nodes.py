"""Two machines, each with web, worker and clock, over one PostgreSQL and one Redis, are one portal: also when the database, the
broker and one of the two are killed while mentors book."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable

import pytest
import requests
from django.conf import settings
from django.db import connection
from wagtail.models import Site

from portal.management.demo import PASSWORD
from tests.access.world import make_page
from tests.crash.checks import check, settle, told
from tests.crash.clients import at_work
from tests.crash.house import House, Mailbox, environment, until
from tests.crash.servers import Postgres, Redis, Server

pytestmark = [
    pytest.mark.crash,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor == "sqlite", reason="a file belongs to one machine, and falls over with it"),
]
SEED = 11
TIMES = {"database": 2, "broker": 2, "node": 1}  # each is killed so often, in no order
WORK_SECONDS = (2.0, 4.0)  # between two kills
AWAY_SECONDS = (0.5, 3.0)
PUBLISH = """
import django; django.setup()
from content.models import TopicPage
page = TopicPage.objects.get(slug="a")
page.title = "Written anew"
page.save_revision().publish()
"""


@pytest.fixture
def nodes(town, tmp_path):
    """Two, what they share, and their mail server."""
    home = make_page().get_parent().get_parent()
    Site.objects.update_or_create(is_default_site=True, defaults={"hostname": "localhost", "root_page": home})
    folders = [tmp_path / name for name in ("one", "two")]
    for folder in folders:
        folder.mkdir()
    with Postgres(tmp_path) as postgres, Redis(tmp_path) as redis, postgres.holding_the_test(), Mailbox() as mailbox:
        first, second = (House(folder, mailbox.controller.port, REDIS_URL=redis.url) for folder in folders)
        with first as one, second as two:
            yield one, two, postgres, redis, mailbox


def test_two_nodes_are_one_portal(town, nodes):
    cookies, sessions = town
    one, two, postgres, redis, mailbox = nodes
    falls = {"database": again(postgres), "broker": again(redis), "node": lambda: machine_lost(two)}
    turns = list(Counter(TIMES).elements())
    random.Random(SEED).shuffle(turns)
    with at_work(cookies, sessions, [one.base, two.base], SEED) as mentors:
        for name in turns:
            time.sleep(random.uniform(*WORK_SECONDS))
            falls[name]()
            for house in (one, two):
                until(house.answers, 60, f"the portal answers after the fall of the {name}")
        time.sleep(WORK_SECONDS[1])
    for house in (one, two):
        settle(house)
    # A worker whose database goes between sending and marking sends again: each of the two, each time.
    check(mentors, mailbox.ids, repeats=2 * TIMES["database"] + TIMES["node"])
    sys.stdout.write(f"\nkilled {TIMES}: {told(mentors, mailbox.ids)}\n")

    seen_signed_out(one, two, cookies[0])
    seen_wrong_passwords(one, two)
    seen_published(one, two)


def again(server: Server) -> Callable[[], None]:
    def fall() -> None:
        server.kill()
        time.sleep(random.uniform(*AWAY_SECONDS))
        server.start()

    return fall


def machine_lost(house: House) -> None:
    """With its supervisor; its visitors wait until it is back."""
    for process in list(house.processes()):
        house.kill(process)
    time.sleep(random.uniform(*AWAY_SECONDS))
    house.__enter__()


def seen_signed_out(one: House, two: House, cookie: str) -> None:
    browser = requests.Session()
    browser.cookies["session"] = cookie
    page = "/ru/my/bookings/"
    assert [browser.get(node.base + page, allow_redirects=False).status_code for node in (one, two)] == [200, 200]
    post(browser, one, "/ru/account/logout/")
    fresh = requests.get(two.base + page, cookies={"session": cookie}, allow_redirects=False, timeout=20)
    assert fresh.status_code == 302


def seen_wrong_passwords(one: House, two: House) -> None:
    """Five for one account, wherever they are tried: then the right one does not help any more."""
    stranger = requests.Session()
    for node in (one, two, one, two, one):
        answer = post(stranger, node, "/ru/account/login/", login="aigul@demo.example", password="wrong")
        assert answer.status_code == 200
    answer = post(stranger, two, "/ru/account/login/", login="aigul@demo.example", password=PASSWORD)
    assert answer.status_code == 200
    assert "session" not in stranger.cookies


def seen_published(one: House, two: House) -> None:
    """What was kept of a public page on both is forgotten on both."""
    pages = [f"{node.base}/ru/p/a/" for node in (one, two)]
    for page in [*pages, *pages]:
        before = requests.get(page, timeout=20)
        assert (before.status_code, "Written anew" in before.text) == (200, False)
    more = {"REDIS_URL": one.env["REDIS_URL"], "DJANGO_SETTINGS_MODULE": "portal.settings"}
    place = {"env": environment(one.folder) | more, "cwd": settings.BASE_DIR}
    subprocess.run([sys.executable, "-c", PUBLISH], **place, check=True, timeout=60)
    for page in pages:
        until(lambda page=page: "Written anew" in requests.get(page, timeout=20).text, 5, "the new words are there")


def post(browser: requests.Session, node: House, path: str, **data: str) -> requests.Response:
    if "csrf" not in browser.cookies:
        browser.get(node.base + "/ru/account/login/", timeout=20)
    token = {"csrfmiddlewaretoken": browser.cookies.get("csrf", "")}
    headers = {"Origin": node.base}
    return browser.post(node.base + path, data=data | token, headers=headers, allow_redirects=False, timeout=20)
