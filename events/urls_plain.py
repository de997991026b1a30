"""Addresses without a language prefix: calendars fetch them, people do not type them."""

from django.urls import path

from events import views

urlpatterns = [
    path("calendar/<str:token>.ics", views.calendar_feed, name="calendar_feed"),
]
