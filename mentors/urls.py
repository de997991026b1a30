from django.urls import path

from mentors import staff, views

urlpatterns = [
    path("my/profile/", views.MyProfile.as_view(), name="my_profile"),
    path("staff/supervision/", staff.SupervisionBoard.as_view(), name="staff_supervision"),
    path("staff/supervision/<uuid:uuid>/", staff.Supervised.as_view(), name="staff_supervised"),
]
