from django.urls import path

from volunteers.urls_staff import staff_urlpatterns
from volunteers.views import applicant, badge, public, referee, status

urlpatterns = [
    path("become-a-mentor/", public.roles, name="roles"),
    path("become-a-mentor/<slug:code>/", public.role_detail, name="role_detail"),
    path("become-a-mentor/<slug:code>/eligibility/", public.Eligibility.as_view(), name="eligibility"),
    path("apply/start/<slug:code>/", applicant.ApplyStart.as_view(), name="apply_start"),
    path("apply/<uuid:uuid>/send/", applicant.apply_send, name="apply_send"),
    path("apply/<uuid:uuid>/confirm/", applicant.ApplyConfirm.as_view(), name="apply_confirm"),
    path("apply/<uuid:uuid>/code/", applicant.apply_code, name="apply_code"),
    path("apply/<uuid:uuid>/withdraw/", applicant.ApplyWithdraw.as_view(), name="apply_withdraw"),
    path("apply/<uuid:uuid>/<slug:step>/", applicant.ApplyStep.as_view(), name="apply_step"),
    path("my/", status.my_home, name="my_home"),
    path("my/badge.svg", badge.badge_qr, name="badge_qr"),
    path("my/checks/<uuid:uuid>/", status.MyCheck.as_view(), name="my_check"),
    path("my/checks/<uuid:uuid>/renew/", status.my_check_renew, name="my_check_renew"),
    path("my/evidence/<uuid:uuid>/", status.my_evidence, name="my_evidence"),
    path("my/agreements/<slug:code>/", status.MyAgreement.as_view(), name="my_agreement"),
    path("my/referees/<uuid:uuid>/", status.MyReferee.as_view(), name="my_referee"),
    path("reference/<str:token>/", referee.Reference.as_view(), name="reference"),
]
urlpatterns += staff_urlpatterns
