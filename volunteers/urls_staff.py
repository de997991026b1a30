"""Pages of the staff, all under `staff/`. `volunteers.urls` adds them to its own."""

from django.urls import path

from volunteers.staff import checks, people, queue, training

staff_urlpatterns = [
    path("staff/applications/", queue.ApplicationList.as_view(), name="staff_applications"),
    path("staff/applications/<uuid:uuid>/", queue.ApplicationDetail.as_view(), name="staff_application"),
    path("staff/applications/<uuid:uuid>/accept/", queue.Accept.as_view(), name="staff_application_accept"),
    path(
        "staff/applications/<uuid:uuid>/interviewer/",
        queue.NameInterviewer.as_view(),
        name="staff_application_interviewer",
    ),
    path("staff/applications/<uuid:uuid>/ready/", queue.Ready.as_view(), name="staff_application_ready"),
    path("staff/applications/<uuid:uuid>/propose/", queue.Propose.as_view(), name="staff_application_propose"),
    path("staff/applications/<uuid:uuid>/confirm/", queue.Confirm.as_view(), name="staff_application_confirm"),
    path("staff/applications/<uuid:uuid>/send-back/", queue.SendBack.as_view(), name="staff_application_send_back"),
    path("staff/references/<uuid:uuid>/", queue.Reference.as_view(), name="staff_reference"),
    path("staff/references/<uuid:uuid>/assess/", queue.Assess.as_view(), name="staff_reference_assess"),
    path("staff/checks/<uuid:uuid>/provide/", checks.Provide.as_view(), name="staff_check_provide"),
    path("staff/checks/<uuid:uuid>/verify/", checks.Verify.as_view(), name="staff_check_verify"),
    path("staff/checks/<uuid:uuid>/fail/", checks.Fail.as_view(), name="staff_check_fail"),
    path("staff/checks/<uuid:uuid>/renew/", checks.Renew.as_view(), name="staff_check_renew"),
    path("staff/evidence/<uuid:uuid>/", checks.Evidence.as_view(), name="staff_evidence"),
    path("staff/people/", people.PersonList.as_view(), name="staff_people"),
    path("staff/people/<uuid:uuid>/", people.PersonDetail.as_view(), name="staff_person"),
    path("staff/people/<uuid:uuid>/training/", training.RecordTraining.as_view(), name="staff_person_training"),
    path("staff/people/<uuid:uuid>/supervisor/", people.AssignSupervisor.as_view(), name="staff_person_supervisor"),
    path("staff/people/<uuid:uuid>/suspend/", people.Suspend.as_view(), name="staff_person_suspend"),
    path(
        "staff/suspensions/<uuid:uuid>/propose-lift/",
        people.ProposeLift.as_view(),
        name="staff_suspension_propose_lift",
    ),
    path(
        "staff/suspensions/<uuid:uuid>/confirm-lift/",
        people.ConfirmLift.as_view(),
        name="staff_suspension_confirm_lift",
    ),
    path("staff/training/", training.TrainingList.as_view(), name="staff_training"),
    path("staff/training/<uuid:uuid>/", training.Trainee.as_view(), name="staff_trainee"),
]
