from django.apps import AppConfig
from django.db.models.signals import post_delete, post_save
from django.utils.translation import gettext_lazy as _


class ContentConfig(AppConfig):
    name = "content"
    verbose_name = _("Content")

    def ready(self):
        from wagtail import signals  # noqa: PLC0415 - the app registry must be loaded
        from wagtail.contrib.redirects.models import Redirect  # noqa: PLC0415
        from wagtail.documents.models import Document  # noqa: PLC0415
        from wagtail.images.models import Rendition  # noqa: PLC0415
        from wagtail.models import Page, PageViewRestriction, Site, TaskState, WorkflowState  # noqa: PLC0415

        from content import notifications  # noqa: PLC0415
        from content.middleware import forget_pages  # noqa: PLC0415
        from content.pictures import make_pictures  # noqa: PLC0415
        from content.publishing import publish_on_time  # noqa: PLC0415
        from content.reviewing import report_reviews_due  # noqa: PLC0415
        from portal import nightly, regular  # noqa: PLC0415
        from portal.models import Helpline, SiteAlert, Topic  # noqa: PLC0415

        signals.page_published.connect(make_pictures)
        for signal in (signals.page_published, signals.page_unpublished, signals.post_page_move):
            signal.connect(forget_pages)
        for model in (Helpline, SiteAlert, Topic, Document, PageViewRestriction, Redirect, Site):
            post_save.connect(forget_pages, sender=model)
            post_delete.connect(forget_pages, sender=model)
        for model in (Page, Rendition):
            post_delete.connect(forget_pages, sender=model)
        # Under the names by which Wagtail would connect its own letters, later: ours stand in their place. (Those to superusers
        # are off by WAGTAILADMIN_NOTIFICATION_INCLUDE_SUPERUSERS.)
        signals.task_submitted.connect(
            notifications.page_waits, TaskState, dispatch_uid="group_approval_task_submitted_email_notification"
        )
        signals.workflow_approved.connect(
            notifications.page_approved, WorkflowState, dispatch_uid="workflow_state_approved_email_notification"
        )
        signals.workflow_rejected.connect(
            notifications.page_sent_back, WorkflowState, dispatch_uid="workflow_state_rejected_email_notification"
        )
        regular.register("publish_on_time", _("Pages whose time has come: published or taken back"), publish_on_time)
        nightly.register("reviews_due", _("Texts to be read again: editors told"), report_reviews_due)
