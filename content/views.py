from __future__ import annotations

from itertools import groupby

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, override
from django.views.decorators.http import require_safe
from wagtail.models import Page

from content.models import address
from content.search import clean_query, find, mark, passage
from portal.models import Helpline

PAGE_SIZE = 10


@login_not_required
@require_safe
def search(request):
    """Answers any query in the page's language. A query that finds nothing is met with the numbers to call."""
    language = get_language()
    query = clean_query(request.GET.get("q", ""))
    results, every_word = find(query, language)
    page_obj = Paginator(results, PAGE_SIZE).get_page(request.GET.get("page"))
    found = [
        {
            "page": page,
            "title": mark(page.title, query, language),
            "summary": mark(page.summary, query, language),
            "passage": mark(passage(page.plain_text, query, language), query, language),
        }
        for page in page_obj
    ]
    context = {
        "query": query,
        "found": found,
        "every_word": every_word,
        "page_obj": page_obj,
        "lines": Helpline.objects.all() if query and not found else None,
        **_search_addresses(language),
    }
    return render(request, "content/search.html", context)


def _search_addresses(language: str) -> dict:
    alternates = {}
    for code, _name in settings.LANGUAGES:
        with override(code):
            alternates[code] = settings.SITE_URL + reverse("search")
    return {"canonical": alternates[language], "alternates": alternates, "default_alternate": alternates["kk"]}


@login_not_required
@require_safe
def robots(request):
    return render(request, "content/robots.txt", content_type="text/plain")


@login_not_required
@require_safe
def sitemap(request):
    """Every live public page with its other languages."""
    pages = (
        Page.objects.live().public().filter(depth__gt=1).select_related("locale").order_by("translation_key", "path")
    )
    entries = []
    for _key, group in groupby(pages, key=lambda page: page.translation_key):
        translations = [(page, address(page, request)) for page in group]
        alternates = {page.locale.language_code: url for page, url in translations}
        entries += [{"page": page, "url": url, "alternates": alternates} for page, url in translations]
    return render(request, "content/sitemap.xml", {"entries": entries}, content_type="application/xml")
