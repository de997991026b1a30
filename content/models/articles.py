"""What there is to read, one model for each kind of article, and what they share."""

from __future__ import annotations

from math import ceil

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, HelpPanel, MultiFieldPanel, PageChooserPanel, Panel
from wagtail.fields import StreamField
from wagtail.models import Page, ReferenceIndex

from content.blocks import PointBlock
from content.editing import NO_WARNING
from content.kind_blocks import GuideStepBlock, PlanBlock, QuestionBlock, QuizQuestionBlock
from content.stems import WORD

from .base import CARE, Audience, Part, SitePage

# A child reads slower than this, a teacher faster; Kazakh words are the longest.
WORDS_A_MINUTE = {"kk": 110, "ru": 130, "en": 160}
EASY_TEXT_AGE = 8
CARD = [
    *("path", "url_path", "title", "summary", "audience", "subject"),
    *("reading_age", "reading_minutes", "first_published_at", "last_published_at"),
]
ARTICLES = [f"content.{kind}Page" for kind in ("Topic", "Guide", "Kit", "Story", "Quiz", "Faq")]


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

    before_text = ["summary", "warning"]
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


class TopicPage(ArticlePage):
    """A subject in plain words."""

    content_panels = article_panels()

    class Meta:
        verbose_name = _("topic page")


class GuidePage(ArticlePage):
    """What to do, step after step."""

    steps = StreamField([("step", GuideStepBlock())], verbose_name=_("steps"), min_num=2)

    texts = ["steps", "body"]
    content_panels = article_panels(FieldPanel("steps"))

    class Meta:
        verbose_name = _("step-by-step guide")


class KitPage(ArticlePage):
    """Everything for one session with a class: what for, what to bring, what to do in ten and in forty-five minutes."""

    aim = models.TextField(_("aim"), max_length=300, help_text=_("What pupils can do afterwards."))
    grade_from = models.PositiveSmallIntegerField(
        _("from grade"), default=1, validators=[MinValueValidator(1), MaxValueValidator(11)]
    )
    grade_to = models.PositiveSmallIntegerField(
        _("to grade"), default=11, validators=[MinValueValidator(1), MaxValueValidator(11)]
    )
    materials = StreamField([("point", PointBlock())], verbose_name=_("materials"), blank=True)
    short_plan = StreamField([("part", PlanBlock())], verbose_name=_("plan of 10 minutes"), min_num=1)
    long_plan = StreamField([("part", PlanBlock())], verbose_name=_("plan of 45 minutes"), min_num=1)
    do = StreamField([("point", PointBlock())], verbose_name=_("do"), blank=True)
    avoid = StreamField([("point", PointBlock())], verbose_name=_("avoid"), blank=True)

    texts = ["materials", "short_plan", "long_plan", "do", "avoid", "body"]
    content_panels = article_panels(
        FieldPanel("aim"),
        MultiFieldPanel(["grade_from", "grade_to"], _("Grades")),
        FieldPanel("materials"),
        FieldPanel("short_plan"),
        FieldPanel("long_plan"),
        MultiFieldPanel(["do", "avoid"], _("Do and avoid")),
    )

    class Meta:
        verbose_name = _("session kit")


class StoryPage(ArticlePage):
    """A story made up of what happens to many: its page says that it is invented. Never a real child or a real case."""

    questions = StreamField([("point", PointBlock())], verbose_name=_("questions to talk about"), blank=True)

    texts = ["body", "questions"]
    content_panels = article_panels(FieldPanel("questions"))

    class Meta:
        verbose_name = _("story")


class QuizPage(ArticlePage):
    """Questions one answers for oneself: nothing is sent or kept, and it works without script."""

    questions = StreamField([("question", QuizQuestionBlock())], verbose_name=_("questions"), min_num=1)

    texts = ["questions", "body"]
    content_panels = article_panels(FieldPanel("questions"))

    class Meta:
        verbose_name = _("quiz")


class FaqPage(ArticlePage):
    """Questions and answers."""

    questions = StreamField([("question", QuestionBlock())], verbose_name=_("questions"), min_num=1)

    texts = ["questions", "body"]
    content_panels = article_panels(FieldPanel("questions"))

    class Meta:
        verbose_name = _("questions and answers")
