"""Addresses without a language prefix."""

from django.urls import path

from volunteers.views import badge

urlpatterns = [path("badge/<uuid:uuid>/", badge.badge, name="badge")]
