"""Which forms merge: all that are filled in with what stands already, each of them tried on its page; and what is special."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django import forms
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from events import forms as events_forms
from events.models import SchoolSession
from mentors import forms as mentors_forms
from portal.merging import Merging
from tests.editing import MARK, as_it_stands, form_that_edits
from tests.test_editing import PAGES, Reader, as_lists, in_english, stands  # noqa: F401 - a fixture
from tests.volunteers.drafts import draft
from volunteers.forms import agreements, applicant, history, policies, staff
from volunteers.models import AgreementVersion, CheckType, ProgrammeRole
from volunteers.services import policies as rules

pytestmark = pytest.mark.django_db

WITHOUT_A_PAGE = {
    applicant.StepForm,  # what the steps share
    applicant.ConsentsForm,  # carries no marks: nobody's tick is taken over
    policies.PolicyForm,  # below: what it begins with is changed by two people only
}


def everything_below(form: type) -> set[type]:
    return {one for child in form.__subclasses__() for one in {child, *everything_below(child)}}


def test_every_form_that_merges_is_tried_on_its_page():
    ours = {form for form in everything_below(Merging) if not form.__module__.startswith("tests.")}
    assert ours == {*PAGES} | WITHOUT_A_PAGE


NOT_MERGED = {
    "ArrivalForm", "ConcernForm", "InterestForm", "InvitationForm", "LimitedForm",  # something new
    "PlanForm", "SeriesForm", "SessionForm",
    "ProvideForm", "VerifyForm",  # moves of a check, which lock it and are written down one by one
    "SecondChoiceForm",  # one choice of his own: the later one counts
    "ColumnsForm",  # of a list that one person brings in: nobody else may
}  # fmt: skip
FLOORS = ["portal", "volunteers", "mentors", "events"]


def modules() -> Iterator[tuple[str, ast.Module]]:
    for floor in FLOORS:
        for path in (Path(settings.BASE_DIR) / floor).rglob("*.py"):
            if not {"migrations", "management"} & set(path.parts):
                name = ".".join(path.relative_to(settings.BASE_DIR).with_suffix("").parts)
                yield name.removesuffix(".__init__"), ast.parse(path.read_text(encoding="utf-8"))


def gives_initial(call: ast.Call) -> bool:
    """`initial=…`, or `kwargs.setdefault("initial", …)`."""
    first = call.args[0].value if call.args and isinstance(call.args[0], ast.Constant) else None
    return first == "initial" or any(keyword.arg in {"initial", "instance"} for keyword in call.keywords)


def filled_in_by(module: str, tree: ast.Module) -> set[type]:
    """The forms to which the module gives values that stand already."""
    names = {
        node.func.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and gives_initial(node)
    }
    for owner in [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]:
        inner = list(ast.walk(owner))
        if any(isinstance(node, ast.FunctionDef) and node.name == "get_initial" for node in inner):
            names |= {getattr(getattr(importlib.import_module(module), owner.name).form_class, "__name__", "")}
        of_itself = [node for node in inner if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
        if any(node.func.attr in {"__init__", "setdefault"} and gives_initial(node) for node in of_itself):
            names.add(owner.name)
    found = (getattr(importlib.import_module(module), name, None) for name in names)
    return {one for one in found if isinstance(one, type) and issubclass(one, forms.BaseForm)}


def test_a_form_that_is_filled_in_with_what_stands_merges():
    found = set().union(*(filled_in_by(module, tree) for module, tree in modules()))
    assert {staff.AssessForm, mentors_forms.LimitsForm, events_forms.AdultForm} <= found  # the search finds them
    assert {form.__name__ for form in found if not issubclass(form, Merging)} <= NOT_MERGED


def test_a_form_of_a_model_merges():
    ours = [form for form in everything_below(forms.ModelForm) if form.__module__.split(".")[0] in FLOORS]
    assert events_forms.PeriodForm in ours
    assert {form.__name__ for form in ours if not issubclass(form, Merging)} <= NOT_MERGED


def test_a_policy_that_was_published_meanwhile_is_not_undone(cast, sign_in):
    """The draft begins with the newest version: what that is has to be two people's word."""
    role = ProgrammeRole.objects.get(code="school_mentor")
    address, day = reverse("staff_policy_draft", args=[role.code]), timezone.localdate() + timedelta(days=30)
    dana = sign_in(cast.dana)
    form = form_that_edits(dana.get(address).content.decode(), address)
    stages = {item.check_type: item.stage for item in rules.newest(role).requirements.select_related("check_type")}
    medical = CheckType.objects.get(code="medical")
    policy = rules.draft(
        role=role, by=cast.dana, effective_from=day - timedelta(days=9), requirements=stages | {medical: "approval"}
    )
    rules.publish(policy=policy, by=cast.marat)
    sent = as_it_stands(form, effective_from=day.isoformat(), references="")
    conflict = dana.post(address, sent | {"medical": ["onboarding"]})
    assert set(conflict.context["form"].errors) == {"medical"}
    assert dana.post(address, sent).status_code == 302
    stages = dict(rules.open_draft(role).requirements.values_list("check_type__code", "stage"))
    assert (stages["medical"], "references" in stages) == ("approval", False)


