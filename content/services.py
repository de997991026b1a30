"""What the site starts with: pages from files, and an editors' group that may work on them."""

from __future__ import annotations

import tomllib
import uuid
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext
from wagtail.models import (
    Collection,
    GroupCollectionPermission,
    GroupPagePermission,
    Locale,
    Page,
    Site,
    Workflow,
    WorkflowPage,
    WorkflowTask,
)

from content.middleware import forget_pages
from content.models import (
    FaqPage,
    GlossaryPage,
    GuidePage,
    HelpPage,
    HomePage,
    KitPage,
    LibraryPage,
    NewsIndexPage,
    NewsPage,
    PageFeedback,
    PeoplePage,
    QuizPage,
    SectionPage,
    SitePage,
    SpecialistApproval,
    StoryPage,
    TextPage,
    TopicPage,
)
from portal.access import CMS_GROUPS, Role
from portal.models import Topic
from portal.models.base import LANGUAGE_CODES

STARTER = Path(__file__).parent / "starter" / "pages"
NAMES = uuid.UUID("6d0bfb04-6f6e-4b0e-9a63-6c9a7d2f1c11")  # a file's name makes the key that its translations share
KINDS: dict[str, type[SitePage]] = {
    "home": HomePage,
    "section": SectionPage,
    "help": HelpPage,
    "topic": TopicPage,
    "guide": GuidePage,
    "kit": KitPage,
    "story": StoryPage,
    "quiz": QuizPage,
    "faq": FaqPage,
    "text": TextPage,
    "news-index": NewsIndexPage,
    "news": NewsPage,
    "glossary": GlossaryPage,
    "library": LibraryPage,
    "people": PeoplePage,
}
# What a file calls a list, and the block that each of its items becomes.
LISTS = {
    "sources": "source",
    "steps": "step",
    "materials": "point",
    "short_plan": "part",
    "long_plan": "part",
    "do": "point",
    "avoid": "point",
    "terms": "term",
    "people": "person",
}

MODEL_PERMISSIONS = [
    "wagtailadmin.access_admin",
    "simple_translation.submit_translation",
    *(f"portal.{action}_helpline" for action in ("add", "change", "delete", "view")),
    *(f"portal.{action}_lettertext" for action in ("add", "change", "delete", "view")),
    *(f"portal.{action}_nonteachingperiod" for action in ("add", "change", "delete", "view")),
    *(
        f"portal.{action}_{model}"
        for model in ("topic", "district", "school", "language", "sitealert")
        for action in ("add", "change", "view")
    ),
    *(f"volunteers.{action}_trainingmodule" for action in ("change", "view")),
    *(f"wagtailredirects.{action}_redirect" for action in ("add", "change", "delete", "view")),
]
PAGE_PERMISSIONS = {Role.EDITOR: ["add_page", "change_page"], Role.SPECIALIST: ["publish_page"]}
COLLECTION_PERMISSIONS = [
    *(f"wagtailimages.{action}_image" for action in ("add", "change", "choose")),
    *(f"wagtaildocs.{action}_document" for action in ("add", "change", "choose")),
]


@transaction.atomic
def load_starter() -> int:
    """Makes the pages of content/starter in the three trees and lets the editors' group in; returns how many were new.

    A page that is there, by its key and language or by its address, is left as it is: what editors changed stays. A
    page that was deleted comes back: to be rid of one, unpublish it. Load the reference data first: a topic page finds its
    `portal.Topic` by slug, and goes without where there is none.
    """
    locales = {code: Locale.objects.get_or_create(language_code=code)[0] for code in LANGUAGE_CODES}
    files = _read_files()
    keys = {name: uuid.uuid5(NAMES, name) for name in files}
    there = {
        (page.translation_key, page.locale_id): page for page in Page.objects.filter(translation_key__in=keys.values())
    }
    made: list[tuple[SitePage, dict]] = []
    for name, languages in files.items():
        for code, data in languages.items():
            key, locale = keys[name], locales[code]
            if (key, locale.pk) in there:
                continue
            parent = there[keys[data["parent"]], locale.pk] if "parent" in data else Page.get_first_root_node()
            slug = data["slug"] if "parent" in data else f"{data['slug']}-{code}"
            if other := parent.get_children().filter(slug=slug).first():
                there[key, locale.pk] = other
                continue
            page = _page(data, slug=slug, translation_key=key, locale=locale)
            if data["kind"] == "section":
                page.invitation = _invitation(files["home"][code], name)
            parent.add_child(instance=page)
            there[key, locale.pk] = page
            made.append((page, data))
    for page, data in made:
        if "easy" in data:
            page.easy_version = there[keys[data["easy"]], page.locale_id]
            page.save(clean=False)  # an editor may have made the other page harder since
    _point_site_at(there[keys["home"], locales["kk"].pk])
    let_editors_in()
    forget_pages()
    return len(made)


