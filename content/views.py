from __future__ import annotations

import hashlib
from itertools import groupby
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseForbidden, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe
from wagtail.models import Page

from content.cards import as_card
from content.catalogue import Entry, corrected, suggest
from content.forms import FeedbackForm
from content.models import ArticlePage, Audience, HelpPage, SitePage, address
from content.pdf import as_pdf
from content.posters import WORDS, Size
from content.posters import poster as make_poster
from content.search import audience_counts, clean_query, entries_of, find, in_other_languages, mark, passage, whole
from content.services import keep_feedback
from content.stems import alphabetical
from portal.codes import qr_code
from portal.models import Helpline
from portal.templatetags.portal import OWN_NAMES

PAGE_SIZE = 10


@login_not_required
@require_safe
def search(request):
    """Answers any query in the page's language, for one audience if it is asked for. A query that finds nothing is met with
    the nearest words that the site has, with the pages of other languages and with the numbers to call."""
    language = get_language()
    query, asked = clean_query(request.GET.get("q", "")), request.GET.get("audience", "")
    pages, every_word = find(query, language)
    entries = entries_of(pages, query, language)
    chosen = asked if asked in Audience else ""
    shown = [entry for entry in entries if entry.audience == chosen] if chosen else entries
    page_obj = Paginator(shown, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "query": query,
        "found": [_hit(entry, page, query, language) for entry, page in whole(list(page_obj))],
        "every_word": every_word,
        "everything": len(entries),
        "audience": chosen,
        "unknown_audience": asked and not chosen,
        "counts": audience_counts(entries, chosen),
        "page_obj": page_obj,
        "nearest": corrected(query, language) if query and not entries else "",
        "others": [] if entries and every_word else _others(query, language, nothing_here=not entries),
        "lines": Helpline.objects.all() if query and not shown else None,
        **_addresses_of("search", language),
    }
    return render(request, "content/search.html", context)


def _others(query: str, language: str, *, nothing_here: bool) -> list[dict]:
    found = in_other_languages(query, language, nothing_here=nothing_here)
    return [{"code": code, "name": "".join(OWN_NAMES[code]), "number": number} for code, number in found]


def _hit(entry: Entry, page: SitePage, query: str, language: str) -> dict:
    return {
        "url": entry.url,
        "about": entry.about,
        "title": mark(page.title, query, language),
        "summary": mark(page.summary, query, language),
        "passage": mark(passage(page.plain_text, query, language), query, language),
    }


@login_not_required
@require_safe
def search_suggest(request: HttpRequest) -> JsonResponse:
    """Pages for what is being typed. No browser and no proxy may keep the answer: its address holds what was typed."""
    entries = suggest(clean_query(request.GET.get("q", "")), get_language())
    pages = [{"title": entry.title, "url": entry.url, "about": entry.about} for entry in entries]
    in_letters = {"ensure_ascii": False}  # half as long
    return JsonResponse({"pages": pages}, json_dumps_params=in_letters, headers={"Cache-Control": "no-store"})


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
    link = settings.SITE_URL + reverse("short_address", args=[_public(pk).pk])
    return HttpResponse(qr_code(link), content_type="image/svg+xml")


@login_not_required
@require_safe
def page_card(request: HttpRequest, pk: int) -> HttpResponse:
    """The picture that goes with a page when its address is shared."""
    return HttpResponse(as_card(_public(pk)), content_type="image/png")


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
    of a token; nothing of the sender is kept."""
    if not _from_here(request):
        return HttpResponseForbidden()
    page, form = _public(pk), FeedbackForm(request.POST)
    if not form.is_valid():
        return render(request, "content/feedback.html", {"page": page, "form": form}, status=422)
    keep_feedback(page=page, **form.cleaned_data)
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
def posters(request: HttpRequest) -> HttpResponse:
    """The sheets for the walls of schools, to choose from."""
    sheets = [
        {"audience": audience, "for_whom": Audience(audience).label, "heading": heading, "sentence": sentence}
        for audience, (heading, sentence) in WORDS.items()
    ]
    languages = [{"code": code, "own_name": "".join(OWN_NAMES[code])} for code, _name in settings.LANGUAGES]
    context = {"sheets": sheets, "sizes": Size, "languages": languages, **_addresses_of("posters", get_language())}
    return render(request, "content/posters.html", context)


@login_not_required
@require_safe
def poster(request: HttpRequest, language: str, audience: str, size: str) -> HttpResponse:
    """A sheet for the wall as a file; 404 for one that there is not."""
    try:
        sheet = make_poster(audience=audience, size=size, language=language)
    except (HelpPage.DoesNotExist, ValueError) as error:
        raise Http404 from error
    answer = HttpResponse(sheet, content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="tirek-{audience}-{size}-{language}.pdf"'
    return answer


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
def offline(request: HttpRequest) -> HttpResponse:
    """What the worker shows when there is no network, for a page that it has not kept."""
    answer = render(request, "content/offline.html")
    answer.is_public_page = True
    return answer


@login_not_required
@require_safe
def forget(request: HttpRequest) -> HttpResponse:
    """Has the browser delete what it kept of this site. The reader stays signed in and where he is."""
    answer = render(request, "content/forget.html")
    answer["Clear-Site-Data"] = '"cache", "storage"'
    answer["Cache-Control"] = "no-store"
    return answer


@login_not_required
@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """The script that answers for the help pages when there is no network. It keeps nothing else. It changes with the numbers and
    with these pages: a browser that finds another script keeps all of them anew."""
    published = HelpPage.objects.live().order_by("pk").values_list("pk", "last_published_at")
    kept = repr([*Helpline.objects.values_list(), *published])
    context = {"kept": hashlib.sha256(kept.encode()).hexdigest()[:12]}
    answer = render(request, "content/worker.js", context, content_type="text/javascript")
    answer["Cache-Control"] = "no-cache"
    return answer
