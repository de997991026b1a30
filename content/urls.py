from django.urls import path

from content import views

urlpatterns = [path("search/", views.search, name="search")]
