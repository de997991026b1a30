"""Every page by which somebody changes what is there already: of two who do it at once, neither loses what he wrote."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from events import forms as events_forms
from events.services.session_templates import template_from
from mentors import forms as mentors_forms
from portal import accounts
from portal.management.demo import builders
from portal.models import NonTeachingPeriod, Topic, User
from tests.editing import as_it_stands, form_that_edits
from tests.events.asking import make_request
from tests.events.builders import make_session
from tests.events.visits import attended
from tests.volunteers.cases import in_assessment
from tests.volunteers.drafts import ABOUT, draft, received
from tests.volunteers.test_meetings import held
from volunteers.forms import agreements, applicant, assisted, history, referee, staff, standing, training
from volunteers.models import Agreement, Application, ProgrammeRole
from volunteers.services import applications, information, supervision
from volunteers.services import assisted as typing_for_others

pytestmark = pytest.mark.django_db


class Page(NamedTuple):
    """`one` and `other` are different fields of the page, `first` and `second` the same, as two people type them; `action`
    is how the address of the form ends where the page has several, `always` what is sent each time."""

    user: User
    address: str
    first: dict
    second: dict
    one: dict | None = None
    other: dict | None = None
    action: str = ""
    always: dict = {}


def _account(cast) -> Page:
    return Page(
        cast.aigul,
        reverse("account_settings"),
        first={"last_name": "Сейітова"},
        second={"last_name": "Оспанова"},
        one={"last_name": "Сейітова"},
        other={"language": "en"},
    )


def _profile(cast) -> Page:
    topics = [str(pk) for pk in Topic.objects.order_by("pk").values_list("pk", flat=True)]
    return Page(
        cast.nurlan.user,
        reverse("my_profile"),
        first={"topics": topics[:1]},
        second={"topics": topics[1:3]},
        one={"topics": topics[:2]},
        other={"digest": "on"},
    )


def _limits(cast) -> Page:
    return Page(
        cast.nurlan.user,
        reverse("my_times"),
        first={"limits-max_km": "40"},
        second={"limits-max_km": "50"},
        one={"limits-max_km": "40"},
        other={"limits-travels_by": "car"},
    )


def _period(cast) -> Page:
    day = timezone.localdate() + timedelta(days=30)
    period = NonTeachingPeriod.objects.create(
        kind="holiday", first_day=day, last_day=day, district=cast.taraz, name_kk="Күн", name_ru="День", name_en="A day"
    )
    return Page(
        cast.aigul,
        reverse("staff_period", args=[period.pk]),
        first={"name_en": "Frost"},
        second={"name_en": "Flu"},
        one={"name_en": "Frost"},
        other={"last_day": (day + timedelta(days=1)).isoformat()},
    )


def _template(cast) -> Page:
    template = template_from(make_session(cast))
    template.title, template.created_by = "Phone and money", cast.aigul
    template.save()
    return Page(
        cast.aigul,
        reverse("staff_template", args=[template.uuid]),
        first={"notes_for_mentor": "Door 2\nask there"},
        second={"notes_for_mentor": "Door 3"},
        one={"notes_for_mentor": "Door 2"},
        other={"group_size": "12"},
    )


def _change(cast) -> Page:
    session = make_session(cast, calendar_reason="Agreed")
    return Page(
        cast.aigul,
        reverse("staff_session_change", args=[session.uuid]),
        first={"starts": "12:00", "ends": "12:45"},
        second={"starts": "11:00", "ends": "11:45"},
        one={"starts": "12:00", "ends": "12:45"},
        other={"notes_for_mentor": "Door 3"},
    )


def _adult(cast) -> Page:
    session = make_session(cast)
    return Page(
        cast.aigul,
        reverse("staff_session", args=[session.uuid]),
        first={"name": "А. Сейітова"},
        second={"name": "Г. Оспанова"},
        action="/adult/",
    )


def _request(cast) -> Page:
    asked = make_request(cast, "draft")
    return Page(
        cast.gulnara,
        reverse("school_request_edit", args=[asked.uuid]),
        first={"1-starts": "09:30"},
        second={"1-ends": "10:30"},
        one={"1-starts": "09:30"},
        other={"notes": "Room 5"},
        always={"then": "keep"},
    )


def _hours(cast) -> Page:
    return Page(
        cast.aigul,
        reverse("staff_visit", args=[attended(cast).uuid]),
        first={"minutes": "40"},
        second={"minutes": "30"},
        action="/hours/",
        always={"reason": "Mixed up"},
    )


def _attendance(cast) -> Page:
    return _hours(cast)._replace(
        first={"state": "no_show", "minutes": ""},
        action="/attendance/",
    )


def _step(name: str, **fields) -> Callable:
    return lambda cast: Page(cast.serik, reverse("apply_step", args=[draft(cast.serik).uuid, name]), **fields)


def _questions(cast) -> Page:
    case, asked = received(cast.serik), ("Where?", "When?")
    information.ask(application=case, by=cast.aigul, items=[{"step": "question", "text": text} for text in asked])
    given = {"answers": [{"asked": text, "answer": "As before"} for text in asked]}
    applications.save_draft(application=case, by=cast.serik, answers={"question": given})
    return Page(
        cast.serik,
        reverse("apply_step", args=[case.uuid, "question"]),
        first={"answer-1": "In Taraz"},
        second={"answer-1": "In Merke"},
        one={"answer-1": "In Taraz"},
        other={"answer-2": "In May"},
    )


def _changes(cast) -> Page:
    case = builders.make_application(cast.nurlan, "draft")
    Application.objects.filter(pk=case.pk).update(kind=Application.Kind.RENEWAL)
    return Page(
        cast.nurlan.user,
        reverse("apply_step", args=[case.uuid, "changes"]),
        first={"changes": "A new address"},
        second={"changes": "Nothing"},
    )


def _assisted(cast) -> Page:
    role = ProgrammeRole.objects.get(code="school_mentor")
    application = typing_for_others.start(by=cast.aigul, role=role, district=cast.taraz)
    about = {**ABOUT, "email": "", "phone": "+77015550011"}
    typing_for_others.save_draft(application=application, by=cast.aigul, answers={"about": about})
    return Page(
        cast.aigul,
        reverse("staff_assist_step", args=[application.uuid, "about"]),
        first={"given_name": "Ермек"},
        second={"given_name": "Ерлан"},
        one={"given_name": "Ермек"},
        other={"languages": ["kk"]},
    )


def _assess(cast) -> Page:
    request = builders.give_references(in_assessment(cast), cast.dana, timezone.localdate())[1]
    return Page(
        cast.dana,
        reverse("staff_reference", args=[request.uuid]),
        first={"result": "concern"},
        second={"result": "not_usable"},
        one={"result": "concern"},
        other={"called_back": "on"},
        action=f"{request.uuid}/assess/",
    )


def _opinion(cast) -> Page:
    renewal = builders.make_application(cast.nurlan, "assessment", owner=cast.aigul)
    Application.objects.filter(pk=renewal.pk).update(kind=Application.Kind.RENEWAL)
    supervision.give_opinion(application=renewal, by=cast.aigul, supports=True, text="He is patient.")
    return Page(
        cast.aigul,
        reverse("staff_opinion", args=[renewal.uuid]),
        first={"text": "He is calm."},
        second={"text": "He is late."},
        one={"text": "He is late."},
        other={"supports": "no"},
    )


def _meeting(cast) -> Page:
    meeting, (place, absent) = held(cast, cast.nurlan, cast.yerbol)
    return Page(
        cast.ivan,
        reverse("staff_meeting", args=[meeting.uuid]),
        first={f"result_{place.pk}": "repeat", f"note_{place.pk}": "The first part"},
        second={f"result_{place.pk}": "repeat", f"note_{place.pk}": "The second part"},
        always={f"result_{absent.pk}": "absent"},
    )


def _agreement(cast) -> Page:
    return Page(
        cast.dana,
        reverse("staff_agreement_new", args=[Agreement.objects.get(code="code_of_conduct").code]),
        first={"title_en": "How we behave"},
        second={"title_en": "How to behave"},
        always={"publish": "1"},
    )


PAGES = {
    accounts.AccountForm: _account,
    mentors_forms.ProfileForm: _profile,
    mentors_forms.LimitsForm: _limits,
    events_forms.PeriodForm: _period,
    events_forms.TemplateForm: _template,
    events_forms.ChangeForm: _change,
    events_forms.AdultForm: _adult,
    events_forms.RequestForm: _request,
    events_forms.CorrectionForm: _hours,
    events_forms.AttendanceCorrectionForm: _attendance,
    applicant.AboutForm: _step(
        "about",
        first={"given_name": "Ермек"},
        second={"given_name": "Ерлан"},
        one={"given_name": "Ермек"},
        other={"birth_date": "1955-03-18"},
    ),
    applicant.OrganisationForm: _step("organisation", first={"other": "The library"}, second={"other": "The museum"}),
    applicant.ExperienceForm: _step(
        "experience",
        first={"motivation": "One"},
        second={"motivation": "Two"},
        one={"motivation": "One"},
        other={"life_work": "Two"},
    ),
    history.HistoryForm: _step(
        "history",
        first={"1-organisation": "The railway"},
        second={"1-from": "02.1980"},
        one={"1-organisation": "The railway", "2-kind": "study", "2-organisation": "Taraz", "2-from": "01.1975"},
        other={"gaps_explained": "A long journey"},
    ),
    referee.RefereesForm: _step(
        "referees",
        first={"1-name": "One"},
        second={"1-name": "Two"},
        one={"1-name": "One"},
        other={"2-organisation": "Two"},
    ),
    applicant.QuestionsForm: _questions,
    applicant.ChangesForm: _changes,
    assisted.AssistAboutForm: _assisted,
    staff.AssessForm: _assess,
    standing.OpinionForm: _opinion,
    training.MeetingRecordForm: _meeting,
    agreements.VersionForm: _agreement,
}


class Reader:
    """One of the two: his browser, and the page as it is open in it."""

    def __init__(self, page: Page, client: Client):
        self.page, self.client = page, client
        self.form = form_that_edits(client.get(page.address).content.decode(), page.address, page.action)

    def sends(self, typed: dict) -> str:
        """The page that comes back, which is then the one he has open; nothing where it was saved."""
        response = self.client.post(self.form.url, as_it_stands(self.form, **{**typed, **self.page.always}))
        if response.status_code == 302:
            return ""
        html = response.content.decode()
        self.form = form_that_edits(html, self.form.url, self.page.action)
        return html


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


@pytest.fixture(params=PAGES, ids=lambda form: form.__name__)
def page(request, cast) -> Page:
    return PAGES[request.param](cast)


@pytest.fixture
def opened(page, sign_in) -> Callable[[], Reader]:
    return lambda: Reader(page, sign_in(page.user))


def stands(reader: Reader, typed: dict) -> dict:
    shown = as_it_stands(reader.form)
    return {name: shown[name] for name in typed}


def as_lists(typed: dict) -> dict:
    return {name: values if isinstance(values, list) else [values] for name, values in typed.items()}


def test_different_fields_are_both_kept(page, opened):
    if page.one is None:
        pytest.skip("the page has one thing to change")
    first, second = opened(), opened()
    assert first.sends(page.one) == ""
    assert second.sends(page.other) == ""
    assert stands(opened(), page.one | page.other) == as_lists(page.one | page.other)


def test_of_the_same_field_the_second_reads_both_and_decides(page, opened):
    first, second = opened(), opened()
    assert first.sends(page.first) == ""
    came_back = second.sends(page.second)
    assert "This was changed meanwhile. Now it is:" in came_back
    assert stands(second, page.second) == as_lists(page.second)  # what he typed is in the page
    if page.action not in {"/hours/", "/attendance/"}:  # of a visit that he missed no minutes stand
        assert stands(opened(), page.first) == as_lists(page.first)  # and nothing of it was saved
    assert second.sends({}) == ""
    assert stands(opened(), page.second) == as_lists(page.second)


def test_what_was_only_opened_and_sent_changes_nothing(page, opened):
    first, second = opened(), opened()
    assert first.sends(page.first) == ""
    before = as_it_stands(opened().form)
    second.sends({})
    assert as_it_stands(opened().form) == before
