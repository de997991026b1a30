from django.urls import path

from events.staff import school, visits
from events.staff import sessions as staff
from events.views import bookings, calendar, sessions

urlpatterns = [
    path("sessions/", sessions.SessionList.as_view(), name="session_list"),
    path("sessions/<uuid:uuid>/", sessions.SessionDetail.as_view(), name="session_detail"),
    path("sessions/<uuid:uuid>/book/", bookings.SessionBook.as_view(), name="session_book"),
    path("bookings/<uuid:uuid>/cancel/", bookings.BookingCancel.as_view(), name="booking_cancel"),
    path("my/bookings/", bookings.MyBookings.as_view(), name="my_bookings"),
    path("my/bookings/calendar/", calendar.CalendarAddress.as_view(), name="calendar_address"),
    # Under /school/ and /staff/ the second factor is demanded (portal.middleware.SecondFactor).
    path("school/", school.SchoolHome.as_view(), name="school_home"),
    path("school/sessions/<uuid:uuid>/adult/", staff.SessionNameAdult.as_view(), name="school_name_adult"),
    path("school/sessions/<uuid:uuid>/cancel/", staff.SessionCancel.as_view(), name="session_cancel"),
    path("school/visits/<uuid:uuid>/confirm/", visits.BookingConfirmVisit.as_view(), name="booking_confirm_visit"),
    path("school/visits/<uuid:uuid>/cancel/", visits.VisitCancel.as_view(), name="visit_cancel"),
    path("school/visits/<uuid:uuid>/attendance/", visits.BookingAttendance.as_view(), name="booking_attendance"),
    path("staff/needs/", staff.StaffNeeds.as_view(), name="staff_needs"),
    path("staff/sessions/", staff.StaffSessions.as_view(), name="staff_sessions"),
    path("staff/sessions/new/", staff.StaffSessionNew.as_view(), name="staff_session_new"),
    path("staff/sessions/<uuid:uuid>/", staff.StaffSession.as_view(), name="staff_session"),
    path("staff/sessions/<uuid:uuid>/publish/", staff.SessionPublish.as_view(), name="staff_session_publish"),
]
