"""What all pages of the public site share."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPMethod
from math import ceil

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.functional import cached_property
from django.utils.translation import gettext, override
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, HelpPanel, MultiFieldPanel, PageChooserPanel, Panel
from wagtail.blocks import StreamValue
from wagtail.fields import StreamField
from wagtail.models import Page, ReferenceIndex
from wagtail.search import index

from content.blocks import BodyBlock, SourceBlock
from content.editing import NO_WARNING, SitePageForm
from content.prose import words_of
from content.readability import Reading, read
from content.stems import WORD, stems

from .approval import TwoPeople

# A child reads slower than this, a teacher faster; Kazakh words are the longest.
WORDS_A_MINUTE = {"kk": 110, "ru": 130, "en": 160}
EASY_TEXT_AGE = 8
CARD = [
    *("path", "url_path", "title", "summary", "audience", "subject"),
    *("reading_age", "reading_minutes", "first_published_at", "last_published_at"),
]
ARTICLES = [f"content.{kind}Page" for kind in ("Topic", "Guide", "Kit", "Story", "Quiz", "Faq")]


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
        """The shadow text that the search looks in. The title and the other words weigh most, then the summary."""
        text = " ".join([self.title, self.other_words] * 4 + [self.summary] * 2 + [self.plain_text])
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


class ArticlePage(SitePage):
    """Something to read for one audience: who checked it and when, how long it takes, how hard it is."""

    audience = models.CharField(_("audience"), max_length=20, choices=Audience)
    subject = models.ForeignKey(
        "portal.Topic", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("topic")
    )
    reading_age = models.PositiveSmallIntegerField(
        _("reading age"), null=True, blank=True, help_text=_("From which age a child reads it alone.")
    )
    reviewed_by = models.CharField(
        _("reviewed by"), max_length=200, blank=True, help_text=_("A role, or a name with a role.")
    )
    reviewed_on = models.DateField(_("reviewed on"), null=True, blank=True)
    next_review = models.DateField(_("next review"), null=True, blank=True)
    sensitive = models.BooleanField(_("hard subject"), default=False)
    warning = models.TextField(
        _("warning"), max_length=300, blank=True, help_text=_("Stands before a hard text, with a way out.")
    )
    reading_minutes = models.PositiveSmallIntegerField(default=1, editable=False)
    easy_version = models.ForeignKey(
        Page,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("the same in simple words"),
        help_text=_("A page of this language on the same subject, for a lower reading age."),
    )

    # A translation begins as a copy: it names an easy version of its own language, and nobody has reviewed it yet.
    exclude_fields_in_copy = ["easy_version", "reviewed_by", "reviewed_on"]
    parent_page_types = ["content.SectionPage"]
    subpage_types = []

    class Meta:
        abstract = True

    def clean(self):
        super().clean()
        if self.easy_version_id:
            self._check_easy_version()

    def _check_easy_version(self):
        easy = self.easy_version.specific
        if easy.pk == self.pk or not isinstance(easy, ArticlePage):
            raise ValidationError({"easy_version": _("Choose another page, one to read.")})
        if easy.locale_id != self.locale_id:
            raise ValidationError({"easy_version": _("Choose a page of the same language.")})
        if not (easy.reading_age and self.reading_age and easy.reading_age < self.reading_age):
            raise ValidationError(
                {"easy_version": _("Choose a page whose reading age is lower than that of this one.")}
            )

    @property
    def contents(self) -> list[Part]:
        """Empty too where reading takes a minute: on a phone the list would fill the screen before the text."""
        return super().contents if self.reading_minutes > 1 else []

    @property
    def is_easy(self) -> bool:
        return self.reading_age is not None and self.reading_age <= EASY_TEXT_AGE

    def save(self, *args, clean=True, **kwargs):
        if clean and self.live and self.sensitive and not self.warning:  # published past the form: many pages at once
            raise ValidationError({"warning": NO_WARNING})
        words = len(WORD.findall(self.plain_text))
        self.reading_minutes = max(1, ceil(words / WORDS_A_MINUTE[self.locale.language_code]))
        super().save(*args, clean=clean, **kwargs)

    def get_context(self, request, *args, **kwargs):
        """With `related`: up to three of the same section, those of the same subject first. With `easy` and `older`: the
        live pages that say the same in simple words, and more of it to older readers."""
        nearby = articles(self.path[: -self.steplen]).order_by("path")
        related = [page for page in nearby if page.pk != self.pk]
        related.sort(key=lambda page: page.subject_id is None or page.subject_id != self.subject_id)
        return super().get_context(request, *args, **kwargs) | {"related": related[:3], **self._twins()}

    def _twins(self) -> dict:
        pointing = ReferenceIndex.get_references_to(self).filter(model_path="easy_version")
        older = {int(pk) for pk in pointing.values_list("object_id", flat=True)}
        if not older and not self.easy_version_id:
            return {"easy": None, "older": []}
        live = Page.objects.live().public().filter(pk__in={self.easy_version_id, *older} - {None})
        pages = list(live.select_related("locale").order_by("path"))
        return {
            "easy": next((page for page in pages if page.pk == self.easy_version_id), None),
            "older": [page for page in pages if page.pk in older],
        }


def articles(below: str, *where: models.Q) -> models.QuerySet:
    """The live articles under the tree path `below` that nobody closed, for cards: all kinds in one query, to be ordered by the
    caller. Each holds what a card shows (`CARD`) and is, whatever it was, of the first kind: asking it for more is an error."""
    # A range: SQLite asks a function of ours about every row for "startswith".
    places = {"path__range": Page._get_children_path_interval(below), "view_restrictions": None}
    kinds = [kind.objects.live().filter(*where, **places) for kind in ArticlePage.__subclasses__()]
    first, *others = [kind.only(*CARD).order_by() for kind in kinds]
    return first.union(*others, all=True)


CARE = HelpPanel(template="content/panels/care.html")


def article_panels(*own: Panel) -> list[Panel]:
    """The form of an article; `own` is what one kind has beside its text."""
    return [
        *Page.content_panels,
        FieldPanel("summary"),
        MultiFieldPanel(
            ["audience", "subject", "reading_age", PageChooserPanel("easy_version", ARTICLES)], _("Audience")
        ),
        MultiFieldPanel([CARE, "sensitive", "warning"], _("Care for the reader")),
        *own,
        FieldPanel("body"),
        HelpPanel(template="content/panels/readability.html", heading=_("How it reads")),
        FieldPanel("sources"),
        MultiFieldPanel(["reviewed_by", "reviewed_on", "next_review"], _("Review")),
    ]
