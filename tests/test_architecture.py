"""The house holds its shape: foreign keys point downward, people stay out of the CMS, rows come through `visible_to`."""

import re
from pathlib import Path

from django.apps import apps
from django.conf import settings
from wagtail.snippets.models import get_snippet_models

FLOORS = ["portal", "volunteers", "mentors", "events", "content"]


def floor(model) -> int:
    """How high a model lives; the libraries' models are below the house."""
    return FLOORS.index(model._meta.app_label) if model._meta.app_label in FLOORS else -1


def own_models():
    return [model for model in apps.get_models() if model._meta.app_label in FLOORS]


def test_foreign_keys_point_downward():
    upward = [
        f"{model._meta.label}.{field.name} → {field.related_model._meta.label}"
        for model in own_models()
        for field in model._meta.get_fields()
        if field.is_relation
        and not field.auto_created
        and field.related_model
        and floor(field.related_model) > floor(model)
    ]
    assert upward == []


def test_models_with_a_person_are_not_in_the_cms():
    personal = {
        model
        for model in own_models()
        if model._meta.app_label in {"volunteers", "mentors", "events"}
        or model._meta.object_name in {"User", "RoleGrant", "LogEntry", "OutgoingMessage", "StaffTask"}
    }
    allowed = {"CheckType", "ProgrammeRole", "TrainingModule", "ReasonCode", "Organisation"}
    assert {model.__name__ for model in personal & set(get_snippet_models())} <= allowed


READ_THROUGH_THEIR_CASE = {
    "Membership", "ApplicationRevision", "ConflictDeclaration", "Decision", "Hold", "InfoRequest", "Interview", "Review",
    "SelfDisclosure",
}  # fmt: skip


def test_models_that_hold_a_person_or_a_case_know_who_may_see_them():
    without = [
        model._meta.label
        for model in own_models()
        if any(field.name in {"person", "application", "session"} for field in model._meta.concrete_fields)
        and not hasattr(model.objects, "visible_to")
        and model.__name__ not in READ_THROUGH_THEIR_CASE
    ]
    assert without == []


def test_str_of_a_personal_model_is_its_code():
    from volunteers.models import Person  # noqa: PLC0415 - only here

    person = Person(family_name="Әбенов", given_name="Серік")
    assert "Әбенов" not in str(person)
    assert str(person).startswith("P-")


def test_no_template_has_inline_script_or_style():
    """But the one script that every page has (docs/decisions/0023)."""
    inline = re.compile(r"<script(?![^>]*\bsrc=)(?![^>]*application/(ld\+)?json)|\son\w+=\"|\sstyle=\"", re.IGNORECASE)
    one = '<script id="page-script">{% include "page.js" only %}</script>'
    found = [
        str(path.relative_to(settings.BASE_DIR))
        for app in FLOORS
        for path in (Path(settings.BASE_DIR) / app).rglob("templates/**/*.html")
        if "mail" not in path.parts and inline.search(path.read_text(encoding="utf-8").replace(one, ""))
    ]
    assert found == []


def test_eligibility_is_asked_of_clearance_alone():
    """Nothing but `volunteers.clearance` compares an approval's dates to decide whether somebody may come."""
    comparing = re.compile(r"approvals?__valid_|Approval\.objects\.filter\([^)]*valid_|approvals\.filter\([^)]*valid_")
    allowed = {
        "volunteers/filters_record.py",  # whose approval ends soon, for the list
        "volunteers/services/retention.py",  # who served lately keeps his name
        "volunteers/services/checks/judging.py",  # whom to suspend when one fails
        "volunteers/clearance/candidates.py",  # who may fit a filter; `judge` has the last word
    }
    found = {
        str(path.relative_to(settings.BASE_DIR))
        for app in FLOORS
        for path in (Path(settings.BASE_DIR) / app).rglob("*.py")
        if not {"migrations", "models"} & set(path.parts) and comparing.search(path.read_text(encoding="utf-8"))
    }
    assert found == allowed


def test_links_between_the_documents_lead_somewhere():
    link = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")
    base = Path(settings.BASE_DIR)
    dead = [
        f"{path.relative_to(base)}: {target}"
        for path in [*base.glob("*.md"), *base.glob("docs/**/*.md")]
        for target in link.findall(path.read_text(encoding="utf-8"))
        if not (path.parent / target).exists()
    ]
    assert dead == []


def test_every_test_that_the_rules_name_is_there():
    """docs/rules.md names for each rule the tests that show it, as `module::name`."""
    base = Path(settings.BASE_DIR)
    named = re.findall(r"`([\w/]+)::(\w+)`", (base / "docs/rules.md").read_text(encoding="utf-8"))
    missing = [
        f"{module}::{name}"
        for module, name in named
        if not re.search(rf"^ *def {name}\(", (base / f"tests/{module}.py").read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert missing == []
    assert len(named) > 60
