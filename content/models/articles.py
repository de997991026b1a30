"""What there is to read, one model for each kind of article."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.fields import StreamField

from content.blocks import GuideStepBlock, PlanBlock, PointBlock, QuestionBlock, QuizQuestionBlock

from .base import ArticlePage, article_panels


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
