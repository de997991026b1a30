"""Texts grow old: editors are asked to read them again on the day that the page names."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.urls import reverse

from content.models import ArticlePage
from portal.access import Role
from portal.models import StaffTask
from portal.services import raise_task


def report_reviews_due(on: date) -> Sequence[str]:
    """Every night: a task for the editors about each live article whose `next_review` has come, once for each such day.
    Returns what the tasks are about."""
    about = []
    for kind in ArticlePage.__subclasses__():
        for page in kind.objects.live().filter(next_review__lte=on).defer_streamfields().order_by("path"):
            task = raise_task(
                StaffTask.Kind.PAGE_REVIEW,
                role=Role.EDITOR,
                about=page.title[:80],
                url=reverse("wagtailadmin_pages:edit", args=[page.pk]),
                once=f"{page.pk}:{page.next_review}",
            )
            about.append(task.code)
    return about
