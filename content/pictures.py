"""Pictures of pages: in which sizes and kinds they are shown, when those are made, and where they are read."""

from __future__ import annotations

import mimetypes
from pathlib import Path

from django.contrib.auth.decorators import login_not_required
from django.core.files.storage import FileSystemStorage, storages
from django.db import transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe
from django.views.static import serve
from wagtail.images.models import AbstractImage, Filter, Picture
from wagtail.images.shortcuts import get_renditions_or_not_found

mimetypes.add_type("image/avif", ".avif")  # Python 3.11 does not know it

WIDTHS = (1280, 800, 400)  # pixels, the largest first: it says how much room the picture takes
SIZES = "(min-width: 48rem) 44rem, 100vw"  # the measure of a text in site.css
KEPT_SECONDS = 24 * 3600  # in a browser: a picture that had to go is gone the next day
KINDS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG"}


def specs(image: AbstractImage) -> list[Filter]:
    """What is made of a picture for pages: AVIF, WebP and its own kind, in each width that it has."""
    own = KINDS[Path(image.filename).suffix.lower()].lower()
    widths = sorted({min(width, image.width) for width in WIDTHS}, reverse=True)
    return [Filter(f"width-{width}|format-{kind}") for kind in ("avif", "webp", own) for width in widths]


def picture_element(image: AbstractImage) -> SafeString:
    """`image` as HTML that takes its room before it is loaded, and is loaded when it comes near the screen. A file that
    is lost leaves a gap, not an error."""
    attributes = {"sizes": SIZES, "loading": "lazy", "decoding": "async"}
    return format_html("{}", Picture(get_renditions_or_not_found(image, specs(image)), attributes))


def make_pictures(instance, **kwargs) -> None:
    """Makes every size and kind of the pictures in a page's text, so that no reader waits for it. Receives the signal of
    publishing: it runs after the commit, and before readers are told of the new page (`forget_pages`)."""
    images = [block.value["image"] for block in getattr(instance, "body", []) if block.block_type == "picture"]
    for image in filter(None, images):
        transaction.on_commit(lambda image=image: image.get_renditions(*specs(image)), robust=True)


@login_not_required
@require_safe
def picture(request: HttpRequest, name: str) -> HttpResponseBase:
    """A picture as pages show it; 404 for anything else. Folders are not listed, and what was uploaded has no address."""
    if not isinstance(pictures := storages["pictures"], FileSystemStorage):
        return redirect(pictures.url(name))  # of a page that was kept from before the pictures lay in a bucket
    request.META.pop("HTTP_ACCEPT_ENCODING", None)  # it is compressed already
    answer = serve(request, name, document_root=pictures.location)
    answer["Cache-Control"] = f"public, max-age={KEPT_SECONDS}"
    return answer
