from .booking import Arrival, Attendance, Booking, Feedback
from .calendar import CalendarToken
from .figures import PublicFigures
from .hours import Certificate, ClosedMonth, HoursEntry
from .requests import GROUP_MAX, VISITS_MAX, WINDOWS_MAX, RequestMessage, RequestWindow, SessionRequest
from .session import SEATS_MAX, SchoolSession, SessionBatch, SessionTemplate
from .waiting import SwapOffer, WaitlistEntry
from .work import WorkEntry

__all__ = [
    "GROUP_MAX",
    "SEATS_MAX",
    "VISITS_MAX",
    "WINDOWS_MAX",
    "Arrival",
    "Attendance",
    "Booking",
    "CalendarToken",
    "Certificate",
    "ClosedMonth",
    "Feedback",
    "HoursEntry",
    "PublicFigures",
    "RequestMessage",
    "RequestWindow",
    "SchoolSession",
    "SessionBatch",
    "SessionRequest",
    "SessionTemplate",
    "SwapOffer",
    "WaitlistEntry",
    "WorkEntry",
]
