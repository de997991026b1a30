from django.urls import path

from content import components, machines, views

urlpatterns = [
    path("search/", views.search, name="search"),
    path("search/suggest/", views.search_suggest, name="search_suggest"),
    path("a-z/", views.a_to_z, name="a_to_z"),
    path("staff/components/", components.Components.as_view(), name="staff_components"),
    path("offline/", views.offline, name="offline"),
    path("forget/", views.forget, name="forget"),
    path("posters/", views.posters, name="posters"),
    path("posters/<str:language>/<str:audience>-<str:size>.pdf", views.poster, name="poster"),
    path("news.atom", machines.news_feed, name="news_feed"),
    path("<str:audience>.atom", machines.audience_feed, name="audience_feed"),
    path("pages/<int:pk>.pdf", views.page_pdf, name="page_pdf"),
    path("pages/<int:pk>.svg", views.page_qr, name="page_qr"),
    path("pages/<int:pk>/share/", views.page_share, name="page_share"),
    path("pages/<int:pk>/feedback/", views.page_feedback, name="page_feedback"),
    path("pages/<int:pk>/thanks/", views.page_thanks, name="page_thanks"),
]
