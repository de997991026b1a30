"""What all pages of the public site share."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPMethod

from django.conf import settings
from django.db import models
from django.utils.functional import cached_property
from django.utils.translation import gettext, override
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, HelpPanel, MultiFieldPanel
from wagtail.blocks import StreamValue
from wagtail.fields import StreamField
from wagtail.models import Page
from wagtail.search import index

from content.blocks import BodyBlock, SourceBlock
from content.editing import SitePageForm
from content.prose import words_of
from content.readability import Reading, read
from content.stems import stems

from .approval import TwoPeople

CARE = HelpPanel(template="content/panels/care.html")


class Audience(models.TextChoices):
    CHILDREN_6_10 = "children-6-10", _("Children of 6 to 10")
    CHILDREN_11_14 = "children-11-14", _("Children of 11 to 14")
    CHILDREN_15_17 = "children-15-17", _("Young people of 15 to 17")
    PARENTS = "parents", _("Parents")
    TEACHERS = "teachers", _("Teachers")
    MENTORS = "mentors", _("Mentors")
    ORGANISATIONS = "organisations", _("Organisations")


class Tint(models.TextChoices):
    CHILD = "child", _("sky: children")
    PARENT = "parent", _("earth: parents")
    TEACHER = "teacher", _("lavender: teachers")
    MENTOR = "mentor", _("lake: mentors")


@dataclass(frozen=True)
class Part:
    """A block of a page's text with the anchor that the table of contents leads to."""

    block: StreamValue.StreamChild
    anchor: str
    title: str
    level: int

    @property
    def is_listed(self) -> bool:
        return bool(self.title) and self.level == 2


def address(page: Page, request=None) -> str:
    """The page's absolute address under SITE_URL, whatever host the request came by."""
    parts = page.get_url_parts(request)
    return settings.SITE_URL + ((parts and parts[2]) or "/")


class SitePage(Page):
    """What every page of the public site has: a summary, a text of blocks, and addresses in the other languages."""

    summary = models.TextField(
        _("summary"),
        max_length=300,
        help_text=_("One or two plain sentences, for lists of pages and for search engines."),
    )
    other_words = models.CharField(
        _("other words"),
        max_length=300,
        blank=True,
        default="",
        db_default="",
        help_text=_("What readers type to find this page where it says it otherwise. Never shown to anybody."),
    )
    body = StreamField(BodyBlock(required=False), verbose_name=_("text"), blank=True)
    sources = StreamField([("source", SourceBlock())], verbose_name=_("sources"), blank=True)

    base_form_class = SitePageForm
    texts = ["body"]  # the fields of blocks that are read, in their order
    before_text = ["summary"]  # what stands before them, and is searched too
    allowed_http_methods = [HTTPMethod.GET, HTTPMethod.HEAD, HTTPMethod.OPTIONS]
    search_fields = [*Page.search_fields, index.SearchField("stems")]
    promote_panels = [MultiFieldPanel(["slug", "seo_title"], _("For search engines")), FieldPanel("other_words")]

    class Meta:
        abstract = True

    def permissions_for_user(self, user):
        return TwoPeople(user, self)

    @property
    def plain_text(self) -> str:
        """The words of the text, without marks; a dot stands between its blocks."""
        pieces = [
            piece
            for field in self.texts
            for piece in getattr(self, field).stream_block.get_searchable_content(getattr(self, field))
        ]
        return " · ".join(" ".join(piece.split()) for piece in pieces if piece.strip())

    @property
    def reading(self) -> Reading:
        """How its words read, for the editor."""
        paragraphs = [text for name in self.texts for text in words_of(getattr(self, name))]
        age = getattr(self, "reading_age", None)
        return read([self.summary, *paragraphs], self.locale.language_code, age)

    @property
    def stems(self) -> str:
        """The shadow text that the search looks in. The title and the other words weigh most, then what stands before the
        text."""
        before = [getattr(self, name) for name in self.before_text]
        text = " ".join([self.title, self.other_words] * 4 + before * 2 + [self.plain_text])
        return stems(text, self.locale.language_code)

    @cached_property
    def parts(self) -> list[Part]:
        """The blocks of the text. A titled block right under a heading belongs to that heading."""
        pictures = [block.value["image"] for block in self.body if block.block_type == "picture"]
        models.prefetch_related_objects(list(filter(None, pictures)), "renditions")
        parts, under_heading = [], False
        for number, block in enumerate(self.body, 1):
            is_heading = block.block_type == "heading"
            title = block.value if is_heading else getattr(block.value, "get", lambda key: "")("title")
            parts.append(Part(block, f"part-{number}", title or "", 3 if under_heading else 2))
            under_heading = is_heading
        return parts

    @property
    def anchors(self) -> list[str]:
        """What a link into the page may lead to: the blocks that have a title."""
        return [part.anchor for part in self.parts if part.title]

    @property
    def contents(self) -> list[Part]:
        """The table of contents; empty where a page is too short to need one."""
        listed = [part for part in self.parts if part.is_listed]
        return listed if len(listed) >= 3 else []

    def serve(self, request, *args, **kwargs):
        """The page, which `content.middleware` may keep: it says the same to everybody."""
        response = super().serve(request, *args, **kwargs)
        response.is_public_page = True
        return response

    def get_context(self, request, *args, **kwargs):
        translations = {page.locale.language_code: page for page in self._live_translations()}
        alternates = {code: address(page, request) for code, page in translations.items()}
        crumbs = list(self.get_ancestors().filter(depth__gt=1).live())
        return super().get_context(request, *args, **kwargs) | {
            "canonical": address(self, request),
            "alternates": alternates,
            "default_alternate": alternates.get("kk"),
            # without the host: whoever came by another one stays there
            "addresses": {
                code: alternates.get(code, f"/{code}/").removeprefix(settings.SITE_URL)
                for code, _name in settings.LANGUAGES
            },
            "missing": _missing_languages(alternates),
            "crumbs": crumbs,
            "section": crumbs[1].slug if len(crumbs) > 1 else self.slug,
        }

    def _live_translations(self):
        """Of the live pages of this translation, in the order of the languages; the page itself stays as it is here."""
        pages = self.get_translations().live().select_related("locale").defer_streamfields()
        others = {page.locale.language_code: page for page in pages}
        others[self.locale.language_code] = self
        return [others[code] for code, _name in settings.LANGUAGES if code in others]


def _missing_languages(alternates: dict) -> list[dict]:
    missing = []
    for code, _name in settings.LANGUAGES:
        if code not in alternates:
            with override(code):
                text = gettext("This page is not there in this language yet. Here is the start page.")
            missing.append({"code": code, "text": text, "url": f"/{code}/"})
    return missing
