"""Pages that list things: news, words, documents, people."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.fields import StreamField
from wagtail.models import Page

from content.blocks import DocumentBlock
from content.kind_blocks import PersonBlock, TermBlock
from content.stems import alphabetical

from .articles import KitPage
from .base import CARE, SitePage

NEWS_A_PAGE = 10


class NewsIndexPage(SitePage):
    content_panels = [*Page.content_panels, FieldPanel("summary"), FieldPanel("body")]
    parent_page_types = ["content.HomePage"]
    subpage_types = ["content.NewsPage"]
    max_count_per_parent = 1

    class Meta:
        verbose_name = _("news")

    def news(self):
        """Its live pages, the latest first."""
        return NewsPage.objects.child_of(self).live().public().defer_streamfields().order_by("-day", "-pk")

    def get_context(self, request, *args, **kwargs):
        page_obj = Paginator(self.news(), NEWS_A_PAGE).get_page(request.GET.get("page"))
        context = super().get_context(request, *args, **kwargs) | {"page_obj": page_obj}
        if page_obj.number > 1:  # a page of its own; which one of another language has the same news nobody knows
            context |= {"canonical": f"{context['canonical']}?page={page_obj.number}", "alternates": {}}
            context |= {"default_alternate": None}
        return context


class NewsPage(SitePage):
    day = models.DateField(_("day"), default=timezone.localdate)

    content_panels = [
        *Page.content_panels,
        FieldPanel("day"),
        FieldPanel("summary"),
        MultiFieldPanel([CARE], _("Care for the reader")),
        FieldPanel("body"),
    ]
    parent_page_types = ["content.NewsIndexPage"]
    subpage_types = []

    class Meta:
        verbose_name = _("piece of news")


class GlossaryPage(SitePage):
    """Words of the field in three languages side by side, with what they mean in the language of the page."""

    terms = StreamField([("term", TermBlock())], verbose_name=_("words"), min_num=1)

    texts = ["terms", "body"]
    content_panels = [*Page.content_panels, FieldPanel("summary"), FieldPanel("terms"), FieldPanel("body")]
    parent_page_types = ["content.HomePage"]
    subpage_types = []
    max_count_per_parent = 1

    class Meta:
        verbose_name = _("glossary")

    def clean(self):
        """Links lead to a word by its English name, so no two words may have one."""
        super().clean()
        if twice := {anchor for anchor in self.anchors if self.anchors.count(anchor) > 1}:
            raise ValidationError({"terms": _("The same word is here twice: %(words)s") % {"words": ", ".join(twice)}})

    @property
    def anchors(self) -> list[str]:
        return [block.value.anchor for block in self.terms]

    @property
    def in_order(self) -> list:
        """The words by their own spelling in the language of the page."""
        language = self.locale.language_code
        return sorted((block.value for block in self.terms), key=lambda term: alphabetical(term[language], language))


class LibraryPage(SitePage):
    """Documents to download, with their type, size and language."""

    documents = StreamField([("document", DocumentBlock())], verbose_name=_("documents"), blank=True)

    texts = ["documents", "body"]
    content_panels = [*Page.content_panels, FieldPanel("summary"), FieldPanel("documents"), FieldPanel("body")]
    parent_page_types = ["content.HomePage"]
    subpage_types = []
    max_count_per_parent = 1

    class Meta:
        verbose_name = _("document library")

    def get_context(self, request, *args, **kwargs):
        """With `kits`: the session kits of the language, each of which is a file too."""
        kits = KitPage.objects.live().public().filter(locale=self.locale_id).defer_streamfields().order_by("path")
        return super().get_context(request, *args, **kwargs) | {"kits": kits}


class PeoplePage(SitePage):
    """Who runs the programme, by role. Names only of those who agreed to it; no contacts of a person."""

    people = StreamField([("person", PersonBlock())], verbose_name=_("people"), blank=True)

    texts = ["people", "body"]
    content_panels = [*Page.content_panels, FieldPanel("summary"), FieldPanel("people"), FieldPanel("body")]
    parent_page_types = ["content.HomePage"]
    subpage_types = []
    max_count_per_parent = 1

    class Meta:
        verbose_name = _("people page")
