"""What somebody has learnt: the quizzes of the modules that he reads alone, and a trainer's word on him."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Subquery
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal import audit
from portal.models import User
from portal.refusals import NotAllowed, Reason, Refused
from volunteers import clearance
from volunteers.models import Concern, Hold, Person, QuizAttempt, TrainingMeeting, TrainingModule, TrainingRecord
from volunteers.services import concerns, guards, holds

SAME_POST = timedelta(minutes=1)  # a form sent twice, not a second try
PASSED = TrainingRecord.Result.PASSED
TEXTS = ("html_kk", "html_ru", "html_en", "quiz")  # of a module, many pages each


@dataclass(frozen=True)
class Progress:
    """How somebody stands on the day `on` with a module to be read alone. `until` is the last day on which his pass
    counts."""

    module: TrainingModule
    on: date
    tried: bool
    passed_on: date | None = None

    @property
    def until(self) -> date | None:
        return self.passed_on and self.passed_on + timedelta(days=self.module.validity_days)

    @property
    def refresh_from(self) -> date | None:
        return self.until and self.until - timedelta(days=settings.PROGRAMME["renewal_window_days"])

    @property
    def counts(self) -> bool:
        return self.until is not None and self.on <= self.until

    @property
    def state(self) -> str:
        """One of `new`, `begun`, `passed` and `refresh` (it ends soon, or has ended)."""
        if self.passed_on is None:
            return "begun" if self.tried else "new"
        return "refresh" if self.on >= self.refresh_from else "passed"


class Trained(NamedTuple):
    """A trainer's: the day of the training, when it was written down, and whether the reading was done together."""

    module_id: int
    result: str
    held_on: date
    recorded_at: datetime
    in_person: bool


def progress_of(
    person: Person | None, on: date | None = None, words: Iterable[Trained] | None = None
) -> list[Progress]:
    """All modules to be read alone, in order, as of `on` (default today); with `person` None nobody's. The newest pass
    counts, by quiz or at a meeting; a trainer's word that one is to be repeated stands until the next pass. `words` are
    all about the person, where the caller has loaded them. The text and the quiz of a module are not loaded."""
    on, modules = on or timezone.localdate(), TrainingModule.objects.filter(check_type=None)
    if person is None:
        return [Progress(module=module, on=on, tried=False) for module in modules.defer(*TEXTS)]
    if words is None:
        words = map(Trained._make, person.training.values_list(*Trained._fields))
    attempts = QuizAttempt.objects.filter(person=person, module=OuterRef("pk"))
    newest = attempts.filter(passed=True).order_by("-at").values("at")[:1]
    modules = list(modules.defer(*TEXTS).annotate(tried=Exists(attempts), passed_at=Subquery(newest)))
    said = _said(words, together=[module.pk for module in modules if module.mandatory])
    found = []
    for module in modules:
        quiz = [(timezone.localdate(module.passed_at), module.passed_at, True)] if module.passed_at else []
        newest = max([*said[module.pk], *quiz], default=None)
        passed_on = newest[0] if newest and newest[2] else None
        found.append(Progress(module=module, on=on, tried=module.tried, passed_on=passed_on))
    return found


def _said(words: Iterable[Trained], together: list[int]) -> dict[int, list[tuple[date, datetime, bool]]]:
    """By module: the day, the moment it was written down, whether it is a pass."""
    said: dict[int, list[tuple[date, datetime, bool]]] = defaultdict(list)
    for word in words:
        passed = word.result == PASSED
        for module_id in [word.module_id, *(together if word.in_person and passed else [])]:
            said[module_id].append((word.held_on, word.recorded_at, passed))
    return said


def missing_modules(person: Person, on: date) -> list[TrainingModule]:
    """The modules needed before the first session whose pass does not count on the day `on`."""
    return [item.module for item in progress_of(person, on) if item.module.mandatory and not item.counts]


@transaction.atomic
def take_quiz(
    *, person: Person, module: TrainingModule, by: User, answers: list[int], now: datetime | None = None
) -> QuizAttempt:
    """Judges one try: `answers` are the numbers of the chosen answers, question by question, from 0. Passed at
    `PROGRAMME["quiz_pass_percent"]`. The same answers again within a minute are the same try. It meets no requirement:
    that is the trainer's record.

    Raises `NotAllowed` (`not_yours`, `not_a_trainee`) and `Refused` (`unanswered`: too few answers, or no such answer).
    """
    now = now or timezone.now()
    person = guards.lock_person(person.pk)
    if person.user_id != by.pk:
        raise NotAllowed(Reason("not_yours", _("Everybody answers for himself.")))
    if not Person.objects.learning().filter(pk=person.pk).exists():
        raise NotAllowed(Reason("not_a_trainee", _("Training is for applicants and mentors.")))
    chosen = _chosen(module, answers)
    if not chosen:
        raise Refused(Reason("unanswered", _("Please answer every question.")))
    last = QuizAttempt.objects.filter(person=person, module=module).first()
    if last and last.answers == answers and now - last.at < SAME_POST:
        return last
    right = sum(answer["right"] for answer in chosen)
    attempt = QuizAttempt.objects.create(
        person=person,
        module=module,
        answers=answers,
        right=right,
        questions=len(chosen),
        passed=right * 100 >= settings.PROGRAMME["quiz_pass_percent"] * len(chosen),
        at=now,
    )
    audit.record(person, "quiz", by, module=module.code, right=right, questions=len(chosen))
    return attempt


