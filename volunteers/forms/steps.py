"""Which form fills in which step of an application, whoever types."""

from __future__ import annotations

from volunteers.forms.applicant import (
    AboutForm,
    ChangesForm,
    ConsentsForm,
    ExperienceForm,
    OrganisationForm,
    QuestionsForm,
    StepForm,
)
from volunteers.forms.history import HistoryForm
from volunteers.forms.referee import RefereesForm
from volunteers.services import answers

FORMS: dict[str, type[StepForm]] = {
    "about": AboutForm,
    "changes": ChangesForm,
    "organisation": OrganisationForm,
    "experience": ExperienceForm,
    "history": HistoryForm,
    "referees": RefereesForm,
    "consents": ConsentsForm,
    answers.QUESTION: QuestionsForm,
}
