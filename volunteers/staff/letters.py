"""The letters of a case: all of them on a page of their own, and the one that waits stopped or sent after all."""

from __future__ import annotations

from dataclasses import dataclass

from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from portal.models import OutgoingMessage
from portal.staff import StaffDetail
from volunteers.models import Application
from volunteers.services import correspondence
from volunteers.staff.actions import CaseAction
from volunteers.staff.case import cases_in_reach

AT_MOST = 30


@dataclass(frozen=True)
class LetterRow:
    """A letter about the case. The words of one that holds a code or a link are nobody's but the reader's."""

    message: OutgoingMessage
    text: str
    may_stop: bool
    may_resume: bool


def letters_about(application: Application) -> list[LetterRow]:
    """The newest `AT_MOST`, without the address."""
    return [
        LetterRow(
            message=message,
            text="" if message.is_secret else message.text,
            may_stop=correspondence.may_stop(message),
            may_resume=correspondence.may_resume(message, application),
        )
        for message in OutgoingMessage.objects.filter(about=application.code).order_by("-pk")[:AT_MOST]
    ]


class Letters(StaffDetail):
    permission = "application.view"
    model = Application
    template_name = "volunteers/staff/letters.html"

    def get_queryset(self):
        return cases_in_reach(self.request.user, self.permission)

    def get_context_data(self, **kwargs):
        return super().get_context_data(**kwargs) | {"rows": letters_about(self.object)}


class StopLetter(CaseAction):
    """A letter of the case that still waits."""

    permission = correspondence.STOP
    done = _("The letter does not leave.")
    service = staticmethod(correspondence.stop)

    def act(self, record, data):
        letter = get_object_or_404(OutgoingMessage, about=record.code, uuid=self.kwargs["letter"])
        super().act(record, {"message": letter})

    def page(self, record):
        return reverse("staff_application_letters", args=[record.uuid])


class ResumeLetter(StopLetter):
    done = _("The letter leaves now.")
    service = staticmethod(correspondence.resume)
