"""An article as a file to print or to send: the same words as on its page, from the same blocks."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import typst
from django.conf import settings
from django.core.cache import cache
from django.urls import reverse
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from content.models import ArticlePage, FaqPage, GuidePage, KitPage, QuizPage, StoryPage, address
from content.prose import Paragraph, paragraphs, plain, points
from portal.codes import qr_code
from portal.models import Helpline

TEMPLATE = Path(__file__).parent / "documents" / "page.typ"
KEPT_SECONDS = 7 * 24 * 3600


def as_pdf(page: ArticlePage) -> bytes:
    """The file in the language of the page. It is made anew when the page is published or its words have changed, those of the
    helplines too."""
    with translation.override(page.locale.language_code):
        data = json.dumps(_words(page))
    published = int(page.last_published_at.timestamp())
    key = f"pdf:{published}:{hashlib.sha256(TEMPLATE.read_bytes() + data.encode()).hexdigest()}"
    return cache.get_or_set(key, lambda: _make(data, published), KEPT_SECONDS)


def _make(data: str, published: int) -> bytes:
    return typst.compile(TEMPLATE, ignore_system_fonts=True, sys_inputs={"data": data}, timestamp=published)


def _words(page: ArticlePage) -> dict:
    link = address(page)
    checked = ""
    if page.reviewed_on:
        checked = _("Reviewed on %(day)s by: %(who)s") % {
            "day": date_format(page.reviewed_on),
            "who": page.reviewed_by or "–",
        }
    return {
        "language": page.locale.language_code,
        "site": _("Tirek: trusted adults for the schools of Zhambyl oblast"),
        "title": page.title,
        "lead": page.summary,
        "note": _("This story is made up. Nobody in it is a real person.") if isinstance(page, StoryPage) else "",
        "warning": page.warning,
        "parts": [part for part in [*_own(page), *_of_body(page)] if part["paragraphs"] or part["title"]],
        "checked": checked,
        "address": link,
        "qr": qr_code(settings.SITE_URL + reverse("short_address", args=[page.pk])).decode(),
    }


def _part(title: str, content: list[Paragraph], kind: str = "plain") -> dict:
    return {"title": title, "kind": kind, "paragraphs": content}


def _own(page: ArticlePage) -> list[dict]:
    """What a kind of article has beside the text, as its page shows it."""
    match page:
        case GuidePage():
            return [
                _part(f"{number}. {step.value['title']}", paragraphs(str(step.value["text"])))
                for number, step in enumerate(page.steps, 1)
            ]
        case KitPage():
            return _kit(page)
        case FaqPage():
            return [_part(item.value["question"], paragraphs(str(item.value["answer"]))) for item in page.questions]
        case QuizPage():
            return [
                _part(item.value["question"], points(answer["text"] for answer in item.value["answers"]))
                for item in page.questions
            ]
    return []


def _kit(page: KitPage) -> list[dict]:
    parts = [_part(_("Aim"), plain(page.aim), "box"), _part(_("What to bring"), _listed(page.materials))]
    for title, plan in (
        (_("Plan of 10 minutes"), page.short_plan),
        (_("Plan of 45 minutes"), page.long_plan),
    ):
        parts.append(_part(title, []))
        for step in plan:
            minutes = _("%(minutes)s min") % {"minutes": step.value["minutes"]}
            parts.append(_part(f"{step.value['title']} ({minutes})", paragraphs(str(step.value["text"])), "step"))
    return [*parts, _part(_("Do"), _listed(page.do), "box"), _part(_("Avoid"), _listed(page.avoid), "box")]


def _listed(stream) -> list[Paragraph]:
    return points(block.value for block in stream)


def _of_body(page: ArticlePage) -> list[dict]:
    parts = []
    for block in page.body:
        value = block.value
        match block.block_type:
            case "heading":
                parts.append(_part(value, []))
            case "text":
                parts.append(_part("", paragraphs(str(value))))
            case "care":
                parts.append(_part(value["title"], paragraphs(str(value["text"])), "box"))
            case "steps":
                steps = points((f"{step['title']}. {step['text']}" for step in value["steps"]), "number")
                parts.append(_part(value["title"] or "", steps))
            case "phrases":
                parts.append(_part(value["title"], points(f"«{phrase}»" for phrase in value["phrases"])))
            case "remember":
                parts.append(_part(value["title"], points(value["points"]), "box"))
            case "numbers":
                lines = (f"{line.number} – {line.name}" for line in Helpline.objects.all())
                parts.append(_part(value["title"], points(lines), "box"))
            case "video":
                parts.append(_part(value["title"], paragraphs(str(value["words"]))))
            case "downloads":
                files = [item for item in value["documents"] if item["document"]]
                parts.append(_part(value["title"], points(_file(item) for item in files)))
            case "picture":
                said = [value["image"] and value["image"].contextual_alt_text, value["caption"]]
                if words := ". ".join(filter(None, said)):
                    parts.append(_part("", plain(_("In a picture: %(words)s") % {"words": words})))
    return parts


def _file(item) -> str:
    return f"{item['document'].title} ({item.language_name}): {settings.SITE_URL}{item['document'].url}"
