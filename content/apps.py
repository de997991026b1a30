from django.apps import AppConfig
from django.db.models.signals import post_delete, post_save
from django.utils.translation import gettext_lazy as _


class ContentConfig(AppConfig):
    name = "content"
    verbose_name = _("Content")

    def ready(self):
        from wagtail.contrib.redirects.models import Redirect  # noqa: PLC0415 - the app registry must be loaded
        from wagtail.models import Page, Site  # noqa: PLC0415
        from wagtail.signals import page_published, page_unpublished, post_page_move  # noqa: PLC0415

        from content.middleware import forget_pages  # noqa: PLC0415
        from content.reviewing import report_reviews_due  # noqa: PLC0415
        from portal import nightly  # noqa: PLC0415
        from portal.models import Helpline, Topic  # noqa: PLC0415

        for signal in (page_published, page_unpublished, post_page_move):
            signal.connect(forget_pages)
        for model in (Helpline, Topic, Redirect, Site):
            post_save.connect(forget_pages, sender=model)
            post_delete.connect(forget_pages, sender=model)
        post_delete.connect(forget_pages, sender=Page)
        nightly.register(_("Texts to be read again: editors told"), report_reviews_due)
