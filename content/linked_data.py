"""What a page is, in the words of schema.org, for machines that read."""

from __future__ import annotations

from django.conf import settings
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _
from wagtail.rich_text import get_text_for_indexing

from content.models import ArticlePage, GlossaryPage, GuidePage, HomePage, NewsPage, QuizPage, SitePage, address

KINDS = {GuidePage: "HowTo", QuizPage: "Quiz", NewsPage: "NewsArticle"}  # every other article is an Article


def linked_data(page: SitePage, crumbs: list, request=None) -> dict:
    """The page as JSON-LD: the organisation on the start page; on others the way to it from there (`crumbs`, from the start
    page to the one above) and, where there is more to say than that it is a page, what it holds."""
    link = address(page, request)
    if isinstance(page, HomePage):
        things = [_organisation()]
    else:
        above = [(crumb.title, address(crumb, request)) for crumb in crumbs]
        things = [_way([*above, (page.title, link)])]
        if isinstance(page, ArticlePage | NewsPage):
            things.append(_article(page, link))
        elif isinstance(page, GlossaryPage):
            things.append(_terms(page, link))
    return {"@context": "https://schema.org", "@graph": things}


def _organisation() -> dict:
    return {
        "@type": "Organization",
        "@id": f"{settings.SITE_URL}/#organization",
        "name": _("Tirek"),
        "url": settings.SITE_URL,
        "logo": settings.SITE_URL + static("portal/img/icon-512.png"),
    }


def _way(steps: list[tuple[str, str]]) -> dict:
    return {
        "@type": "BreadcrumbList",
        "itemListElement": [
            {
                "@type": "ListItem",
                "position": position,
                "name": _("Start page") if position == 1 else name,
                "item": item,
            }
            for position, (name, item) in enumerate(steps, 1)
        ],
    }


def _article(page: ArticlePage | NewsPage, link: str) -> dict:
    published = page.day if isinstance(page, NewsPage) else page.first_published_at
    thing = {
        "@type": KINDS.get(type(page), "Article"),
        "name": page.title,
        "headline": page.title,
        "description": page.summary,
        "inLanguage": page.locale.language_code,
        "datePublished": published and published.isoformat(),
        "dateModified": page.last_published_at and page.last_published_at.isoformat(),
        "image": settings.SITE_URL + reverse("page_card", args=[page.pk]),
        "publisher": _organisation(),
        "mainEntityOfPage": {"@type": "WebPage", "@id": link},
    }
    if isinstance(page, ArticlePage):
        thing["audience"] = {"@type": "Audience", "audienceType": page.get_audience_display()}
        thing["timeRequired"] = f"PT{page.reading_minutes}M"
        if page.reviewed_on:
            thing["mainEntityOfPage"]["lastReviewed"] = page.reviewed_on.isoformat()
        if page.reviewed_by:
            thing["mainEntityOfPage"]["reviewedBy"] = {"@type": "Organization", "name": page.reviewed_by}
    if isinstance(page, GuidePage):
        thing["step"] = [_step(number, step.value, link) for number, step in enumerate(page.steps, 1)]
    return {key: value for key, value in thing.items() if value}


def _step(number: int, step, link: str) -> dict:
    text = get_text_for_indexing(step["text"].source)
    return {"@type": "HowToStep", "name": step["title"], "text": text, "url": f"{link}#step-{number}"}


def _terms(page: GlossaryPage, link: str) -> dict:
    language = page.locale.language_code
    return {
        "@type": "DefinedTermSet",
        "@id": link,
        "name": page.title,
        "inLanguage": language,
        "hasDefinedTerm": [
            {"@type": "DefinedTerm", "name": term[language], "description": term["meaning"]} for term in page.in_order
        ],
    }
