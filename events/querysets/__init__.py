from .bookings import (
    BookingQuerySet,
    CalendarTokenQuerySet,
    CertificateQuerySet,
    FeedbackQuerySet,
    HoursQuerySet,
    OfBookingQuerySet,
    OfSessionQuerySet,
    SwapOfferQuerySet,
    WorkQuerySet,
)
from .requests import OfRequestQuerySet, SessionRequestQuerySet
from .sessions import SchoolSessionQuerySet, SessionBatchQuerySet, SessionTemplateQuerySet

__all__ = [
    "BookingQuerySet",
    "CalendarTokenQuerySet",
    "CertificateQuerySet",
    "FeedbackQuerySet",
    "HoursQuerySet",
    "OfBookingQuerySet",
    "OfRequestQuerySet",
    "OfSessionQuerySet",
    "SchoolSessionQuerySet",
    "SessionBatchQuerySet",
    "SessionRequestQuerySet",
    "SessionTemplateQuerySet",
    "SwapOfferQuerySet",
    "WorkQuerySet",
]
