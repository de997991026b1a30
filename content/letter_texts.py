"""The words of letters in the CMS: one text for a letter and a language, in place of what the program has. Its versions are
kept; the preview shows it with sample values."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.panels import FieldPanel, HelpPanel, ObjectList
from wagtail.snippets.views.snippets import SnippetViewSet

from portal import letter_variables
from portal.models import LetterText
from portal.models.messages import SUBJECT_LENGTH


def _letters() -> list[tuple[str, str]]:
    """By name, each with the subject that its file has in the language of the editor."""
    return [
        ("", "---------"),
        *((name, f"{name}: {letter_variables.in_short(name)}") for name in letter_variables.editable()),
    ]


class LetterTextForm(WagtailAdminModelForm):
    letter = forms.ChoiceField(label=_("Letter"), choices=_letters)
    subject = forms.CharField(label=_("subject"), max_length=SUBJECT_LENGTH, required=False)

    def clean(self):
        """What is refused, being too long, is there all the same: nothing says besides that it is missing."""
        for name in {"subject", "text"} & self.errors.keys():
            setattr(self.instance, name, self[name].data)
        return super().clean()


class LetterTextViewSet(SnippetViewSet):
    model = LetterText
    icon = "mail"
    menu_label = _("Letters")
    menu_order = 310
    add_to_admin_menu = True
    list_display = ["letter", "language", "subject"]
    list_filter = ["language"]
    search_fields = ["letter", "subject", "text"]
    edit_handler = ObjectList(
        [
            HelpPanel(
                _(
                    "Leave subject and text empty and save: the words that are sent now are filled in, to be changed. What stands "
                    "in double brackets is filled in for each reader; what stands between “if” and “endif” comes only where it "
                    "fits. The link of the letter comes below the text by itself."
                )
            ),
            FieldPanel("letter"),
            FieldPanel("language"),
            FieldPanel("subject"),
            FieldPanel("text"),
        ],
        base_form_class=LetterTextForm,
    )
