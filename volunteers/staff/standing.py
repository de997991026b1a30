"""Staff's acts on somebody who serves: a stand-in for the supervisor, an exit, the supervisor's word on a renewal."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views import View

from portal import access
from portal.staff import StaffAction, StaffDetail, StaffView
from volunteers.forms.standing import CoverForm, ExitForm, OpinionForm
from volunteers.models import Application, ExitRecord, SupervisorAssignment
from volunteers.services import guards, leaving, supervision
from volunteers.staff.people import PersonAction


class AssignCover(PersonAction):
    permission = "supervisor.assign"
    form_class = CoverForm
    key = "cover"
    done = _("The stand-in is named.")
    service = staticmethod(supervision.assign_cover)

    def get_form(self, record):
        return self.form_class(self.request.POST, person=record, key=self.key)


class EndCover(StaffAction):
    """The stand-in is named in the address by the mentor and his own account: nobody stands in twice at a time."""

    permission = "supervisor.assign"
    model = SupervisorAssignment

    def record(self):
        rows = SupervisorAssignment.objects.visible_to(self.request.user).exclude(person__user=self.request.user)
        covers = rows.filter(person__uuid=self.kwargs["uuid"]).exclude(cover_for=None).select_related("person")
        return get_object_or_404(covers, pk=self.kwargs["pk"])

    def act(self, record, data):
        supervision.end_cover(assignment=record, by=self.request.user)
        messages.success(self.request, _("The stand-in is over."))

    def page(self, record):
        return reverse("staff_person", args=[record.person.uuid])


class RecordExit(PersonAction):
    permission = "standing.exit"
    form_class = ExitForm
    key = "exit"
    done = _("The exit is recorded. Agreed visits are cancelled, open applications withdrawn.")
    service = staticmethod(leaving.leave)


class ExitNote(StaffDetail):
    """The internal note of an exit, for the safeguarding lead; each reading is in the log."""

    permission = "application.sensitive"
    sensitive = "exit_note"
    model = ExitRecord
    context_object_name = "record"
    template_name = "volunteers/staff/exit_note.html"

    def get_queryset(self):
        here = access.within(self.request.user, self.permission, district="person__district")
        rows = super().get_queryset().filter(here).exclude(person__user=self.request.user)
        return rows.select_related("person", "recorded_by")


@method_decorator(transaction.atomic, name="post")
class Opinion(StaffView, View):
    """What the supervisor says of a mentor whose term is renewed: his own mentors only, and only while it is asked."""

    permission = "supervision.view"
    http_method_names = ["get", "head", "post"]

    def dispatch(self, request, *args, **kwargs):
        rows = Application.objects.filter(kind=Application.Kind.RENEWAL, state__in=supervision.OPINION_ASKED)
        self.application = get_object_or_404(rows.select_related("person", "role"), uuid=kwargs["uuid"])
        if not supervision.supervises(request.user, self.application.person):
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def get(self, request, uuid):
        return self._page(self._form())

    def post(self, request, uuid):
        guards.lock_person(self.application.person_id)  # what stands now stands until it is saved
        self.application.refresh_from_db()
        form = self._form(request.POST)
        if not form.is_valid():
            return self._page(form, status=422)
        supervision.give_opinion(application=self.application, by=request.user, **form.cleaned_data)
        messages.success(request, _("Thank you. It is written down."))
        return redirect("staff_supervision")

    def _form(self, data=None) -> OpinionForm:
        """With what he has said himself; another's word is not told."""
        asked = self.application
        own = {"supports": "yes" if asked.supports_renewal else "no", "text": asked.opinion}
        return OpinionForm(data, of=asked, initial=own if asked.opinion_by_id == self.request.user.pk else {})

    def _page(self, form: OpinionForm, status: int = 200):
        context = {"application": self.application, "form": form}
        return render(self.request, "volunteers/staff/opinion_write.html", context, status=status)
