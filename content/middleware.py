"""Public pages served whole, for those of whom the browser has sent nothing."""

from __future__ import annotations

import hashlib
import uuid
from http import HTTPMethod, HTTPStatus

from django.core.cache import caches
from django.db import transaction
from django.http import HttpRequest, HttpResponse

from portal import topbar

VERSION = "version"
NOTHING_KEPT = ""


class PublicPages:
    """Answers GET of a public page, without a cookie or a query, with what was answered before, until something is
    published (`forget_pages`). Stands before every other middleware: what it keeps has all their headers, and the answer
    in another coding, by another host or scheme is another one. Browsers are told to ask again each time, and get 304.
    While the database is away, whoever brings cookies gets it too."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._answered(request)
        if request.method == HTTPMethod.HEAD:  # the server drops it too, with a warning in the log for each
            setattr(response, "streaming_content" if response.streaming else "content", b"")
        return response

    def _answered(self, request: HttpRequest) -> HttpResponse:
        meta = request.META
        if meta["REQUEST_METHOD"] not in (HTTPMethod.GET, HTTPMethod.HEAD) or meta.get("QUERY_STRING"):
            return self.get_response(request)
        response = None
        if meta.get("HTTP_COOKIE"):
            response = self.get_response(request)
            if response.status_code != HTTPStatus.SERVICE_UNAVAILABLE:
                return response
        pages = caches["pages"]
        key = self._key(request)
        kept = pages.get_many([VERSION, key])
        version = kept.get(VERSION, NOTHING_KEPT)
        if key in kept and kept[key][0] == version:
            return self._answer(request, *kept[key][1:])
        response = response or self.get_response(request)
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
        change = topbar.seconds_to_change()  # an alert is shown and taken away by the clock, without anybody's act
        timeout = pages.default_timeout if change is None else min(pages.default_timeout, change)
        pages.set(key, (version, response.content, dict(response.headers)), timeout)

    @staticmethod
    def _answer(request: HttpRequest, content: bytes, headers: dict[str, str]) -> HttpResponse:
        if headers["ETag"] in request.META.get("HTTP_IF_NONE_MATCH", ""):
            return HttpResponse(status=304, headers={name: headers[name] for name in ("ETag", "Cache-Control")})
        return HttpResponse(content, headers=headers)


def forget_pages(**kwargs) -> None:
    """From the end of this transaction on every public page is made anew. Receives signals too."""
    transaction.on_commit(lambda: caches["pages"].set(VERSION, uuid.uuid4().hex, None))
