"""The words of the CMS's scripts: Wagtail's own, with those of portal/locale_libraries laid over them. (Its own address asks
its own folder only, and never `LOCALE_PATHS`.)"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from django.views.i18n import JavaScriptCatalog
from wagtail.admin.localization import get_localized_response

catalogue = JavaScriptCatalog.as_view()


@require_safe
def cms_words(request: HttpRequest) -> HttpResponse:
    """In the language in which the person has the CMS."""
    return get_localized_response(catalogue, request)
