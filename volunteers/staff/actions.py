"""What is pressed on the page of a case: one view for each move, form → service → message → page."""

from __future__ import annotations

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from portal import moves
from portal.staff import StaffAction
from volunteers.forms import case as case_forms
from volunteers.models import Application
from volunteers.services import cases as owning
from volunteers.services import conflicts, decisions, holds, information
from volunteers.staff import case
from volunteers.staff.case import cases
from volunteers.states import ASK, PROPOSE_DECLINE

PROPOSED = _("Proposed: a safeguarding lead confirms it or sends it back.")


class CaseAction(StaffAction):
    """A move of a case. A form with errors shows the page of the case again, with status 422."""

    model = Application
    noun = "application"
    key = ""

    def record(self):
        return get_object_or_404(cases(self.request.user), uuid=self.kwargs["uuid"])

    def get_form(self, record):
        return self.form_class(self.request.POST, application=record, key=self.key)

    def form_invalid(self, record, form):
        return case.page(self.request, record, {self.key: form}, status=422)

    def page(self, record):
        return reverse("staff_application", args=[record.uuid])


class OwnPage(CaseAction):
    """An act whose form has a page of its own, at the address of the act. From there, whoever may not do it today is led
    to the page of the case. One that is no `move` says who works on the case."""

    move: moves.Move | None = None
    title = ""
    css = "btn"

    def get(self, request, *args, **kwargs):
        record = self.record()
        if not self.is_open(record):
            return redirect(self.page(record))
        return self.show(record, self.form_class(application=record, key=self.key))

    def is_open(self, record) -> bool:
        if self.move:
            return bool(moves.open_to([self.move], record, self.request.user))
        return case.may_name(record, self.request.user)

    def form_invalid(self, record, form):
        return self.show(record, form, status=422)

    def show(self, record, form, status=200):
        context = {"application": record, "form": form, "title": self.title, "key": self.key, "css": self.css}
        return TemplateResponse(self.request, "volunteers/staff/case_form.html", context, status=status)


class Accept(CaseAction):
    permission = "application.accept"
    form_class = case_forms.AcceptForm
    key = "accept"
    done = _("Accepted: the checks were asked for and the referees got their letters.")
    service = staticmethod(decisions.accept)


class NameInterviewer(OwnPage):
    permission = "application.accept"
    title = _("Name the interviewer")
    form_class = case_forms.InterviewerForm
    key = "interviewer"
    done = _("The interviewer now sees the case.")
    service = staticmethod(decisions.name_interviewer)


class Take(CaseAction):
    permission = "application.accept"
    done = _("The case is yours.")
    service = staticmethod(owning.take)


class HandOver(OwnPage):
    permission = "application.accept"
    title = _("Hand over to a colleague")
    form_class = case_forms.HandOverForm
    key = "owner"
    done = _("The case was handed over.")
    service = staticmethod(owning.hand_over)


class DeclareConflict(CaseAction):
    """Afterwards the case is out of sight, so the way leads to the queue."""

    permission = "application.assigned"
    form_class = case_forms.ConflictForm
    key = "conflict"
    done = _("Thank you. A colleague goes on with this case; you do not see it any more.")
    service = staticmethod(conflicts.declare)

    def post(self, request, *args, **kwargs):
        self.left = True
        return super().post(request, *args, **kwargs)

    def page(self, record):
        return reverse("staff_applications") if getattr(self, "left", False) else super().page(record)


class Ask(OwnPage):
    permission = "application.ask"
    form_class = case_forms.AskForm
    move = ASK
    key = ASK.name
    title = ASK.label
    done = _("Asked. The applicant got a letter, and only these parts are open to him.")
    service = staticmethod(information.ask)


class Hold(CaseAction):
    permission = "application.hold"
    form_class = case_forms.HoldForm
    key = "hold"
    done = _("The case is on hold.")
    service = staticmethod(holds.hold)


class Release(CaseAction):
    permission = "application.release"
    form_class = case_forms.ReleaseForm
    key = "release"

    def act(self, record, data):
        hold = get_object_or_404(record.holds, released_at=None)
        released = holds.release(hold=hold, by=self.request.user, **data)
        proposed = _("Proposed. The case stays on hold until another safeguarding lead confirms.")
        messages.success(self.request, _("The case goes on where it was.") if released else proposed)


class Ready(CaseAction):
    permission = "application.ready"
    done = _("All checks are in: the case is ready for a proposal.")
    service = staticmethod(decisions.ready)


class Propose(CaseAction):
    permission = "application.propose"
    form_class = case_forms.ProposeForm
    key = "propose"
    done = PROPOSED
    service = staticmethod(decisions.propose)


class ProposeDecline(OwnPage):
    permission = "application.propose"
    form_class = case_forms.ProposeDeclineForm
    move = PROPOSE_DECLINE
    key = PROPOSE_DECLINE.name
    title = PROPOSE_DECLINE.label
    css = "btn danger"
    done = PROPOSED
    service = staticmethod(decisions.propose_decline)


class ProposeDefer(Propose):
    form_class = case_forms.ProposeDeferForm
    key = "propose_defer"
    service = staticmethod(decisions.propose_defer)


class Confirm(CaseAction):
    permission = "application.confirm"
    form_class = case_forms.ConfirmForm
    key = "confirm"
    done = _("Approved. The applicant got a letter with what is left before the first session.")
    service = staticmethod(decisions.confirm)


class ConfirmDecline(Confirm):
    key = "confirm_decline"
    done = _("Confirmed. The letter leaves in a few minutes; until then it can be stopped.")
    service = staticmethod(decisions.confirm_decline)


class DeclineAtOnce(ConfirmDecline):
    key = "decline_at_once"
    service = staticmethod(decisions.decline_at_once)


class ConfirmDefer(ConfirmDecline):
    key = "confirm_defer"
    service = staticmethod(decisions.confirm_defer)


class SendBack(CaseAction):
    permission = "application.send_back"
    form_class = case_forms.SendBackForm
    key = "send_back"
    done = _("Sent back. The proposer got a letter.")
    service = staticmethod(decisions.send_back)


class Decline(CaseAction):
    permission = "application.close"
    form_class = case_forms.CloseForm
    key = "decline"
    done = ConfirmDecline.done
    service = staticmethod(decisions.decline)


class Reconsider(Decline):
    key = "reconsider"
    done = _("The notice is dropped: the case is ready for another proposal.")
    service = staticmethod(decisions.reconsider)
