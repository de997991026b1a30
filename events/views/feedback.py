"""What a mentor says of his visit."""

from __future__ import annotations

from events.models import Booking, Feedback
from events.pages import FeedbackPage


class BookingFeedback(FeedbackPage):
    side = Feedback.Side.MENTOR
    next_page = "my_hours"

    def visits(self):
        return Booking.objects.of(self.request.user)