def _chosen(module: TrainingModule, answers: list[int]) -> list[dict]:
    """The answers with these numbers, one to a question; nothing where one is missing or unknown."""
    if len(answers) != len(module.quiz):
        return []
    offered = [dict(enumerate(question["answers"])) for question in module.quiz]
    chosen = [choices.get(answer) for choices, answer in zip(offered, answers, strict=True)]
    return [] if None in chosen else chosen


@transaction.atomic
def record_training(
    *,
    person: Person,
    module: TrainingModule,
    by: User,
    held_on: date,
    result: str,
    note: str = "",
    in_person: bool = False,
) -> None:
    """Writes a trainer's word; the newest one counts, so a failure ends what an earlier pass gave.

    A pass of the module that meets a requirement needs the mandatory modules passed by quiz, or `in_person`: they were
    gone through together. Raises `NotAllowed` (`own_training`, `administrator`, `not_yours`) and `Refused` with all of `held_in_future`,
    `note_missing` (where the result is no pass) and `modules_missing`.
    """
    person = guards.lock_person(person.pk)
    guards.demand_permission("training.record", person.reach, by, barred=barred_from_recording(person, by))
    reasons = wrong_with(person, module, held_on=held_on, result=result, note=note, in_person=in_person)
    if reasons:
        raise Refused(*reasons)
    write_record(person, module, by, held_on=held_on, result=result, note=note, in_person=in_person)


def barred_from_recording(person: Person, by: User) -> list[Reason]:
    """Why `by` may say nothing of this person's training: it is his own, or he runs the system."""
    own = [Reason("own_training", _("Nobody records his own training."))] if person.user_id == by.pk else []
    return own + guards.runs_the_system(by)


def wrong_with(
    person: Person, module: TrainingModule, *, held_on: date, result: str, note: str, in_person: bool
) -> list[Reason]:
    """Why this word cannot be written down: `held_in_future`, `note_missing`, `modules_missing`."""
    today, reasons = timezone.localdate(), []
    if held_on > today:
        reasons.append(Reason("held_in_future", _("The day of the training lies in the future.")))
    if result != PASSED and not note.strip():
        reasons.append(Reason("note_missing", _("Please write what has to be repeated.")))
    if result == PASSED and module.check_type_id and not in_person and (missing := missing_modules(person, today)):
        text = _("Modules that are not passed yet: %(modules)s.")
        reasons.append(Reason("modules_missing", text % {"modules": ", ".join(item.name for item in missing)}))
    return reasons


def write_record(
    person: Person,
    module: TrainingModule,
    by: User,
    *,
    held_on: date,
    result: str,
    note: str,
    in_person: bool,
    meeting: TrainingMeeting | None = None,
) -> None:
    """The record itself, and what follows from it. The caller has locked the person and asked `wrong_with`."""
    passed = result == PASSED
    TrainingRecord.objects.create(
        person=person,
        subject_id=person.user_id,
        module=module,
        held_on=held_on,
        result=result,
        note="" if passed else note.strip(),
        in_person=passed and in_person,
        meeting=meeting,
        recorded_by=by,
    )
    audit.record(person, "training", by, module=module.code, result=result)
    if not passed:
        clearance.changed(person)


@transaction.atomic
def suitability_remark(*, person: Person, by: User, text: str) -> None:
    """A trainer doubts whether somebody should work with children. The words go into the register of concerns, where the
    safeguarding lead alone reads them; every open case of the person rests until he has looked at it.

    Raises `NotAllowed` (`own_training`, `administrator`, `not_yours`) and `Refused` (`text_missing`).
    """
    person = guards.lock_person(person.pk)
    guards.demand_permission("training.record", person.reach, by, barred=barred_from_recording(person, by))
    cases = list(person.applications.open().order_by("pk"))
    concerns.raise_concern(
        person=person,
        by=by,
        level=Concern.Level.LOW,
        source=Concern.Source.TRAINER,
        text=text,
        application=cases[0] if cases else None,
    )
    for case in cases:
        holds.hold(application=case, by=None, reason=Hold.Reason.SUITABILITY)
