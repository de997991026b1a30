from __future__ import annotations

import io
from itertools import groupby
from urllib.parse import urlsplit

import segno
from allauth.core import ratelimit
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe
from wagtail.models import Page

from content.feeds import NewsFeed
from content.forms import FeedbackForm
from content.models import ArticlePage, PageFeedback, SitePage, address
from content.pdf import as_pdf
from content.search import clean_query, find, mark, passage
from content.stems import alphabetical
from portal.models import Helpline

news_feed = login_not_required(require_safe(NewsFeed()))

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
        **_addresses_of("search", language),
    }
    return render(request, "content/search.html", context)


def _addresses_of(view: str, language: str) -> dict:
    alternates = {}
    for code, _name in settings.LANGUAGES:
        with override(code):
            alternates[code] = settings.SITE_URL + reverse(view)
    return {"canonical": alternates[language], "alternates": alternates, "default_alternate": alternates["kk"]}


def _public(pk: int) -> SitePage:
    """The live public page; 404 for every other."""
    return get_object_or_404(Page.objects.live().public().filter(depth__gt=1), pk=pk).specific


@login_not_required
@require_safe
def page_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """An article as a file; 404 for pages of other kinds."""
    page = _public(pk)
    if not isinstance(page, ArticlePage):
        return render(request, "404.html", status=404)
    answer = HttpResponse(as_pdf(page), content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="{page.slug}-{page.locale.language_code}.pdf"'
    return answer


@login_not_required
@require_safe
def short_address(request: HttpRequest, pk: int) -> HttpResponse:
    """Where a printed code leads: it holds no words that anybody could read over a shoulder."""
    return redirect(address(_public(pk)))


@login_not_required
@require_safe
def page_qr(request: HttpRequest, pk: int) -> HttpResponse:
    """The short address of a page as a code for cameras."""
    out, page = io.BytesIO(), _public(pk)
    link = settings.SITE_URL + reverse("short_address", args=[page.pk])
    segno.make(link, error="m").save(out, kind="svg", scale=6, border=2, dark="#14252b", light="#fff")
    return HttpResponse(out.getvalue(), content_type="image/svg+xml")


@login_not_required
@require_safe
def page_share(request: HttpRequest, pk: int) -> HttpResponse:
    """The page's address to copy and its code to photograph or print: nothing of anybody else's is loaded."""
    page = _public(pk)
    context = {
        "page": page,
        "link": address(page),
        "short": settings.SITE_URL + reverse("short_address", args=[page.pk]),
    }
    return render(request, "content/share.html", context)


@login_not_required
@csrf_exempt
@require_POST
def page_feedback(request: HttpRequest, pk: int) -> HttpResponse:
    """Takes a word about a page from anybody. No cookie is set for readers, so the origin of the request is asked instead
    of a token; nothing of the sender is kept. Raises `RateLimited`."""
    if not _from_here(request):
        return HttpResponseForbidden()
    ratelimit.consume(request, action="page_feedback", raise_exception=True)
    page, form = _public(pk), FeedbackForm(request.POST)
    if not form.is_valid():
        return render(request, "content/feedback.html", {"page": page, "form": form}, status=422)
    PageFeedback.objects.create(page_id=page.pk, **form.cleaned_data)
    return redirect("page_thanks", page.pk)


def _from_here(request: HttpRequest) -> bool:
    """Whether a page of ours sent it. Browsers say so by Sec-Fetch-Site, older ones by Origin or Referer; what says nothing
    is no browser that another site could have sent here."""
    if site := request.headers.get("Sec-Fetch-Site"):
        return site == "same-origin"
    told = request.headers.get("Origin") or request.headers.get("Referer")
    return told is None or urlsplit(told).netloc in {request.get_host(), urlsplit(settings.SITE_URL).netloc}


@login_not_required
@require_safe
def page_thanks(request: HttpRequest, pk: int) -> HttpResponse:
    return render(request, "content/thanks.html", {"page": _public(pk), "lines": Helpline.objects.all()})


@login_not_required
@require_safe
def a_to_z(request: HttpRequest) -> HttpResponse:
    """Every page of the language by the first letter of its title."""
    language = get_language()
    pages = Page.objects.live().public().filter(depth__gt=2, locale__language_code=language)
    pages = sorted(pages, key=lambda page: alphabetical(page.title, language))
    letters = [(letter, list(group)) for letter, group in groupby(pages, key=_first_letter)]
    return render(request, "content/a_to_z.html", {"letters": letters, **_addresses_of("a_to_z", language)})


def _first_letter(page: Page) -> str:
    first = next((letter for letter in page.title if letter.isalnum()), "0")
    return "0–9" if first.isdigit() else first.upper()


@login_not_required
@require_safe
def manifest(request: HttpRequest) -> JsonResponse:
    """For phones that keep the site among their apps: a neutral name and mark."""
    data = {
        "name": _("Tirek"),
        "short_name": _("Tirek"),
        "start_url": "/",
        "scope": "/",
        "display": "minimal-ui",
        "background_color": "#fbf8f3",
        "theme_color": "#0a5463",
        "icons": [
            {"src": static("portal/img/icon.svg"), "type": "image/svg+xml", "sizes": "any"},
            {"src": static("portal/img/icon-192.png"), "type": "image/png", "sizes": "192x192"},
            {"src": static("portal/img/icon-512.png"), "type": "image/png", "sizes": "512x512"},
        ],
    }
    return JsonResponse(data, content_type="application/manifest+json")


@login_not_required
@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """The script that answers for the help pages when there is no network. It keeps nothing else."""
    answer = render(request, "content/worker.js", content_type="text/javascript")
    answer["Cache-Control"] = "no-cache"
    return answer


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
