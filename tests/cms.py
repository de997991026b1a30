"""What the CMS stands on."""

from __future__ import annotations

from django.conf import settings
from wagtail.models import Collection, Locale, Page


def make_roots(**kwargs) -> None:
    """The roots of pages and of collections: a migration made them, and a test that flushes the database takes them away.
    A receiver of `post_migrate`."""
    Locale.objects.get_or_create(language_code=settings.LANGUAGE_CODE)
    if Page.get_first_root_node() is None:
        Page.add_root(instance=Page(title="Root", slug="root"))
    if Collection.get_first_root_node() is None:
        Collection.add_root(instance=Collection(name="Root"))
