from datetime import date

import pytest
from django.utils import timezone
from wagtail.models import Locale, Page, Site

from content import services
from content.models import HomePage, SectionPage, TopicPage
from portal.models import Helpline

LANGUAGES = ("kk", "ru", "en")


@pytest.fixture(scope="module")
def helplines(module_db):
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
    "topic-five-fingers",
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


@pytest.fixture(scope="module")
def starter(helplines, tmp_path_factory):
    """Some of the pages that the site starts with; `whole_starter` has them all. A module asks for one of the two."""
    some = tmp_path_factory.mktemp("starter")
    for name in A_FEW:
        for path in services.STARTER.glob(f"{name}.*.toml"):
            (some / path.name).symlink_to(path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(services, "STARTER", some)
        services.load_starter()
        yield


class SmallSite:
    """A start page and a section in Kazakh, and articles as a test needs them: quicker than the pages the site starts with."""

    def __init__(self):
        Page.get_first_root_node().get_children().delete()  # what other tests of the module ask for (`starter`)
        self.locale = Locale.objects.get_or_create(language_code="kk")[0]
        self.home = self._add(Page.get_first_root_node(), HomePage(title="Басты бет", slug="home-kk", summary="s"))
        Site.objects.update_or_create(is_default_site=True, defaults={"hostname": "localhost", "root_page": self.home})
        section = SectionPage(title="Балаларға", slug="children", summary="s", audience="children-6-10", tint="child")
        section.invitation = "Оқы"
        self.section = self._add(self.home, section)
        services.let_editors_in()

    def article(self, title: str, *, kind=TopicPage, locale=None, **fields):
        page = kind(title=title, summary="Қысқаша.", **{"audience": "children-6-10"} | fields)
        return self._add(self.section, page, locale)

    def _add(self, parent, page, locale=None):
        page.locale = locale or self.locale
        page.last_published_at = timezone.now()
        return parent.add_child(instance=page)


@pytest.fixture
def cms(helplines):
    return SmallSite()


@pytest.fixture
def trees(cms):
    """Start pages in all three languages, with nothing under those in Russian and English."""
    for code in ("ru", "en"):
        home = HomePage(title=code, slug=f"home-{code}", summary="s", translation_key=cms.home.translation_key)
        cms._add(Page.get_first_root_node(), home, Locale.objects.get_or_create(language_code=code)[0])
    return cms


@pytest.fixture(scope="module")
def whole_starter(helplines):
    services.load_starter()
