"""Words that the safeguarding lead alone reads, each on a page of its own: every look is logged before it is made."""

from __future__ import annotations

from django.db.models import QuerySet

from portal import access
from portal.models import User
from portal.staff import StaffDetail
from volunteers.models import Application, Decision, Hold


def cases_of_lead(user: User) -> QuerySet[Application]:
    """The cases whose sensitive parts `user` may read; never his own."""
    here = access.within(user, "application.sensitive", district="person__district")
    return Application.objects.visible_to(user).filter(here).exclude(person__user=user)


class HoldNote(StaffDetail):
    permission = "application.sensitive"
    sensitive = "hold"
    model = Hold
    template_name = "volunteers/staff/hold.html"

    def get_queryset(self):
        rows = Hold.objects.filter(application__in=cases_of_lead(self.request.user))
        return rows.select_related("application__person", "opened_by", "release_proposed_by", "released_by")


class NoticeAnswer(StaffDetail):
    """What the applicant answered to a notice of refusal."""

    permission = "application.sensitive"
    sensitive = "answer"
    model = Decision
    template_name = "volunteers/staff/answer.html"

    def get_queryset(self):
        rows = Decision.objects.filter(application__in=cases_of_lead(self.request.user), answered_at__isnull=False)
        return rows.select_related("application__person")


class Opinion(StaffDetail):
    """What the supervisor thinks of a renewal."""

    permission = "application.sensitive"
    sensitive = "opinion"
    model = Application
    template_name = "volunteers/staff/opinion.html"

    def get_queryset(self):
        rows = cases_of_lead(self.request.user).filter(opinion_at__isnull=False)
        return rows.select_related("person", "opinion_by")
