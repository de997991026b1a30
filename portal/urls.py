"""The only place that knows all apps. Pages for people carry their language; machines and the CMS do not."""

from django.conf.urls.i18n import i18n_patterns
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path, re_path
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.documents import urls as wagtaildocs_urls
from wagtail.utils.urlpatterns import decorate_urlpatterns

from portal import bounces, health, staff_accounts, staff_imports, staff_letters, staff_roles, views
from portal.cms_words import cms_words
from portal.metrics import metrics

handler400 = "portal.views.error_400"
handler403 = "portal.views.error_403"
handler404 = "portal.views.error_404"
handler429 = "portal.views.error_429"  # asked for by allauth
handler500 = "portal.views.error_500"

urlpatterns = [
    path("exit/", views.exit_page, name="exit"),
    path(".well-known/security.txt", views.security_txt, name="security_txt"),
    path("letters/events/", bounces.letter_events, name="letter_events"),
    path("metrics", metrics, name="metrics"),
    path("health/live", health.health_live, name="health_live"),
    path("health/ready", health.health_ready, name="health_ready"),
    # One door: the CMS's own sign-in and password pages, and its pages of people, stand closed before its include.
    re_path(r"^cms/(login|password_reset)/", views.closed_door, name="cms_login_closed"),
    re_path(r"^cms/(users|groups)/", views.error_404, name="cms_people_closed"),
    path("cms/jsi18n/", cms_words, name="cms_words"),
    path("cms/", include(wagtailadmin_urls)),
    path("documents/", include(decorate_urlpatterns(wagtaildocs_urls.urlpatterns, login_not_required))),
    path("", include("events.urls_plain")),
    path("", include("volunteers.urls_plain")),
    path("", include("content.urls_plain")),
]

urlpatterns += i18n_patterns(
    path("account/settings/", views.AccountSettings.as_view(), name="account_settings"),
    path("account/sessions/", views.AccountSessions.as_view(), name="account_sessions"),
    path("account/", include("allauth.urls")),
    path("start/", views.home_of_user, name="home_of_user"),
    path("staff/", views.staff_home, name="staff_home"),
    path("staff/tasks/<uuid:uuid>/done/", views.TaskDone.as_view(), name="staff_task_done"),
    path("staff/log/", views.Log.as_view(), name="staff_log"),
    path("staff/status/", health.Status.as_view(), name="staff_status"),
    path("staff/letters/", views.Letters.as_view(), name="staff_letters"),
    path("staff/letters/failed/", staff_letters.UndeliveredLetters.as_view(), name="staff_undelivered"),
    path("staff/letters/<uuid:uuid>/send/", staff_letters.SendAgain.as_view(), name="staff_undelivered_send"),
    path("staff/nightly/", views.Nightly.as_view(), name="staff_nightly"),
    path("staff/import/", staff_imports.ImportList.as_view(), name="staff_imports"),
    path("staff/import/new/<slug:kind>/", staff_imports.NewImport.as_view(), name="staff_import_new"),
    path("staff/import/new/<slug:kind>/sample.csv", staff_imports.SampleList.as_view(), name="staff_import_sample"),
    path("staff/import/<uuid:uuid>/", staff_imports.ImportPage.as_view(), name="staff_import"),
    path("staff/import/<uuid:uuid>/columns/", staff_imports.ChooseColumns.as_view(), name="staff_import_columns"),
    path("staff/import/<uuid:uuid>/apply/", staff_imports.Apply.as_view(), name="staff_import_apply"),
    path("staff/import/<uuid:uuid>/undo/", staff_imports.Undo.as_view(), name="staff_import_undo"),
    path("staff/import/<uuid:uuid>/left-out.csv", staff_imports.Problems.as_view(), name="staff_import_problems"),
    path("staff/accounts/", staff_accounts.AccountList.as_view(), name="staff_accounts"),
    path("staff/accounts/<uuid:uuid>/", staff_accounts.AccountDetail.as_view(), name="staff_account"),
    path("staff/accounts/<uuid:uuid>/grant/", staff_accounts.GrantRole.as_view(), name="staff_account_grant"),
    path("staff/accounts/<uuid:uuid>/end-role/", staff_accounts.EndRole.as_view(), name="staff_account_end_role"),
    path(
        "staff/accounts/<uuid:uuid>/second-factor/",
        staff_accounts.ResetSecondFactor.as_view(),
        name="staff_account_second_factor",
    ),
    path("staff/accounts/<uuid:uuid>/close/", staff_accounts.CloseAccount.as_view(), name="staff_account_close"),
    path("staff/roles/", staff_roles.Roles.as_view(), name="staff_roles"),
    path("staff/roles/<uuid:uuid>/confirm/", staff_roles.ConfirmRole.as_view(), name="staff_role_confirm"),
    path("staff/roles/<uuid:uuid>/decline/", staff_roles.DeclineRole.as_view(), name="staff_role_decline"),
    path("", include("volunteers.urls")),
    path("", include("mentors.urls")),
    path("", include("events.urls")),
    path("", include("content.urls")),
    # Wagtail's door to private pages signs in without a second factor: closed as well.
    path("_util/login/", views.closed_door, name="pages_login_closed"),
    path("", include(decorate_urlpatterns(wagtail_urls.urlpatterns, login_not_required))),
    prefix_default_language=True,
)
