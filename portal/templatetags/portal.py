from datetime import date

from django import template
from django.conf import settings
from django.templatetags.static import static
from django.urls import translate_url
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from portal import access, audit
from portal.models import LogEntry, User
from portal.richtext import clean

register = template.Library()
# The head of the name stands alone where room is scarce.
OWN_NAMES = {"kk": ("Қаз", "ақша"), "ru": ("Рус", "ский"), "en": ("Eng", "lish")}


@register.inclusion_tag("components/languages.html", takes_context=True)
def language_links(context, addresses=None):
    """The same page in the other languages. `addresses` (language → address) for pages whose trees differ."""
    request = context.get("request")
    path = request.get_full_path() if request else "/"
    current = get_language()
    links = [
        {
            "code": code,
            "name": OWN_NAMES[code],
            "url": (addresses or {}).get(code) or translate_url(path, code),
        }
        for code, _name in settings.LANGUAGES
    ]
    return {"links": links, "current": current}


@register.inclusion_tag("content/parts/meta.html", takes_context=True)
def public_meta(context, title, description, query=""):
    """Description, canonical address and the other languages of a public page that the CMS does not know. `query` is that
    part of the address after the path which makes another page of it; what else stands there is left out."""
    path = context["request"].path + query
    alternates = {code: settings.SITE_URL + translate_url(path, code) for code, _name in settings.LANGUAGES}
    return {
        "title": title,
        "description": description,
        "canonical": settings.SITE_URL + path,
        "alternates": alternates,
        "default_alternate": alternates["kk"],
    }


@register.simple_tag
def icon(name: str) -> SafeString:
    """A picture of the sprite (img/icons.svg), named after what it stands for. It is decoration: words stand beside it, and
    screen readers hear only those."""
    return format_html(
        '<svg class="icon" width="20" height="20" aria-hidden="true"><use href="{}#{}"/></svg>',
        static("portal/img/icons.svg"),
        name,
    )


@register.filter
def seen_in_words(action: str) -> str:
    """What somebody looked at, for a line of the log."""
    return str(audit.VIEWS.get(action, action))


@register.filter
def roles_in_words(entry: LogEntry) -> str:
    """The roles that somebody held when he did what the entry tells."""
    labels = dict(access.Role.choices)
    return ", ".join(str(labels[role]) for role in entry.actor_roles.split(",") if role in labels)


@register.filter
def list_in_words(entry: LogEntry) -> str:
    """Which list was taken out of the portal; nothing for every other entry."""
    if entry.kind != LogEntry.Kind.VIEW or entry.action != "export":
        return ""
    what = entry.data.get("what", "")
    return str(audit.EXPORTS.get(what, what))


@register.filter
def may(user: User, permission: str) -> bool:
    """Whether one of the reader's roles opens the pages of `permission`, somewhere."""
    return access.allows(user, permission)


@register.filter
def in_my_language(path: str) -> str:
    """A stored path with the prefix of the reader's language instead of its writer's."""
    _empty, written, *rest = path.split("/", 2)
    return "/".join(["", get_language(), *rest]) if written in dict(settings.LANGUAGES) else path


@register.filter(is_safe=True)
def richtext(html: str) -> str:
    """Words that editors typed, with nothing in them but headings, lists and emphasis."""
    return mark_safe(clean(html))  # noqa: S308 - cleaned on this very line


@register.filter(expects_localtime=True)
def long_day(day: date) -> str:
    """A day with its weekday in the order of the reader's language: «2026 ж. 25 қараша, сәрсенбі»."""
    weekday, whole = date_format(day, "l"), date_format(day, "DATE_FORMAT")
    return f"{whole}, {weekday.lower()}" if get_language() == "kk" else f"{weekday}, {whole}"


@register.simple_tag(takes_context=True)
def replace_query(context, **changes):
    """The query string of this page with some values replaced; for paging that keeps its filters."""
    query = context["request"].GET.copy()
    for key, value in changes.items():
        query[key] = value
    return query.urlencode()
