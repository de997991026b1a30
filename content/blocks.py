"""What an editor may put into the text of a page. Nothing here embeds, and nothing takes raw HTML."""

from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from portal.models import Helpline

PROSE = ["bold", "ol", "ul", "link"]


class CareBlock(blocks.StructBlock):
    """A card that says what to do, with how soon it matters. A few on a page, or none of them is seen."""

    level = blocks.ChoiceBlock(
        choices=[
            ("immediate", _("right now: danger")),
            ("urgent", _("today")),
            ("calm", _("when there is time")),
        ],
        label=_("how soon"),
        search_index=False,
    )
    title = blocks.CharBlock(label=_("title"), max_length=120)
    text = blocks.RichTextBlock(label=_("text"), features=PROSE)

    class Meta:
        icon = "warning"
        label = _("care card")
        template = "content/blocks/care.html"


class StepBlock(blocks.StructBlock):
    title = blocks.CharBlock(label=_("title"), max_length=120)
    text = blocks.TextBlock(label=_("text"))


class StepsBlock(blocks.StructBlock):
    title = blocks.CharBlock(label=_("title"), max_length=120, required=False)
    steps = blocks.ListBlock(StepBlock(), label=_("steps"), min_num=2)

    class Meta:
        icon = "list-ol"
        label = _("steps")
        template = "content/blocks/steps.html"


class PhrasesBlock(blocks.StructBlock):
    """Sentences one may say as they stand."""

    title = blocks.CharBlock(label=_("title"), max_length=120)
    phrases = blocks.ListBlock(blocks.CharBlock(max_length=250), label=_("phrases"), min_num=1)

    class Meta:
        icon = "openquote"
        label = _("words to say")
        template = "content/blocks/phrases.html"


class RememberBlock(blocks.StructBlock):
    title = blocks.CharBlock(label=_("title"), max_length=120)
    points = blocks.ListBlock(blocks.CharBlock(max_length=250), label=_("points"), min_num=1)

    class Meta:
        icon = "pin"
        label = _("to remember")
        template = "content/blocks/remember.html"


class NumbersBlock(blocks.StructBlock):
    """The helplines as they stand in the reference data: no number is ever typed into a page's cards."""

    title = blocks.CharBlock(label=_("title"), max_length=120)

    def get_context(self, value, parent_context=None):
        return super().get_context(value, parent_context) | {"lines": Helpline.objects.all()}

    class Meta:
        icon = "mobile-alt"
        label = _("helpline numbers")
        template = "content/blocks/numbers.html"


class SourceBlock(blocks.StructBlock):
    title = blocks.CharBlock(label=_("title"), max_length=300)
    url = blocks.URLBlock(label=_("address"), required=False)

    class Meta:
        icon = "link-external"
        label = _("source")


class BodyBlock(blocks.StreamBlock):
    heading = blocks.CharBlock(label=_("heading"), max_length=120, icon="title", template="content/blocks/heading.html")
    text = blocks.RichTextBlock(label=_("text"), features=PROSE, icon="pilcrow", template="content/blocks/text.html")
    care = CareBlock()
    steps = StepsBlock()
    phrases = PhrasesBlock()
    remember = RememberBlock()
    numbers = NumbersBlock()
