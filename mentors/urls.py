from django.urls import path

from mentors import views

urlpatterns = [
    path("my/profile/", views.MyProfile.as_view(), name="my_profile"),
]
