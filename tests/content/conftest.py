from datetime import date

import pytest
from django.utils import timezone

from content import services
from portal.models import Helpline
from tests.cms import make_roots

LANGUAGES = ("kk", "ru", "en")


@pytest.fixture
def helplines(db):
    """Two numbers instead of the reference data's four; one was checked long ago."""
    Helpline.objects.all().delete()
    texts = {f"{field}_{code}": f"{field} {code}" for field in ("name", "about") for code in LANGUAGES}
    return [
        Helpline.objects.create(
            number=number,
            for_danger_now=number == "112",
            in_crisis_bar=True,
            checked_on=checked_on,
            checked_by="Programme office",
            position=position,
            **texts,
        )
        for position, (number, checked_on) in enumerate([("112", timezone.localdate()), ("111", date(2026, 1, 1))])
    ]


# One page of each kind, every section, and the pages that the tests name.
A_FEW = [
    "home",
    "help",
    "about",
    "privacy",
    "accessibility",
    "safe-browsing",
    "news",
    "glossary",
    "library",
    "people",
    "news-*",
    "children",
    "teens",
    "youth",
    "parents",
    "teachers",
    "mentors",
    "organisations",
    "topic-my-body-rules",
    "topic-hurt-at-school",
    "topic-phone-scares",
    "topic-child-tells",
    "topic-first-24-hours",
    "topic-mentor-hears",
    "guide-tell-an-adult",
    "kit-secrets",
    "story-new-boy",
    "quiz-safe-secret",
    "faq-veterans",
]


@pytest.fixture
def starter(helplines, tmp_path, monkeypatch):
    """Some of the pages that the site starts with; `whole_starter` has them all."""
    make_roots()
    for name in A_FEW:
        for path in services.STARTER.glob(f"{name}.*.toml"):
            (tmp_path / path.name).symlink_to(path)
    monkeypatch.setattr(services, "STARTER", tmp_path)
    services.load_starter()


@pytest.fixture
def whole_starter(helplines):
    make_roots()
    services.load_starter()
