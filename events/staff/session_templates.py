"""Templates of sessions: kept, used for many classes at once, retired."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import ListView

from events import services
from events.forms import ApplyForm, TemplateForm
from events.models import SessionTemplate
from events.services.session_templates import template_from
from events.staff.pages import BatchPage, PlanPage
from portal import access
from portal.merging import held
from portal.staff import NearestPage, StaffAction, StaffView


class TemplateList(NearestPage, StaffView, ListView):
    permission = "session.plan"
    template_name = "events/staff_templates.html"
    paginate_by = 25

    def get_queryset(self):
        rows = SessionTemplate.objects.visible_to(self.request.user).in_use()
        return rows.select_related("topic", "language", "district").order_by("title", "pk")

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        for template in context["object_list"]:
            template.mine = access.allows(self.request.user, "session.plan", template.reach)
        return context


class _OfTemplate(PlanPage):
    @cached_property
    def template(self) -> SessionTemplate:
        return get_object_or_404(self.rows(), uuid=self.kwargs["uuid"])

    def rows(self):
        return SessionTemplate.objects.visible_to(self.request.user).in_use().select_related("topic", "language")


@method_decorator(transaction.atomic, name="post")
class TemplateKeep(_OfTemplate):
    """Changes a template."""

    form_class = TemplateForm
    template_name = "events/staff_template.html"

    def rows(self):
        return held(super().rows(), self.request)

    def get_form_kwargs(self):
        return {**super().get_form_kwargs(), "instance": self.template}

    def done(self, form):
        services.keep_template(template=form.template, by=self.request.user)
        messages.success(self.request, _("The template is kept."))
        return redirect("staff_templates")


class TemplateFromSession(TemplateKeep):
    """Keeps the plan of a session as a template."""

    @cached_property
    def template(self) -> SessionTemplate:
        return template_from(self.session)


class TemplateRetire(StaffAction):
    permission = "session.plan"
    model = SessionTemplate

    def page(self, record):
        return reverse("staff_templates")

    def act(self, record, data):
        services.retire_template(template=record, by=self.request.user)
        messages.success(self.request, _("The template is not offered any more. Its sessions stay."))


class TemplateApply(_OfTemplate, BatchPage):
    form_class = ApplyForm
    template_name = "events/staff_template_apply.html"

    def get_form_kwargs(self):
        return {**super().get_form_kwargs(), "template": self.template}

    def get_context_data(self, **kwargs):
        return super().get_context_data(template=self.template, **kwargs)

    def done(self, form):
        applied = services.apply_template(
            template=self.template,
            places=[(row.session.school, row.session.grade) for row in form.chosen],
            starts_at=form.starts_at,
            by=self.request.user,
            key=form.cleaned_data["key"],
            at_once=form.cleaned_data["at_once"],
        )
        numbers = {"made": applied.made, "already": applied.already + form.already}
        messages.success(self.request, _("Sessions made: %(made)s. There already: %(already)s.") % numbers)
        return redirect("staff_batch", applied.batch.uuid) if applied.batch else redirect("staff_templates")
