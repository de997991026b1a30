"""For modules that ask as everybody (`tests/conftest.py` hands them on): `world` and `far`, the world that is not theirs; the keys of everybody's session."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.test import override_settings
from django.utils import timezone

from tests.access.asking import session_of
from tests.access.judging import all_rows, since
from tests.access.people import far_cast, more_people
from tests.access.rows import EVERYBODY
from tests.access.world import FAR, make_page, make_world
from volunteers.models import PolicyVersion


@pytest.fixture(scope="module")
def worlds(module_db) -> tuple[dict, dict]:
    """What lies in Taraz, and what lies far away with its `rows` by table. One public page and one draft of a policy, made
    when no case could be sent under it any more, are everybody's."""
    page = make_page()
    near = make_world(module_db) | {"page": page, "more": more_people(module_db)}
    before = all_rows()
    far = make_world(far_cast(module_db), FAR) | {"page": page}
    far["rows"] = since(before)
    PolicyVersion.objects.create(role=near["case"].role, number=2, effective_from=timezone.localdate())
    return near, far


@pytest.fixture(scope="module")
def world(worlds) -> dict:
    return worlds[0]


@pytest.fixture(scope="module")
def far(worlds) -> dict:
    return worlds[1]


@pytest.fixture(scope="module")
def keys(worlds) -> dict[str, str]:
    """Person → the key of his session; "" of nobody."""
    near, far = worlds
    cast, strangers = near["cast"], far["cast"]
    people = {name: getattr(cast, name) for name in vars(cast)} | near["more"]
    people |= {
        "applicant": near["applicant"],
        "stopped": near["mentor"],
        "olzhas": strangers.ivan,
        "symbat": strangers.gulnara,
        "dauren": strangers.nurlan,
        "zarina": far["applicant"],
    }
    users = {name: getattr(people[name], "user", people[name]) for name in sorted(EVERYBODY - {"nobody"})}
    return {"nobody": ""} | {name: session_of(user) for name, user in users.items()}


@pytest.fixture(scope="module")
def plain_refusals() -> Iterator[None]:
    """Pages that say no have no layout, for many thousands of them are asked for: what is left are the reasons and what is
    said about the click before."""
    words = "{% for reason in refusal.reasons %}{{ reason.text }} {{ reason.url }} {% endfor %}{{ messages|join:' ' }}"
    short = dict.fromkeys(("404.html", "refused.html"), words)
    loaders = [("django.template.loaders.locmem.Loader", short), "django.template.loaders.app_directories.Loader"]
    cached = [("django.template.loaders.cached.Loader", loaders)]
    (engine,) = settings.TEMPLATES
    with override_settings(
        TEMPLATES=[engine | {"APP_DIRS": False, "OPTIONS": engine["OPTIONS"] | {"loaders": cached}}]
    ):
        yield


@pytest.fixture
def in_demo_mode(settings):
    """The pages of letters and of the nightly job exist in the demonstration only."""
    settings.DEMO_MODE = True
