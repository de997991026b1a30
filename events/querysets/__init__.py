from .bookings import (
    BookingQuerySet,
    CalendarTokenQuerySet,
    CertificateQuerySet,
    OfBookingQuerySet,
    OfSessionQuerySet,
    SwapOfferQuerySet,
)
from .requests import OfRequestQuerySet, SessionRequestQuerySet
from .sessions import SchoolSessionQuerySet, SessionBatchQuerySet, SessionTemplateQuerySet

__all__ = [
    "BookingQuerySet",
    "CalendarTokenQuerySet",
    "CertificateQuerySet",
    "OfBookingQuerySet",
    "OfRequestQuerySet",
    "OfSessionQuerySet",
    "SchoolSessionQuerySet",
    "SessionBatchQuerySet",
    "SessionRequestQuerySet",
    "SessionTemplateQuerySet",
    "SwapOfferQuerySet",
]
