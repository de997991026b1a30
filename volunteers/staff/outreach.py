"""Invitations by name, and people who ask to be called back."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import F
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.generic import ListView, View

from portal.staff import NearestPage, StaffAction, StaffView
from volunteers.forms.outreach import InvitationForm
from volunteers.models import Interest, Invitation
from volunteers.services import outreach


class InvitationList(NearestPage, StaffView, ListView):
    """Whom one's districts have invited, and the form for the next one."""

    permission = "invitation.send"
    paginate_by = 25
    template_name = "volunteers/staff/invitations.html"

    def get_queryset(self):
        rows = Invitation.objects.visible_to(self.request.user)
        return rows.select_related("role", "district", "organisation", "sent_by").order_by(
            "-is_waiting", "-sent_at", "-pk"
        )

    def get_context_data(self, *, form=None, **kwargs):
        context = super().get_context_data(**kwargs)
        blank = InvitationForm(user=self.request.user, initial={"language": self.request.user.language})
        waiting = self.get_queryset().filter(is_waiting=True).count()
        return context | {"form": form or blank, "now": timezone.now(), "waiting": waiting}

    def post(self, request):
        form = InvitationForm(request.POST, user=request.user)
        if not form.is_valid():
            self.object_list = self.get_queryset()
            return self.render_to_response(self.get_context_data(form=form), status=422)
        outreach.invite(by=request.user, **form.cleaned_data)
        messages.success(request, _("The invitation is on its way."))
        return redirect("staff_invitations")


class SendWaiting(StaffView, View):
    """Invitations that a list brought in leave, a hundred at a time."""

    permission = "invitation.send"
    http_method_names = ["get", "head", "post"]

    def get(self, request):
        return redirect("staff_invitations")

    def post(self, request):
        if sent := outreach.send_waiting(by=request.user):
            messages.success(request, _("Invitations on their way: %(number)s.") % {"number": sent})
        return redirect("staff_invitations")


class InviteAgain(StaffAction):
    permission = "invitation.send"
    model = Invitation

    def act(self, record, data):
        outreach.invite_again(invitation=record, by=self.request.user)
        first = _("The invitation is on its way.")
        again = _("A new link is on its way. The former one no longer works.")
        messages.success(self.request, first if record.is_waiting else again)

    def page(self, record):
        return reverse("staff_invitations")


class InterestList(NearestPage, StaffView, ListView):
    """Who waits for a call, the longest first; those who were called stand below until they are erased."""

    permission = "interest.view"
    paginate_by = 25
    template_name = "volunteers/staff/interests.html"

    def get_queryset(self):
        rows = Interest.objects.visible_to(self.request.user).select_related("role", "district", "called_by")
        return rows.order_by(F("called_at").desc(nulls_first=True), "created_at")


class Called(StaffAction):
    permission = "interest.view"
    model = Interest
    noun = "interest"
    done = _("Noted.")
    service = staticmethod(outreach.mark_called)

    def page(self, record):
        return reverse("staff_interests")
