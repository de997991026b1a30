"""The blocks that one kind of page has for itself: steps of a guide, parts of a plan, questions, words, people."""

from django.core.exceptions import ValidationError
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from content.blocks import PROSE


class GuideStepBlock(blocks.StructBlock):
    title = blocks.CharBlock(label=_("title"), max_length=120)
    text = blocks.RichTextBlock(label=_("text"), features=PROSE)

    class Meta:
        icon = "list-ol"
        label = _("step")


class PlanBlock(blocks.StructBlock):
    minutes = blocks.IntegerBlock(label=_("minutes"), min_value=1, max_value=90, search_index=False)
    title = blocks.CharBlock(label=_("title"), max_length=120)
    text = blocks.RichTextBlock(label=_("what to do"), features=PROSE)

    class Meta:
        icon = "time"
        label = _("part")


class QuestionBlock(blocks.StructBlock):
    question = blocks.CharBlock(label=_("question"), max_length=200)
    answer = blocks.RichTextBlock(label=_("answer"), features=PROSE)

    class Meta:
        icon = "help"
        label = _("question")


class QuizAnswerBlock(blocks.StructBlock):
    text = blocks.CharBlock(label=_("answer"), max_length=200)
    right = blocks.BooleanBlock(label=_("right"), required=False)
    why = blocks.CharBlock(
        label=_("why"), max_length=300, help_text=_("Shown as soon as it is chosen. Never a rebuke.")
    )


class QuizQuestionBlock(blocks.StructBlock):
    question = blocks.CharBlock(label=_("question"), max_length=250)
    answers = blocks.ListBlock(QuizAnswerBlock(), label=_("answers"), min_num=2, max_num=5)

    class Meta:
        icon = "help"
        label = _("question")

    def clean(self, value):
        cleaned = super().clean(value)
        if not any(answer["right"] for answer in cleaned["answers"]):
            raise blocks.StructBlockValidationError({"answers": ValidationError(_("Mark the right answer."))})
        return cleaned


class TermValue(blocks.StructValue):
    @property
    def anchor(self) -> str:
        """Where a link to the word leads: the same in the three languages."""
        return slugify(self["en"])


class TermBlock(blocks.StructBlock):
    kk = blocks.CharBlock(label=_("in Kazakh"), max_length=120)
    ru = blocks.CharBlock(label=_("in Russian"), max_length=120)
    en = blocks.CharBlock(label=_("in English"), max_length=120)
    meaning = blocks.TextBlock(label=_("what it means"), max_length=500)

    class Meta:
        icon = "openquote"
        label = _("word")
        value_class = TermValue


class PersonBlock(blocks.StructBlock):
    name = blocks.CharBlock(label=_("name"), max_length=120)
    role = blocks.CharBlock(label=_("role"), max_length=200)
    about = blocks.TextBlock(label=_("about"), max_length=500, required=False)
    agreed_on = blocks.DateBlock(label=_("agreed to be shown, on"), search_index=False)

    class Meta:
        icon = "user"
        label = _("person")
