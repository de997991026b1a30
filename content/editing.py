from __future__ import annotations

from django.utils.translation import gettext as _
from wagtail.admin.forms import WagtailAdminPageForm

from content.links import broken_links


class SitePageForm(WagtailAdminPageForm):
    """What an editor fills in. A draft may be half done; what is sent in or published has no link that leads nowhere."""

    def clean(self):
        cleaned = super().clean()
        if {"action-publish", "action-submit"} & set(self.data):
            texts = [cleaned[name] for name in self._meta.model.texts if cleaned.get(name)]
            if broken := broken_links(texts):
                self.add_error(None, _("These links lead nowhere: %(links)s") % {"links": ", ".join(broken)})
        return cleaned
