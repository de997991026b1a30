from django.urls import path

from content import views

urlpatterns = [
    path("search/", views.search, name="search"),
    path("a-z/", views.a_to_z, name="a_to_z"),
    path("news.atom", views.news_feed, name="news_feed"),
    path("pages/<int:pk>.pdf", views.page_pdf, name="page_pdf"),
    path("pages/<int:pk>.svg", views.page_qr, name="page_qr"),
    path("pages/<int:pk>/share/", views.page_share, name="page_share"),
    path("pages/<int:pk>/feedback/", views.page_feedback, name="page_feedback"),
    path("pages/<int:pk>/thanks/", views.page_thanks, name="page_thanks"),
]
