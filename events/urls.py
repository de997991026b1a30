from django.urls import path

from events.staff import (
    arrivals,
    assigning,
    board,
    days,
    districts,
    feedback,
    hours,
    one_visit,
    requests,
    school,
    school_requests,
    series,
    visits,
)
from events.staff import changes as staff_changes
from events.staff import session_templates as templates
from events.staff import sessions as staff
from events.views import arrivals as views_arrivals
from events.views import bookings, calendar, changes, numbers, sessions, swaps, verify, waiting
from events.views import feedback as views_feedback
from events.views import hours as views_hours

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
    path("school/sessions/<uuid:uuid>/start/", staff.SessionStart.as_view(), name="session_start"),
    path("school/sessions/<uuid:uuid>/cancel/", staff.SessionCancel.as_view(), name="session_cancel"),
    path("school/visits/<uuid:uuid>/confirm/", visits.BookingConfirmVisit.as_view(), name="booking_confirm_visit"),
    path("school/visits/<uuid:uuid>/cancel/", visits.VisitCancel.as_view(), name="visit_cancel"),
    path("school/visits/<uuid:uuid>/attendance/", visits.BookingAttendance.as_view(), name="booking_attendance"),
    path("staff/needs/", staff.StaffNeeds.as_view(), name="staff_needs"),
    path("staff/board/", board.Board.as_view(), name="staff_board"),
    path("staff/board/map/", districts.BoardMap.as_view(), name="staff_board_map"),
    path("staff/sessions/", staff.StaffSessions.as_view(), name="staff_sessions"),
    path("staff/sessions/new/", staff.StaffSessionNew.as_view(), name="staff_session_new"),
    path("staff/sessions/<uuid:uuid>/", staff.StaffSession.as_view(), name="staff_session"),
    path("staff/sessions/<uuid:uuid>/publish/", staff.SessionPublish.as_view(), name="staff_session_publish"),
    # the waiting list and handover
    path("sessions/<uuid:uuid>/wait/", waiting.SessionJoin.as_view(), name="session_join"),
    path("waiting/<uuid:uuid>/accept/", waiting.WaitingAccept.as_view(), name="waiting_accept"),
    path("waiting/<uuid:uuid>/decline/", waiting.WaitingDecline.as_view(), name="waiting_decline"),
    path("waiting/<uuid:uuid>/leave/", waiting.WaitingLeave.as_view(), name="waiting_leave"),
    path("bookings/<uuid:uuid>/hand-over/", swaps.BookingHandOver.as_view(), name="booking_hand_over"),
    path("my/handovers/", swaps.SwapList.as_view(), name="swap_list"),
    path("handovers/<uuid:uuid>/take/", swaps.SwapTake.as_view(), name="swap_take"),
    path("handovers/<uuid:uuid>/decline/", swaps.SwapDecline.as_view(), name="swap_decline"),
    path("handovers/<uuid:uuid>/withdraw/", swaps.SwapWithdraw.as_view(), name="swap_withdraw"),
    # changing, series, templates, days without lessons
    path("bookings/<uuid:uuid>/again/", changes.BookingConfirmAgain.as_view(), name="booking_confirm_again"),
    path("staff/visits/<uuid:uuid>/release/", staff_changes.BookingRelease.as_view(), name="staff_booking_release"),
    path("staff/sessions/<uuid:uuid>/change/", staff_changes.SessionChange.as_view(), name="staff_session_change"),
    path("staff/sessions/<uuid:uuid>/clone/", staff.StaffSessionNew.as_view(), name="staff_session_clone"),
    path("staff/sessions/<uuid:uuid>/series/", series.SeriesNew.as_view(), name="staff_session_series"),
    path(
        "staff/sessions/<uuid:uuid>/template/", templates.TemplateFromSession.as_view(), name="staff_session_template"
    ),
    path("staff/series/new/", series.SeriesNew.as_view(), name="staff_series_new"),
    path("staff/batches/<uuid:uuid>/", series.StaffBatch.as_view(), name="staff_batch"),
    path("staff/batches/<uuid:uuid>/undo/", series.BatchUndo.as_view(), name="staff_batch_undo"),
    path("staff/templates/", templates.TemplateList.as_view(), name="staff_templates"),
    path("staff/templates/<uuid:uuid>/", templates.TemplateKeep.as_view(), name="staff_template"),
    path("staff/templates/<uuid:uuid>/use/", templates.TemplateApply.as_view(), name="staff_template_apply"),
    path("staff/templates/<uuid:uuid>/retire/", templates.TemplateRetire.as_view(), name="staff_template_retire"),
    path("staff/days/", days.PeriodList.as_view(), name="staff_periods"),
    path("staff/days/new/", days.PeriodNew.as_view(), name="staff_period_new"),
    path("staff/days/<int:pk>/", days.PeriodEdit.as_view(), name="staff_period"),
    path("staff/days/<int:pk>/remove/", days.PeriodRemove.as_view(), name="staff_period_remove"),
    # places given by the coordinator
    path("staff/sessions/<uuid:uuid>/mentors/", assigning.SessionMentors.as_view(), name="staff_session_mentors"),
    path("staff/sessions/<uuid:uuid>/call/", assigning.SessionCall.as_view(), name="staff_session_call"),
    path("staff/visits/<uuid:uuid>/move/", assigning.VisitMove.as_view(), name="staff_visit_move"),
    # requests of schools
    path("school/past/", school.SchoolPast.as_view(), name="school_past"),
    path("school/requests/", school_requests.SchoolRequests.as_view(), name="school_requests"),
    path("school/requests/new/", school_requests.RequestNew.as_view(), name="school_request_new"),
    path("school/requests/<uuid:uuid>/", school_requests.SchoolRequest.as_view(), name="school_request"),
    path("school/requests/<uuid:uuid>/edit/", school_requests.RequestEdit.as_view(), name="school_request_edit"),
    path("school/requests/<uuid:uuid>/send/", school_requests.RequestSend.as_view(), name="school_request_send"),
    path("school/requests/<uuid:uuid>/answer/", school_requests.RequestAnswer.as_view(), name="school_request_answer"),
    path(
        "school/requests/<uuid:uuid>/withdraw/",
        school_requests.RequestWithdraw.as_view(),
        name="school_request_withdraw",
    ),
    path(
        "school/requests/<uuid:uuid>/discard/", school_requests.RequestDiscard.as_view(), name="school_request_discard"
    ),
    path("staff/requests/", requests.StaffRequests.as_view(), name="staff_requests"),
    path("staff/requests/<uuid:uuid>/", requests.StaffRequest.as_view(), name="staff_request"),
    path("staff/requests/<uuid:uuid>/accept/", requests.RequestAccept.as_view(), name="staff_request_accept"),
    path("staff/requests/<uuid:uuid>/ask/", requests.RequestAsk.as_view(), name="staff_request_ask"),
    path("staff/requests/<uuid:uuid>/decline/", requests.RequestDecline.as_view(), name="staff_request_decline"),
    path("staff/requests/<uuid:uuid>/owner/", requests.RequestHand.as_view(), name="staff_request_owner"),
    path("staff/requests/<uuid:uuid>/plan/", requests.RequestPlan.as_view(), name="staff_request_plan"),
    # arrival, attendance, hours, certificates, feedback
    path("sessions/<uuid:uuid>/here/", views_arrivals.SessionArrival.as_view(), name="session_arrival"),
    path("sessions/<uuid:uuid>/leave/", views_arrivals.SessionDeparture.as_view(), name="session_departure"),
    path("bookings/<uuid:uuid>/feedback/", views_feedback.BookingFeedback.as_view(), name="booking_feedback"),
    path("my/hours/", views_hours.MyHours.as_view(), name="my_hours"),
    path("my/certificates/", views_hours.MyCertificates.as_view(), name="my_certificates"),
    path("my/certificates/<uuid:uuid>/", views_hours.my_certificate, name="my_certificate"),
    path("verify/", verify.certificate_ask, name="certificate_ask"),
    path("verify/<str:serial>/", verify.certificate_check, name="certificate_check"),
    path("school/sessions/<uuid:uuid>/code/", arrivals.SessionCode.as_view(), name="session_code"),
    path("school/sessions/<uuid:uuid>/code.svg", arrivals.SessionCodePicture.as_view(), name="session_code_picture"),
    path("school/sessions/<uuid:uuid>/attendance/", visits.SessionAttendance.as_view(), name="session_attendance"),
    path("school/visits/<uuid:uuid>/here/", arrivals.BookingArrive.as_view(), name="booking_arrive"),
    path("school/visits/<uuid:uuid>/left/", arrivals.BookingDepart.as_view(), name="booking_depart"),
    path("school/visits/<uuid:uuid>/feedback/", feedback.VisitFeedback.as_view(), name="visit_feedback"),
    path("school/feedback/", feedback.SchoolFeedback.as_view(), name="school_feedback"),
    path("staff/feedback/", feedback.StaffFeedback.as_view(), name="staff_feedback"),
    path("staff/hours/", hours.StaffHours.as_view(), name="staff_hours"),
    path("staff/hours/export/", hours.HoursExport.as_view(), name="staff_hours_export"),
    path("staff/hours/<str:month>/<slug:district>/close/", hours.HoursClose.as_view(), name="staff_hours_close"),
    path("staff/visits/<uuid:uuid>/", one_visit.StaffVisit.as_view(), name="staff_visit"),
    path("staff/visits/<uuid:uuid>/hours/", one_visit.VisitHours.as_view(), name="staff_visit_hours"),
    path("staff/people/<uuid:uuid>/visits/", one_visit.PersonVisits.as_view(), name="staff_person_visits"),
    # for everybody
    path("numbers/", numbers.numbers, name="numbers"),
    path("numbers/csv/", numbers.numbers_csv, name="numbers_csv"),
    path("numbers/json/", numbers.numbers_json, name="numbers_json"),
]
