"""Films of our own and their captions: documents that a page plays, piece by piece as a player asks for them."""

from __future__ import annotations

import mimetypes
import re

from django.http import HttpRequest, HttpResponse
from django.utils.http import http_date
from wagtail import hooks
from wagtail.documents.models import AbstractDocument

FILMS = {"mp4": "video/mp4", "webm": "video/webm"}
CAPTIONS = {"vtt": "text/vtt"}
RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")
PIECE_BYTES = 1024 * 1024  # at most in one answer; the player asks for the next one
KEPT_SECONDS = 24 * 3600  # in a browser

mimetypes.add_type("text/vtt", ".vtt")


@hooks.register("before_serve_document", order=100)  # after Wagtail's own, which asks whether it may be seen
def play(document: AbstractDocument, request: HttpRequest) -> HttpResponse | None:
    """The part of a film that a player asks for: phones play none whose parts they cannot ask for. It may be less than was
    asked for (RFC 9110, 15.3.7), and is 416 where the film has ended. Everything else is a download of the whole file."""
    asked = RANGE.fullmatch(request.headers.get("Range", ""))
    if document.file_extension not in FILMS or request.method != "GET" or not asked or asked[0] == "bytes=-":
        return None
    first, last = asked[1], asked[2]
    size = document.file.size
    begin = int(first) if first else max(size - int(last), 0)
    end = min(int(last) if first and last else size - 1, size - 1, begin + PIECE_BYTES - 1)
    if begin >= size:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    if end < begin:
        return None
    with document.file.open("rb") as film:
        film.seek(begin)
        piece = film.read(end - begin + 1)
    request.META.pop("HTTP_ACCEPT_ENCODING", None)  # a part is counted as it lies in the file
    headers = {
        "Content-Type": FILMS[document.file_extension],
        "Content-Range": f"bytes {begin}-{end}/{size}",
        "Accept-Ranges": "bytes",
        "Last-Modified": http_date(document.created_at.timestamp()),
        "Cache-Control": f"public, max-age={KEPT_SECONDS}",
    }
    return HttpResponse(piece, status=206, headers=headers)
