from __future__ import annotations

from datetime import datetime, time

from django.conf import settings
from django.contrib.syndication.views import Feed
from django.http import Http404
from django.utils import timezone
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from content.models import ArticlePage, NewsIndexPage, NewsPage, SectionPage, address, articles


class NewsFeed(Feed):
    """The news in the language of the address."""

    feed_type = Atom1Feed

    def get_object(self, request):
        return NewsIndexPage.objects.live().filter(locale__language_code=get_language()).first()

    def title(self, index) -> str:
        return _("Tirek: news")

    def link(self, index) -> str:
        return address(index) if index else f"{settings.SITE_URL}/{get_language()}/"

    def items(self, index):
        return index.news()[:20] if index else []

    def item_title(self, item: NewsPage) -> str:
        return item.title

    def item_description(self, item: NewsPage) -> str:
        return item.summary

    def item_link(self, item: NewsPage) -> str:
        return address(item)

    def item_updateddate(self, item: NewsPage):
        return item.last_published_at

    def item_pubdate(self, item: NewsPage):
        return timezone.make_aware(datetime.combine(item.day, time.min))


class AudienceFeed(Feed):
    """What was published for an audience last, in the language of the address."""

    feed_type = Atom1Feed

    def get_object(self, request, audience: str) -> SectionPage:
        """404 where the audience has no way in."""
        sections = SectionPage.objects.live().public().filter(locale__language_code=get_language(), audience=audience)
        section = sections.order_by("path").first()
        if section is None:
            raise Http404
        return section

    def title(self, section: SectionPage) -> str:
        return f"{_('Tirek')}: {section.title}"

    def link(self, section: SectionPage) -> str:
        return address(section)

    def items(self, section: SectionPage):
        return articles(section.path).order_by("-last_published_at", "path")[:20]

    def item_title(self, item: ArticlePage) -> str:
        return item.title

    def item_description(self, item: ArticlePage) -> str:
        return item.summary

    def item_link(self, item: ArticlePage) -> str:
        return address(item)

    def item_pubdate(self, item: ArticlePage):
        return item.first_published_at

    def item_updateddate(self, item: ArticlePage):
        return item.last_published_at
