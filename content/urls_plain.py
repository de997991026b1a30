"""Addresses without a language prefix."""

from django.urls import path

from content import machines, pictures, views

urlpatterns = [
    path("robots.txt", machines.robots, name="robots"),
    path("sitemap.xml", machines.sitemap, name="sitemap"),
    path("q/<int:pk>/", views.short_address, name="short_address"),
    path("q/<int:pk>.png", views.page_card, name="page_card"),
    path("pictures/<path:name>", pictures.picture, name="picture"),
    path("manifest.webmanifest", views.manifest, name="manifest"),
    path("worker.js", views.worker, name="worker"),
]
