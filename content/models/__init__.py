"""The pages of the public site, in three trees of one shape."""

from .approval import SpecialistApproval
from .articles import ArticlePage, FaqPage, GuidePage, KitPage, QuizPage, StoryPage, TopicPage, articles
from .base import Audience, SitePage, Tint, address
from .feedback import PageFeedback
from .lists import GlossaryPage, LibraryPage, NewsIndexPage, NewsPage, PeoplePage
from .sections import HelpPage, HomePage, SectionPage, TextPage

__all__ = [
    "ArticlePage",
    "Audience",
    "FaqPage",
    "GlossaryPage",
    "GuidePage",
    "HelpPage",
    "HomePage",
    "KitPage",
    "LibraryPage",
    "NewsIndexPage",
    "NewsPage",
    "PageFeedback",
    "PeoplePage",
    "QuizPage",
    "SectionPage",
    "SitePage",
    "SpecialistApproval",
    "StoryPage",
    "TextPage",
    "Tint",
    "TopicPage",
    "address",
    "articles",
]