def _read_files() -> dict[str, dict[str, dict]]:
    """By name and language, in the order in which pages are made: parents first, doors as the start page has them."""
    files: dict[str, dict[str, dict]] = {}
    for path in sorted(STARTER.glob("*.toml")):
        name, code = path.name.split(".")[:2]
        files.setdefault(name, {})[code] = tomllib.loads(path.read_text())
    kinds, doors = list(KINDS), [door["page"] for door in files["home"]["kk"]["doors"]]

    def place(name: str):
        kind = files[name]["kk"]["kind"]
        return kinds.index(kind), doors.index(name) if kind == "section" else 0, name

    return {name: files[name] for name in sorted(files, key=place)}


def _invitation(home: dict, name: str) -> str:
    return next(door["text"] for door in home["doors"] if door["page"] == name)


def _page(data: dict, **fields) -> SitePage:
    model = KINDS[data["kind"]]
    now = timezone.now()
    own = {"kind", "slug", "parent", "doors", "easy", "body"}
    plain = {name: value for name, value in data.items() if name not in own}
    if "subject" in plain:
        plain["subject"] = Topic.objects.filter(slug=plain["subject"]).first()
    for name in plain.keys() & {*LISTS, "questions"}:
        kind = LISTS.get(name) or ("question" if isinstance(plain[name][0], dict) else "point")
        plain[name] = [(kind, _item(item)) for item in plain[name]]
    return model(
        **plain,
        **fields,
        body=[_block(block) for block in data.get("body", [])],
        first_published_at=now,
        last_published_at=now,
    )


def _item(item: str | dict) -> str | dict:
    """A file says `html` where a block has rich text: an answer of a question, the text of a step or a part."""
    if isinstance(item, str) or "html" not in item:
        return item
    rest = {name: value for name, value in item.items() if name != "html"}
    return rest | {"answer" if "question" in item else "text": item["html"]}


def _block(block: dict) -> tuple[str, object]:
    kind = block["type"]
    values = {name: value for name, value in block.items() if name != "type"}
    match kind:
        case "heading":
            return kind, values["text"]
        case "text":
            return kind, values["html"]
        case "care":
            values["text"] = values.pop("html")
        case "steps" | "phrases":
            values[kind] = values.pop("items")
        case "remember":
            values["points"] = values.pop("items")
    return kind, values


def _point_site_at(home: Page) -> None:
    """One site, whose root is the Kazakh start page: Wagtail finds the other languages by its translations. The page
    that Wagtail itself came with goes."""
    site = Site.objects.filter(is_default_site=True).first() or Site(is_default_site=True)
    if site.root_page_id != home.pk:
        address = urlsplit(settings.SITE_URL)
        site.hostname, site.port = address.hostname, address.port or (443 if settings.HTTPS else 80)
        site.root_page, site.site_name = home, settings.WAGTAIL_SITE_NAME
        site.save()
    for welcome in Page.objects.filter(depth=2, content_type__app_label="wagtailcore", content_type__model="page"):
        welcome.delete()


def keep_feedback(*, page: Page, useful: bool, text: str) -> PageFeedback:
    """What a reader says of a page, with the day and nothing of the reader."""
    return PageFeedback.objects.create(page_id=page.pk, useful=useful, text=text)


def let_editors_in() -> None:
    """Lets the groups of the CMS work: editors have pages, pictures, documents, redirects and reference data without
    people; specialists approve what editors send in and take back what should not stand; nobody has accounts. What an
    editor sends in is published when a specialist has approved it."""
    root, collection = Page.get_first_root_node(), Collection.get_first_root_node()
    groups = {role: Group.objects.get_or_create(name=CMS_GROUPS[role])[0] for role in PAGE_PERMISSIONS}
    for role, names in PAGE_PERMISSIONS.items():
        wanted = _permissions(f"wagtailcore.{name}" for name in names)
        GroupPagePermission.objects.filter(group=groups[role], page=root).exclude(permission__in=wanted).delete()
        for permission in wanted:
            GroupPagePermission.objects.get_or_create(group=groups[role], page=root, permission=permission)
    groups[Role.SPECIALIST].permissions.add(*_permissions(["wagtailadmin.access_admin"]))
    groups[Role.EDITOR].permissions.add(*_permissions(MODEL_PERMISSIONS))
    for permission in _permissions(COLLECTION_PERMISSIONS):
        GroupCollectionPermission.objects.get_or_create(
            group=groups[Role.EDITOR], collection=collection, permission=permission
        )
    _have_texts_approved(root, groups[Role.SPECIALIST])


def _have_texts_approved(root: Page, specialists: Group) -> None:
    workflow = Workflow.objects.filter(workflow_tasks__task__in=SpecialistApproval.objects.all()).first()
    if workflow is None:
        with translation.override(settings.LANGUAGE_CODE):  # the CMS reads the names of its rows, not of their kinds
            name = gettext("approval by a specialist").capitalize()
        task, workflow = SpecialistApproval.objects.create(name=name), Workflow.objects.create(name=name)
        task.groups.add(specialists)
        WorkflowTask.objects.create(workflow=workflow, task=task)
    WorkflowPage.objects.update_or_create(page=root, defaults={"workflow": workflow})


def _permissions(names) -> list[Permission]:
    wanted = {tuple(name.split(".")) for name in names}
    rows = Permission.objects.filter(codename__in=[codename for _app, codename in wanted])
    return [row for row in rows.select_related("content_type") if (row.content_type.app_label, row.codename) in wanted]
