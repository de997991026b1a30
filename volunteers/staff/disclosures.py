"""A self-declaration, for the safeguarding lead: its answers, and the verdict on it."""

from __future__ import annotations

import json
from dataclasses import dataclass

from portal import access, audit, moves, step_up
from portal.staff import StaffDetail
from volunteers.forms.eligibility import in_current_language
from volunteers.forms.staff_checks import DoubtForm, FailForm, VerifyForm
from volunteers.models import Check, CheckType, SelfDisclosure
from volunteers.reference import disclosure_questions
from volunteers.services import checks
from volunteers.states import FAIL, MARK_INCONCLUSIVE, VERIFY

FORMS = {VERIFY.name: VerifyForm, MARK_INCONCLUSIVE.name: DoubtForm, FAIL.name: FailForm}


@dataclass
class Declared:
    """One declaration as it was signed: each question with yes or no, and the words that a yes came with."""

    disclosure: SelfDisclosure
    answers: list[tuple[str, bool, str]]


class Disclosure(StaffDetail):
    """The declarations of one record and the earlier ones of the same person, newest first; each look at each of them is in the log before the page is made."""

    permission = "application.sensitive"
    fresh_for = step_up.READING
    model = Check
    context_object_name = "check"
    template_name = "volunteers/staff/disclosure.html"

    def get_queryset(self):
        user = self.request.user
        here = access.within(user, "application.sensitive", district="person__district")
        rows = Check.objects.visible_to(user).filter(here, check_type__code=CheckType.DECLARATION)
        return rows.exclude(person__user=user).select_related("person__district", "check_type", "application")

    def get_context_data(self, **kwargs):
        check, user = self.object, self.request.user
        signed = SelfDisclosure.objects.filter(evidence_of__person=check.person)
        declared = [self._read(disclosure) for disclosure in signed]
        open_moves = moves.open_to([VERIFY, MARK_INCONCLUSIVE, FAIL], check, user)
        barred = checks.barred_from_verifying(check, user) if open_moves else []
        offered = [] if barred else open_moves
        return super().get_context_data(**kwargs) | {
            "declared": declared,
            "barred": barred,
            "forms": {move.name: FORMS[move.name](key=f"{move.name}-{check.uuid}", check=check) for move in offered},
        }

    def _read(self, disclosure: SelfDisclosure) -> Declared:
        audit.viewed(disclosure, "disclosure", self.request.user)
        answers = json.loads(disclosure.answers)
        return Declared(
            disclosure,
            [
                (in_current_language(question["text"]), answer["answer"] == "yes", answer.get("words", ""))
                for question in disclosure_questions()
                if (answer := answers.get(question["code"]))
            ],
        )
