"""Public pages served whole, for those of whom the browser has sent nothing."""

from __future__ import annotations

import hashlib
import uuid
from http import HTTPMethod

from django.core.cache import caches
from django.db import transaction
from django.http import HttpRequest, HttpResponse

VERSION = "version"
NOTHING_KEPT = ""


class PublicPages:
    """Answers GET of a public page, without a cookie or a query, with what was answered before, until something is
    published (`forget_pages`). Stands before every other middleware: what it keeps has all their headers, and the answer
    in another coding, by another host or scheme is another one. Browsers are told to ask again each time, and get 304."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        meta = request.META
        if (
            meta["REQUEST_METHOD"] not in (HTTPMethod.GET, HTTPMethod.HEAD)
            or meta.get("HTTP_COOKIE")
            or meta.get("QUERY_STRING")
        ):
            return self.get_response(request)
        pages = caches["pages"]
        key = self._key(request)
        kept = pages.get_many([VERSION, key])
        version = kept.get(VERSION, NOTHING_KEPT)
        if key in kept and kept[key][0] == version:
            return self._answer(request, *kept[key][1:])
        response = self.get_response(request)
        if response.status_code == 200 and getattr(response, "is_public_page", False) and not response.cookies:
            self._keep(pages, key, version, response)
        return response

    @staticmethod
    def _key(request: HttpRequest) -> str:
        coding = "gzip" if "gzip" in request.META.get("HTTP_ACCEPT_ENCODING", "") else "plain"
        place = f"{request.scheme}://{request.META.get('HTTP_HOST', '')}{request.path}"
        return f"{coding}:{hashlib.sha256(place.encode()).hexdigest()}"

    @staticmethod
    def _keep(pages, key: str, version: str, response: HttpResponse) -> None:
        response["ETag"] = f'"{hashlib.sha256(response.content).hexdigest()[:24]}"'
        response["Cache-Control"] = "no-cache"
        pages.set(key, (version, response.content, dict(response.headers)))

    @staticmethod
    def _answer(request: HttpRequest, content: bytes, headers: dict[str, str]) -> HttpResponse:
        if headers["ETag"] in request.META.get("HTTP_IF_NONE_MATCH", ""):
            return HttpResponse(status=304, headers={name: headers[name] for name in ("ETag", "Cache-Control")})
        return HttpResponse(content, headers=headers)


def forget_pages(**kwargs) -> None:
    """From the end of this transaction on every public page is made anew. Receives signals too."""
    transaction.on_commit(lambda: caches["pages"].set(VERSION, uuid.uuid4().hex, None))
