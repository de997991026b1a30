"""What a school says of a visit, and what coordinators read of both sides."""

from __future__ import annotations

from django.db.models import QuerySet
from django.views.generic import ListView

from events.filters import FeedbackFilter
from events.models import Booking, Feedback
from events.pages import FeedbackPage
from events.services.feedback import FEWEST, awaited_of_school, means
from portal import access
from portal.models import School, Topic
from portal.staff import NearestPage, StaffList, StaffView


class SchoolFeedback(NearestPage, StaffView, ListView):
    """Visits of which the school has said nothing yet."""

    permission = "feedback.give"
    template_name = "events/school_feedback.html"
    paginate_by = 20

    def get_queryset(self):
        return awaited_of_school(self.request.user)


class VisitFeedback(StaffView, FeedbackPage):
    permission = "feedback.give"
    side = Feedback.Side.SCHOOL
    next_page = "school_feedback"

    def visits(self):
        reach = access.within(
            self.request.user, self.permission, district="session__school__district", school="session__school"
        )
        return Booking.objects.filter(reach).exclude(person__user=self.request.user)


class StaffFeedback(StaffList):
    """All words in reach, the newest first, with means by school and topic of what the filter leaves."""

    permission = "feedback.view"
    model = Feedback
    filterset_class = FeedbackFilter
    template_name = "events/staff_feedback.html"

    def get_queryset(self) -> QuerySet[Feedback]:
        rows = super().get_queryset().order_by("-given_at", "-pk")
        return rows.select_related("booking__session__school", "booking__session__topic")

    def get_context_data(self, **kwargs):
        found = self.filterset.qs
        return super().get_context_data(
            by_school=means(found, School), by_topic=means(found, Topic), fewest=FEWEST, **kwargs
        )
