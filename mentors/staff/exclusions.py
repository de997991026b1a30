"""What keeps a mentor from a school or from another mentor. Why is read by the safeguarding lead alone, and logged."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Q
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from mentors import services
from mentors.forms import MENTORS_SHOWN, ExclusionForm
from mentors.models import Exclusion
from portal import access
from portal.refusals import NotAllowed, Refused
from portal.staff import StaffAction, StaffDetail, StaffView
from volunteers.models import Person


class Exclusions(StaffView, View):
    """Those of one mentor, named from either side, and the form for a new one. Another mentor is searched for by name."""

    permission = "exclusion.manage"
    http_method_names = ["get", "head", "post"]

    @cached_property
    def person(self) -> Person:
        people = Person.objects.for_staff(self.request.user).select_related("district")
        return get_object_or_404(people, uuid=self.kwargs["uuid"])

    def get(self, request, uuid):
        return self._page(ExclusionForm(by=request.user, found=self._found()))

    def post(self, request, uuid):
        form = ExclusionForm(request.POST, by=request.user, found=self._found())
        if not form.is_valid():
            return self._page(form, status=422)
        try:
            services.add_exclusion(person=self.person, by=request.user, **form.cleaned_data)
        except NotAllowed:
            raise
        except Refused as refusal:
            for reason in refusal.reasons:
                form.add_error(None, reason.text)
            return self._page(form, status=422)
        messages.success(request, _("It holds from now on. Visits booked against it are cancelled."))
        return redirect("staff_exclusions", self.person.uuid)

    def _found(self):
        """Other mentors in reach with these words in their names; none without a word."""
        people = Person.objects.for_staff(self.request.user).filter(approvals__isnull=False).exclude(pk=self.person.pk)
        words = self._name().split()
        for word in words:
            people = people.filter(Q(family_name__icontains=word) | Q(given_name__icontains=word))
        found = people.values_list("pk", flat=True).distinct()[:MENTORS_SHOWN] if words else []
        return Person.objects.filter(pk__in=list(found)).order_by("family_name", "given_name", "pk")

    def _name(self) -> str:
        return (self.request.POST.get("name") or self.request.GET.get("name", ""))[:100]

    def _page(self, form: ExclusionForm, status: int = 200):
        rows = Exclusion.objects.visible_to(self.request.user).filter(Q(person=self.person) | Q(other=self.person))
        context = {
            "person": self.person,
            "exclusions": rows.select_related("person", "other", "school", "created_by", "ended_by"),
            "form": form,
            "name": self._name(),
            "reads_why": access.allows(self.request.user, "application.sensitive", self.person.reach),
        }
        return render(self.request, "mentors/staff/exclusions.html", context, status=status)


class ExclusionWhy(StaffDetail):
    permission = "application.sensitive"
    model = Exclusion
    sensitive = "exclusion_why"
    template_name = "mentors/staff/exclusion.html"
    context_object_name = "exclusion"

    def get_queryset(self):
        here = access.within(self.request.user, "application.sensitive", district="person__district")
        return super().get_queryset().filter(here).select_related("person", "other", "school", "created_by")


class ExclusionEnd(StaffAction):
    permission = "exclusion.manage"
    model = Exclusion
    service = staticmethod(services.end_exclusion)
    noun, done = "exclusion", gettext_lazy("It holds no longer.")

    def page(self, record):
        return reverse("staff_exclusions", args=[record.person.uuid])
