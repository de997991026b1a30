from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from wagtail.models import PreviewableMixin, RevisionMixin

from portal import letter_variables

TEXT_LENGTH = 10_000  # characters


class LetterText(PreviewableMixin, RevisionMixin, models.Model):
    """The words of one letter in one language, written in the CMS in place of its file. What may stand in it:
    `portal.letter_variables`."""

    letter = models.CharField(_("letter"), max_length=64)
    language = models.CharField(_("language"), max_length=2, choices=settings.LANGUAGES)
    subject = models.CharField(_("subject"), max_length=300, blank=True)
    text = models.TextField(_("text"), max_length=TEXT_LENGTH, blank=True)

    class Meta:
        verbose_name = _("text of a letter")
        verbose_name_plural = _("texts of letters")
        ordering = ["letter", "language"]
        constraints = [
            models.UniqueConstraint(
                fields=["letter", "language"],
                name="letter_text_once",
                violation_error_message=_("This letter has a text in this language already."),
            )
        ]

    def __str__(self):
        return f"{self.letter} ({self.language})"

    def clean(self):
        """Fills in the words of the file where there are none. Raises `ValidationError` at the field that holds what the letter
        does not know, or leaves out what it must say."""
        if self.letter not in letter_variables.editable():
            raise ValidationError({"letter": _("This letter cannot be changed here.")})
        if not (self.subject or self.text):
            self.subject, self.text = letter_variables.words_of_file(self.letter, self.language)
        wrong = {}
        for field in ("subject", "text"):
            words = getattr(self, field).strip()
            try:
                letter_variables.compiled(self.letter, words)
                if field == "text":
                    letter_variables.demand_required(self.letter, words)
            except ValidationError as error:
                wrong[field] = error
            if not words:
                wrong[field] = _("Both are needed, or none of them.")
        if len(self.subject.strip().splitlines()) > 1:
            wrong["subject"] = _("Please write one line here.")
        if wrong:
            raise ValidationError(wrong)

    def make_preview_request(self, original_request=None, preview_mode=None, extra_request_attrs=None):
        """The language of the editor goes along: the request that Wagtail makes up has none."""
        extra = {**(extra_request_attrs or {}), "editor_language": translation.get_language()}
        return super().make_preview_request(original_request, preview_mode, extra)

    def get_preview_template(self, request, mode_name):
        return "staff/letter_text.html"

    def get_preview_context(self, request, mode_name):
        from portal.letter_words import lay_out  # noqa: PLC0415 - needs this model

        with translation.override(self.language):
            template = letter_variables.compiled(self.letter, f"{self.subject}\n{self.text}")
            words = lay_out(template.render(letter_variables.sample(self.letter)), f"{settings.SITE_URL}/…")
        context = {"words": words, "language": self.language, "here": request.editor_language}
        return super().get_preview_context(request, mode_name) | context
