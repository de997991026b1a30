"""Addresses without a language prefix."""

from django.urls import path

from volunteers.views import badge

urlpatterns = [
    path("badge/<uuid:uuid>/", badge.badge, name="badge"),
    path("badge/<uuid:uuid>/photo/", badge.badge_photo, name="badge_photo"),
]
