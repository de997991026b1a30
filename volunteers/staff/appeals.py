"""Appeals: the one door through which somebody who took no part looks into a refused case."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import F
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.generic import ListView

from portal import audit
from portal.staff import NearestPage, StaffAction, StaffDetail, StaffView
from volunteers.forms.case import AppealForm
from volunteers.models import Appeal
from volunteers.services import appeals

TEMPLATE = "volunteers/staff/appeal.html"
PERMISSION = "appeal.decide"


def _appeals(user):
    rows = Appeal.objects.visible_to(user)
    return rows.select_related("decision__application__person__user", "decision__application__role", "decided_by")


class AppealList(NearestPage, StaffView, ListView):
    """Those that wait come first, the oldest on top."""

    permission = PERMISSION
    paginate_by = 25
    template_name = "volunteers/staff/appeals.html"

    def get_queryset(self):
        return _appeals(self.request.user).order_by(F("decided_at").asc(nulls_first=True), "lodged_at")


def _context(appeal: Appeal, by, form: AppealForm | None = None) -> dict:
    codes = list(appeal.decision.reason_codes.all())
    return {
        "appeal": appeal,
        "decision": appeal.decision,
        "application": appeal.decision.application,
        "told": [code for code in codes if code.disclosable],
        "internal": [code for code in codes if not code.disclosable],
        "barred": appeals.barred(appeal, by),
        "form": None if appeal.decided_at else form or AppealForm(),
    }


class AppealDetail(StaffDetail):
    permission = PERMISSION
    sensitive = "appeal"
    model = Appeal
    template_name = TEMPLATE

    def get_queryset(self):
        return _appeals(self.request.user)

    def get_context_data(self, **kwargs):
        return super().get_context_data(**kwargs) | _context(self.object, self.request.user)


class DecideAppeal(StaffAction):
    permission = PERMISSION
    model = Appeal
    form_class = AppealForm

    def form_invalid(self, record, form):
        audit.viewed(record, AppealDetail.sensitive, self.request.user)
        return TemplateResponse(self.request, TEMPLATE, _context(record, self.request.user, form), status=422)

    def act(self, record, data):
        appeals.decide(appeal=record, by=self.request.user, **data)
        messages.success(self.request, _("Decided. The letter leaves in a few minutes."))

    def page(self, record):
        return reverse("staff_appeal", args=[record.uuid])
