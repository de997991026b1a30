"""Addresses without a language prefix."""

urlpatterns = []
