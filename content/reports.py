"""What readers say of pages, for the editors."""

from __future__ import annotations

import django_filters
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import BooleanColumn, Column, TitleColumn
from wagtail.admin.views.reports import ReportView
from wagtail.permission_policies.pages import PagePermissionPolicy

from content.models import PageFeedback


class FeedbackFilter(WagtailFilterSet):
    language = django_filters.ChoiceFilter(
        field_name="page__locale__language_code", label=_("Language"), choices=settings.LANGUAGES
    )

    class Meta:
        model = PageFeedback
        fields = ["useful", "language"]


class FeedbackReport(ReportView):
    """Each word about a page, the latest first; also as XLSX and CSV."""

    page_title = _("What readers say")
    header_icon = "comment"
    index_url_name = "feedback_report"
    index_results_url_name = "feedback_report_results"
    filterset_class = FeedbackFilter
    permission_policy = PagePermissionPolicy()
    any_permission_required = ["change", "publish"]
    list_export = ["day", "page.title", "page.locale.language_code", "useful", "text"]
    export_headings = {
        "day": _("Day"),
        "page.title": _("Page"),
        "page.locale.language_code": _("Language"),
        "useful": _("Useful"),
        "text": _("What could be better?"),
    }
    columns = [
        TitleColumn("page", label=_("Page"), accessor="page.title", get_url=lambda row: row.page.get_url()),
        Column("language", label=_("Language"), accessor="page.locale.get_display_name"),
        BooleanColumn("useful", label=_("Useful")),
        Column("text", label=_("What could be better?")),
        Column("day", label=_("Day")),
    ]

    def get_queryset(self):
        return PageFeedback.objects.select_related("page__locale")
