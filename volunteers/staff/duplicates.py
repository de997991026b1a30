"""Two records that may be one person, side by side, for the safeguarding lead; joining their accounts."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView

from portal import access, audit, step_up
from portal.models import User
from portal.staff import StaffView
from volunteers.forms.safeguarding import MergeForm
from volunteers.iin import masked
from volunteers.models import Application, Person
from volunteers.querysets import tied
from volunteers.services import people, screening


class Duplicate(StaffView, FormView):
    """Only for a pair that the portal itself suspects; the look is logged for both. Of answers that were not sent
    nothing is shown."""

    permission = "person.merge"
    fresh_for = step_up.READING
    form_class = MergeForm
    template_name = "volunteers/staff/duplicate.html"

    @cached_property
    def pair(self) -> tuple[Application, Person]:
        """The application that raised the question, and the person who was known before; he may be one who never
        confirmed his contact, for a mistyped address, and whom no other page shows."""
        user = self.request.user
        here = access.within(user, self.permission, district="district") & ~tied(Person, user, "pk")
        in_reach = Person.objects.filter(here).exclude(user=user)
        known = get_object_or_404(in_reach.select_related("user", "district"), uuid=self.kwargs["other"])
        cases = Application.objects.select_related("person__user", "person__district").exclude(
            person__user=self.request.user
        )
        application = get_object_or_404(cases, uuid=self.kwargs["uuid"])
        if not people.suspected(application, known):
            raise Http404
        return application, known

    def get_context_data(self, **kwargs):
        application, known = self.pair
        for person in (application.person, known):
            audit.viewed(person, "duplicate", self.request.user)
        context = super().get_context_data(**kwargs)
        return context | {
            "application": application,
            "records": [_record(known), _record(application.person)],
            "against": people.against_merging(known, application.person),
        }

    def form_invalid(self, form):
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def form_valid(self, form):
        application, known = self.pair
        people.merge(kept=known, duplicate=application.person, by=self.request.user, **form.cleaned_data)
        messages.success(self.request, _("The two accounts are one now. Both addresses got a letter."))
        if Person.objects.visible_to(self.request.user).filter(pk=known.pk).exists():
            return redirect("staff_person", known.uuid)
        return redirect("staff_lead")


def _record(person: Person) -> dict:
    """What is known of somebody: the facts he has sent, and his account."""
    user: User | None = person.user
    return {
        "person": person,
        "iin": masked(person.iin) if person.iin else "",
        "account": user.display_name if user else "",
        "joined": user.date_joined if user else person.created_at,
        "cases": person.applications.exclude(revisions=None).distinct(),
    }


def pairs(application: Application, by: User) -> list[Person]:
    """For the page of a case on hold as a possible duplicate: the people whom the applicant may be."""
    return screening.namesakes(application.person, among=Person.objects.visible_to(by))
