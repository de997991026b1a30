"""The start page, the ways in for each audience, and pages that stand by themselves."""

from __future__ import annotations

from django.db import models
from django.http import Http404
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.models import Page

from .articles import articles
from .base import Audience, SitePage, Tint


class HomePage(SitePage):
    lead = models.TextField(_("lead"), blank=True)

    content_panels = [*Page.content_panels, FieldPanel("lead"), FieldPanel("summary"), FieldPanel("body")]
    parent_page_types = ["wagtailcore.Page"]
    subpage_types = [
        "content.SectionPage",
        "content.HelpPage",
        "content.TextPage",
        "content.NewsIndexPage",
        "content.GlossaryPage",
        "content.LibraryPage",
        "content.PeoplePage",
    ]

    class Meta:
        verbose_name = _("start page")

    def route(self, request, path_components):
        """Finds a page below by its whole address: none of them has addresses of its own beneath it."""
        if not path_components:
            return super().route(request, path_components)
        below = Page.objects.select_related("locale")
        page = below.filter(url_path=f"{self.url_path}{'/'.join(path_components)}/").first()
        if page is None:
            raise Http404
        specific = page.specific
        specific.locale = page.locale
        return specific.route(request, [])

    def get_context(self, request, *args, **kwargs):
        return super().get_context(request, *args, **kwargs) | {
            "doors": SectionPage.objects.child_of(self).live().public().defer_streamfields().order_by("path"),
            "latest": self._latest(),
        }

    def _latest(self):
        """The six articles that came last."""
        public = ~Page.objects.all().private_q()
        return articles(self.path, public).order_by("-first_published_at", "path")[:6]


class SectionPage(SitePage):
    """The way in for one audience, and the index of what it can read. Every live one is a door on the start page."""

    audience = models.CharField(_("audience"), max_length=20, choices=Audience)
    tint = models.CharField(_("tint"), max_length=10, choices=Tint)
    invitation = models.CharField(
        _("invitation"), max_length=120, help_text=_("The words on the door of the start page.")
    )
    lead = models.TextField(_("lead"), blank=True)

    content_panels = [
        *Page.content_panels,
        FieldPanel("lead"),
        FieldPanel("summary"),
        FieldPanel("invitation"),
        MultiFieldPanel(["audience", "tint"], _("Audience")),
        FieldPanel("body"),
    ]
    parent_page_types = ["content.HomePage"]
    subpage_types = [
        "content.TopicPage",
        "content.GuidePage",
        "content.KitPage",
        "content.StoryPage",
        "content.QuizPage",
        "content.FaqPage",
    ]

    class Meta:
        verbose_name = _("section")

    def get_context(self, request, *args, **kwargs):
        topics = articles(self.path).order_by("path")
        return super().get_context(request, *args, **kwargs) | {"topics": topics}


class HelpPage(SitePage):
    """What to do now and where to call. One in each language."""

    lead = models.TextField(_("lead"), blank=True)

    content_panels = [*Page.content_panels, FieldPanel("lead"), FieldPanel("summary"), FieldPanel("body")]
    parent_page_types = ["content.HomePage"]
    subpage_types = []
    max_count_per_parent = 1

    class Meta:
        verbose_name = _("help page")


class TextPage(SitePage):
    content_panels = [*Page.content_panels, FieldPanel("summary"), FieldPanel("body"), FieldPanel("sources")]
    parent_page_types = ["content.HomePage"]
    subpage_types = []

    class Meta:
        verbose_name = _("plain page")
