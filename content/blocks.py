"""What an editor may put into the text of a page. Nothing here embeds, and nothing takes raw HTML."""

from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.documents.blocks import DocumentChooserBlock
from wagtail.images.blocks import ImageBlock, ImageChooserBlock

from content.films import CAPTIONS, FILMS
from content.pictures import picture_element
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
        icon = "thumbtack"
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


class PointBlock(blocks.CharBlock):  # of some kinds only, but here is where migrations look for it
    def __init__(self, **kwargs):
        super().__init__(**{"label": _("point"), "max_length": 250} | kwargs)


class DocumentValue(blocks.StructValue):
    @property
    def language_name(self) -> str:
        return dict(settings.LANGUAGES).get(self["language"], "")


class DocumentBlock(blocks.StructBlock):
    document = DocumentChooserBlock(label=_("document"))
    about = blocks.CharBlock(label=_("what it is"), max_length=250)
    language = blocks.ChoiceBlock(choices=settings.LANGUAGES, label=_("language"), search_index=False)
    pages = blocks.IntegerBlock(label=_("pages"), required=False, min_value=1, search_index=False)

    class Meta:
        icon = "doc-full"
        label = _("document")
        value_class = DocumentValue


class DownloadsBlock(blocks.StructBlock):
    """Files to take along; their kind, size, language and pages stand beside each."""

    title = blocks.CharBlock(label=_("title"), max_length=120)
    documents = blocks.ListBlock(DocumentBlock(), label=_("documents"), min_num=1)

    class Meta:
        icon = "download"
        label = _("files to download")
        template = "content/blocks/downloads.html"


class PictureBlock(blocks.StructBlock):
    """A picture that says in words what it shows, or is marked as decoration."""

    image = ImageBlock(label=_("picture"))
    caption = blocks.CharBlock(label=_("caption"), max_length=250, required=False)
    credit = blocks.CharBlock(label=_("who made it"), max_length=120, required=False)

    def clean(self, value):
        cleaned = super().clean(value)
        image = cleaned["image"]
        # Wagtail offers the title as the words, and the title of an upload is the name of its file.
        words = slugify(image.contextual_alt_text).replace("_", "-") if image else ""
        file = slugify(Path(image.filename).stem).replace("_", "-") if words else ""
        if words and file.startswith(words) and not self.is_deferred_validation:
            name = ValidationError(_("This is the name of the file. Say what the picture shows."))
            raise blocks.StructBlockValidationError({"image": blocks.StructBlockValidationError({"alt_text": name})})
        return cleaned

    def get_context(self, value, parent_context=None):
        image = value["image"]
        return super().get_context(value, parent_context) | {"picture": image and picture_element(image)}

    class Meta:
        icon = "image"
        label = _("picture")
        template = "content/blocks/picture.html"


class CaptionsBlock(blocks.StructBlock):
    language = blocks.ChoiceBlock(choices=settings.LANGUAGES, label=_("language"), search_index=False)
    file = DocumentChooserBlock(label=_("captions (.vtt)"))

    class Meta:
        icon = "openquote"
        label = _("captions")
        value_class = DocumentValue


class VideoBlock(blocks.StructBlock):
    """A film of our own with captions and its words as text: for whoever does not hear, does not see, or pays for every
    megabyte. It never starts by itself (WCAG 2.2: 1.2.2, 1.2.3, 1.4.2)."""

    title = blocks.CharBlock(label=_("title"), max_length=120)
    file = DocumentChooserBlock(label=_("film (.mp4 or .webm)"))
    length = blocks.RegexBlock(
        r"^\d{1,2}:[0-5]\d$",
        label=_("length"),
        help_text=_("Minutes and seconds: 3:20"),
        error_messages={"invalid": _("Write minutes and seconds like this: 3:20")},
        search_index=False,
    )
    poster = ImageChooserBlock(label=_("picture before it begins"), required=False)
    captions = blocks.ListBlock(CaptionsBlock(), label=_("captions"), min_num=1)
    words = blocks.RichTextBlock(
        label=_("the film in words"), features=PROSE, help_text=_("Everything that is said, and what is seen.")
    )

    def clean(self, value):
        cleaned = super().clean(value)
        if not _is_of_kind(cleaned["file"], FILMS):
            film = ValidationError(_("This is no film. Choose a document that ends with .mp4 or .webm."))
            raise blocks.StructBlockValidationError({"file": film})
        if not all(_is_of_kind(item["file"], CAPTIONS) for item in cleaned["captions"]):
            text = ValidationError(_("Captions are documents that end with .vtt."))
            raise blocks.StructBlockValidationError({"captions": text})
        return cleaned

    def get_context(self, value, parent_context=None):
        poster = value["poster"] and value["poster"].get_rendition("width-800|format-webp")
        kind = FILMS.get(value["file"].file_extension) if value["file"] else None
        return super().get_context(value, parent_context) | {"poster": poster, "kind": kind}

    class Meta:
        icon = "media"
        label = _("film")
        template = "content/blocks/video.html"


def _is_of_kind(document, kinds: dict[str, str]) -> bool:
    return document is None or document.file_extension in kinds


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
    picture = PictureBlock()
    downloads = DownloadsBlock()
    video = VideoBlock()
