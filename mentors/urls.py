from django.urls import path

from mentors import views
from mentors.staff import board, exclusions

urlpatterns = [
    path("my/profile/", views.MyProfile.as_view(), name="my_profile"),
    path("my/times/", views.MyTimes.as_view(), name="my_times"),
    path("my/times/hours/", views.WindowsAdd.as_view(), name="my_times_add"),
    path("my/times/hours/remove/", views.WindowRemove.as_view(), name="my_times_remove"),
    path("my/times/away/", views.AbsenceAdd.as_view(), name="my_away_add"),
    path("my/times/away/remove/", views.AbsenceRemove.as_view(), name="my_away_remove"),
    path("my/times/limits/", views.LimitsSave.as_view(), name="my_limits"),
    path("staff/supervision/", board.SupervisionBoard.as_view(), name="staff_supervision"),
    path("staff/supervision/<uuid:uuid>/", board.Supervised.as_view(), name="staff_supervised"),
    path("staff/people/<uuid:uuid>/exclusions/", exclusions.Exclusions.as_view(), name="staff_exclusions"),
    path("staff/exclusions/<uuid:uuid>/", exclusions.ExclusionWhy.as_view(), name="staff_exclusion"),
    path("staff/exclusions/<uuid:uuid>/end/", exclusions.ExclusionEnd.as_view(), name="staff_exclusion_end"),
]