def test_a_row_that_was_added_meanwhile_stays(cast, sign_in):
    """Steps with rows: there are more of them now than the page had."""
    page = PAGES[history.HistoryForm](cast)
    first, second, third = (Reader(page, sign_in(page.user)) for _reader in range(3))
    more = {"more": "1", "1-organisation": "The railway"}
    grown = first.client.post(page.address, as_it_stands(first.form, **more)).content.decode()
    first.form = form_that_edits(grown, page.address)
    row = {"kind": "study", "organisation": "Taraz", "from": "01.1970", "to": "06.1975"}
    assert first.sends({f"3-{name}": value for name, value in row.items()}) == ""
    assert second.sends({"gaps_explained": "A long journey"}) == ""
    assert "Now it is: The railway" in third.sends({"1-organisation": "The forest"})
    expected = {"1-organisation": "The railway", "gaps_explained": "A long journey"}
    expected |= {f"2-{name}": value for name, value in row.items()}  # the empty one between is gone
    assert stands(Reader(page, sign_in(page.user)), expected) == as_lists(expected)


def test_nobodys_consent_is_taken_over(cast, sign_in):
    application = draft(cast.serik)
    address = reverse("apply_step", args=[application.uuid, "consents"])
    assert MARK not in sign_in(cast.serik).get(address).content.decode()


def test_of_a_moved_session_the_other_values_are_still_changed(cast, sign_in):
    """Alone, and with those that follow: the version that was on the screen is no obstacle where nobody's word is lost."""
    page = PAGES[events_forms.ChangeForm](cast)
    first, second, third = (Reader(page, sign_in(page.user)) for _reader in range(3))
    assert first.sends(page.first) == ""
    assert second.sends({"group_size": "12"}) == ""
    session = SchoolSession.objects.get()
    assert (session.group_size, timezone.localtime(session.starts_at).hour, session.version) == (12, 12, 2)
    came_back = third.sends(page.second)
    assert "Now it is: 12:00." in came_back and "Now it is: 12:45." in came_back
    session.refresh_from_db()
    assert session.version == 2


def test_the_page_costs_no_query_more_for_what_was_not_touched(cast, sign_in):
    page = PAGES[events_forms.TemplateForm](cast)
    reader = Reader(page, sign_in(page.user))
    sent = as_it_stands(reader.form)
    without = {name: values for name, values in sent.items() if name != MARK}
    costs = []
    for data in (without, sent):
        with CaptureQueriesContext(connection) as queries:
            assert reader.client.post(page.address, data).status_code == 302
        costs.append(len(queries))
    assert costs[0] == costs[1]


def test_a_text_that_was_published_meanwhile_is_asked_about_in_every_difference(cast, sign_in):
    page = PAGES[agreements.VersionForm](cast)
    assert (
        Reader(page, sign_in(page.user)).sends({}) == ""
    )  # the words of the first version were not typed in a browser
    first, second = (Reader(page, sign_in(page.user)) for _reader in range(2))
    assert first.sends({"title_ru": "Как мы себя ведём"}) == ""
    day = (timezone.localdate() + timedelta(days=20)).isoformat()
    came_back = second.sends({"html_en": "<p>Other words.</p>", "valid_from": day})
    assert came_back.count("This was changed meanwhile.") == 4  # at two fields, and above the form
    assert second.sends({"title_ru": "Как мы себя ведём"}) == ""
    newest = AgreementVersion.objects.get(number=4)
    assert (newest.title_ru, newest.html_en) == ("Как мы себя ведём", "<p>Other words.</p>")
