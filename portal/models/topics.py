from django.db import models
from django.utils.translation import gettext_lazy as _

from .base import Named


class Language(Named):
    """A language of instruction or of a session; not the language of the site."""

    code = models.CharField(max_length=5, unique=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("language")
        verbose_name_plural = _("languages")
        ordering = ["position"]


class Topic(Named):
    """What sessions and pages are about, in two levels."""

    slug = models.SlugField(unique=True)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="subtopics")
    grade_from = models.PositiveSmallIntegerField(_("from grade"), default=1)
    grade_to = models.PositiveSmallIntegerField(_("to grade"), default=11)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("topic")
        verbose_name_plural = _("topics")
        ordering = ["position"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(grade_to__gte=models.F("grade_from")), name="topic_grades_in_order"
            )
        ]
