"""The supervision board, and the page of one mentor for whoever looks after him."""

from __future__ import annotations

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views import View

from mentors import services
from mentors.filters import BoardFilter, board_facts
from mentors.forms import CheckInForm
from mentors.models import CheckIn
from mentors.querysets import looked_after_by, on_the_board, with_talks
from portal import access, audit
from portal.staff import StaffList, StaffView
from volunteers.models import Application, Person
from volunteers.services import supervision


class SupervisionBoard(StaffList):
    """Everybody who serves in the reader's reach: who looks after him, when they talked, what ends, who is new."""

    permission = "supervision.view"
    model = Person
    filterset_class = BoardFilter
    template_name = "mentors/staff/board.html"

    def get_queryset(self):
        return on_the_board(self.request.user)

    def paginate_queryset(self, queryset, page_size):
        """Who is without a supervisor is known only of all together: they are asked once, for the number and the page."""
        return super().paginate_queryset(list(queryset.values_list("pk", flat=True)), page_size)

    def rows(self):
        return with_talks(looked_after_by(self.request.user), CheckIn.objects.all())

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        people, today = list(context["object_list"]), timezone.localdate()
        found = board_facts([person.pk for person in people])
        for person in people:
            person.due = person.due or services.first_due(person.begun)
            person.overdue = person.due < today
            person.found = found[person.pk]
        return context | {"people": people}


class Supervised(StaffView, View):
    """One mentor: his talks so far, and for his supervisor the form of the next. A lead who reads notes is logged."""

    permission = "supervision.view"
    http_method_names = ["get", "head", "post"]

    def dispatch(self, request, *args, **kwargs):
        people = looked_after_by(request.user).serving().select_related("district", "user")
        self.person = get_object_or_404(people, uuid=kwargs["uuid"])
        self.mine = supervision.supervises(request.user, self.person)
        return super().dispatch(request, *args, **kwargs)

    def get(self, request, uuid):
        return self._page(CheckInForm())

    def post(self, request, uuid):
        supervision.demand_supervisor(request.user, self.person)
        form = CheckInForm(request.POST)
        if not form.is_valid():
            return self._page(form, status=422)
        services.record_check_in(person=self.person, by=request.user, **form.cleaned_data)
        messages.success(request, _("Thank you. It is written down."))
        return redirect("staff_supervised", self.person.uuid)

    def _page(self, form: CheckInForm, status: int = 200):
        user, person = self.request.user, self.person
        talks = list(CheckIn.objects.visible_to(user).filter(person=person).select_related("recorded_by"))
        lead = access.allows(user, "application.sensitive", person.reach)
        for talk in talks:
            talk.readable = talk.note if lead or talk.recorded_by_id == user.pk else ""
        if any(talk.readable for talk in talks):
            audit.viewed(person, "check_in_notes", user)
        renewal = person.applications.filter(kind=Application.Kind.RENEWAL, state__in=supervision.OPINION_ASKED)
        context = {
            "person": person,
            "talks": talks,
            "form": form if self.mine else None,
            "renewal": renewal.first() if self.mine else None,
            "sees_person": access.allows(user, "standing.view", person.reach),
        }
        return render(self.request, "mentors/staff/supervised.html", context, status=status)
