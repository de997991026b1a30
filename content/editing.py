from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.forms.utils import ErrorList
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.forms import WagtailAdminPageForm
from wagtail.blocks import StreamBlockValidationError

from content.blocks import NumbersBlock
from content.links import broken_links

SENDING = {"action-publish", "action-submit", "action-restart-workflow"}
NO_WARNING = gettext_lazy("A hard subject needs words of warning, with a way out.")


def missing_care(page: Mapping[str, Any]) -> dict[str, str | ValidationError]:
    """What a page, given by its fields, still lacks for a hard subject, as field → sentence: words of warning, who reviewed it,
    and where to call. Nothing on an easy one."""
    if not page.get("sensitive"):
        return {}
    missing: dict[str, str | ValidationError] = {}
    if not page.get("warning"):
        missing["warning"] = NO_WARNING
    if not page.get("reviewed_by"):
        missing["reviewed_by"] = _("A hard subject is read by a specialist first: say by whom.")
    if "numbers" not in {block.block_type for block in page.get("body") or []}:
        block = NumbersBlock().label
        numbers = _("The help numbers stand last on a hard subject: add “%(block)s”.") % {"block": block}
        missing["body"] = StreamBlockValidationError(non_block_errors=ErrorList([numbers]))
    return missing


class SitePageForm(WagtailAdminPageForm):
    """What an editor fills in. A draft may be half done; what is sent in or published has no link that leads nowhere, and
    on a hard subject what that needs (`missing_care`)."""

    def clean(self):
        cleaned = super().clean()
        if SENDING & set(self.data):
            for name, sentence in missing_care(cleaned).items():
                self.add_error(name, sentence)
            texts = {name: cleaned[name] for name in self._meta.model.texts if cleaned.get(name)}
            if broken := broken_links(texts.values(), self._meta.model(**texts).anchors):
                self.add_error(None, _("These links lead nowhere: %(links)s") % {"links": ", ".join(broken)})
        return cleaned
