"""Addresses without a language prefix: calendars fetch them, people do not type them."""

from django.urls import path

from events.views import calendar

urlpatterns = [
    path("calendar/<str:token>.ics", calendar.calendar_feed, name="calendar_feed"),
]
