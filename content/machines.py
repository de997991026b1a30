"""What machines ask the public site for: what they may read, all that there is to read, what is new."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import override
from django.views.decorators.http import require_safe
from wagtail.models import Page

from content.feeds import AudienceFeed, NewsFeed
from content.models import address
from volunteers.models import ProgrammeRole

news_feed = login_not_required(require_safe(NewsFeed()))
audience_feed = login_not_required(require_safe(AudienceFeed()))


@login_not_required
@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    return render(request, "content/robots.txt", content_type="text/plain")


@login_not_required
@require_safe
def sitemap(request: HttpRequest) -> HttpResponse:
    """Every page that search engines may show, with its other languages and the time when it was published last."""
    pages = Page.objects.live().public().filter(depth__gt=1).select_related("locale")
    entries = []
    for _key, group in groupby(pages.order_by("translation_key", "path"), key=lambda page: page.translation_key):
        translations = [(page, address(page, request)) for page in group]
        alternates = {page.locale.language_code: url for page, url in translations}
        entries += [
            {"url": url, "changed": page.last_published_at, "alternates": alternates} for page, url in translations
        ]
    for alternates in _of_views():
        entries += [{"url": url, "alternates": alternates} for url in alternates.values()]
    return render(request, "content/sitemap.xml", {"entries": entries}, content_type="application/xml")


def _of_views() -> Iterator[dict[str, str]]:
    """The addresses, by language, of public pages that the CMS does not know."""
    codes = ProgrammeRole.objects.filter(is_open=True).values_list("code", flat=True)
    named = [("role_detail", [code]) for code in codes]
    for name, args in [("roles", []), *named, ("a_to_z", []), ("posters", [])]:
        alternates = {}
        for language, _name in settings.LANGUAGES:
            with override(language):
                alternates[language] = settings.SITE_URL + reverse(name, args=args)
        yield alternates
