"""Training as the one who learns meets it: the modules to read, their quizzes, the meetings to come to."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views import View

from portal import access
from volunteers.forms.training import QuizForm
from volunteers.models import Person, QuizAttempt, TrainingMeeting, TrainingModule, TrainingPlace
from volunteers.services import agreements, meetings, training

MEETINGS_SHOWN = 30


class _Learning(View):
    """For applicants and mentors; with `staff_reads` those who work here may read along."""

    http_method_names = ["get", "head", "post"]
    staff_reads = False

    def dispatch(self, request, *args, **kwargs):
        self.person = Person.objects.learning().filter(user=request.user).select_related("district").first()
        if self.person is None and not (self.staff_reads and access.is_staff(request.user)):
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    @cached_property
    def module(self) -> TrainingModule:
        return get_object_or_404(TrainingModule, code=self.kwargs["code"], check_type=None)


class MyTraining(_Learning):
    staff_reads = True

    def get(self, request):
        progress = training.progress_of(self.person)
        mandatory = [item for item in progress if item.module.mandatory]
        context = {
            "person": self.person,
            "progress": progress,
            "needed": len(mandatory),
            "counting": sum(item.counts for item in mandatory),
            **self._meetings(),
            "texts": self._texts(),
        }
        return TemplateResponse(request, "volunteers/training.html", context)

    def _meetings(self) -> dict:
        """Those he comes to, and the next ones that he may come to, of his own district first."""
        if self.person is None:
            return {}
        now = timezone.now()
        places = self.person.training_places.holding().filter(meeting__in=TrainingMeeting.objects.coming(now))
        mine = list(places.select_related("meeting__module", "meeting__district").order_by("meeting__starts_at"))
        others = TrainingMeeting.objects.coming(now).exclude(pk__in=[place.meeting_id for place in mine])
        others = list(others.with_taken().select_related("module", "district")[:MEETINGS_SHOWN])
        others.sort(key=lambda meeting: meeting.district_id != self.person.district_id)
        offered = [(meeting, meetings.why_no_place(meeting, meeting.taken, now)) for meeting in others]
        records = self.person.training.filter(module__check_type__isnull=False).select_related("module")
        return {"places": mine, "offered": offered, "induction": records.first()}

    def _texts(self) -> list[tuple]:
        """For a mentor: the texts that he may read and accept here, each with the day of his last acceptance."""
        if self.person is None or not self.person.approvals.exists():
            return []
        accepted = {}
        for row in self.person.acceptances.standing().select_related("version__agreement").order_by("at"):
            accepted[row.version.agreement.code] = row.at
        codes = [*sorted(agreements.demanded_codes()), agreements.MENTOR_AGREEMENT]
        versions = [agreements.version_to_read(self.person, code) for code in codes]
        return [(item, accepted.get(item.agreement.code)) for item in versions if item]


class MyModule(_Learning):
    staff_reads = True

    def get(self, request, code):
        item = next(item for item in training.progress_of(self.person) if item.module.pk == self.module.pk)
        context = {"person": self.person, "item": item, "module": item.module}
        return TemplateResponse(request, "volunteers/module.html", context)


class MyQuiz(_Learning):
    """Ten questions on one page, in the order of the module, and so are their answers."""

    def get(self, request, code):
        return self._page(QuizForm(module=self._quizzed))

    def post(self, request, code):
        form = QuizForm(request.POST, module=self._quizzed)
        if not form.is_valid():
            return self._page(form, status=422)
        training.take_quiz(person=self.person, module=self.module, by=request.user, answers=form.answers)
        return redirect("my_quiz_result", code)

    @property
    def _quizzed(self) -> TrainingModule:
        if not self.module.quiz:
            raise Http404
        return self.module

    def _page(self, form: QuizForm, status: int = 200) -> TemplateResponse:
        return TemplateResponse(
            self.request, "volunteers/quiz.html", {"module": self.module, "form": form}, status=status
        )


class MyQuizResult(_Learning):
    """His last try: the score, and to each question his answer, whether it is right, and why."""

    def get(self, request, code):
        attempt = QuizAttempt.objects.filter(person=self.person, module=self.module).first()
        if attempt is None:
            return redirect("my_quiz", code)
        context = {"module": self.module, "attempt": attempt, "questions": self._explained(attempt)}
        return TemplateResponse(request, "volunteers/quiz_result.html", context)

    def _explained(self, attempt: QuizAttempt) -> list[dict]:
        """Nothing where the quiz has other questions by now."""
        if attempt.questions != len(self.module.quiz):
            return []
        language = get_language()
        return [
            {
                "text": question["text"][language],
                "right": question["answers"][chosen]["right"],
                "answers": [
                    {
                        "text": answer["text"][language],
                        "why": answer["why"][language],
                        "right": answer["right"],
                        "chosen": number == chosen,
                    }
                    for number, answer in enumerate(question["answers"])
                ],
            }
            for question, chosen in zip(self.module.quiz, attempt.answers, strict=True)
        ]


class _Place(_Learning):
    """A step by POST; who comes by GET, say after signing in again, is led to the list."""

    def get(self, request, uuid):
        return redirect("my_training")

    def post(self, request, uuid):
        self.act(get_object_or_404(TrainingMeeting, uuid=uuid))
        return redirect("my_training")


class TakePlace(_Place):
    def act(self, meeting: TrainingMeeting) -> None:
        meetings.take_place(meeting=meeting, by=self.request.user)
        messages.success(self.request, _("A place is kept for you. A letter with the details is on its way."))


class GiveUpPlace(_Place):
    def act(self, meeting: TrainingMeeting) -> None:
        get_object_or_404(TrainingPlace, meeting=meeting, person=self.person, given_up_at=None)
        meetings.give_up_place(meeting=meeting, by=self.request.user)
        messages.success(self.request, _("Your place is free again."))
