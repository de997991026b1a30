"""The texts that people accept: their versions, and a new one, previewed before it is published for good."""

from __future__ import annotations

from functools import cached_property

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.db.models import Prefetch
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.generic import ListView, View

from portal.merging import held
from portal.staff import StaffView
from volunteers.forms.agreements import VersionForm
from volunteers.models import Agreement, AgreementVersion
from volunteers.services import agreements


class AgreementList(StaffView, ListView):
    permission = "agreement.publish"
    template_name = "volunteers/staff/agreements.html"

    def get_queryset(self):
        return Agreement.objects.order_by("pk").prefetch_related(
            Prefetch("versions", AgreementVersion.objects.order_by("-number"), to_attr="published")
        )


@method_decorator(transaction.atomic, name="post")
class NewVersion(StaffView, View):
    """Form → preview → published. The words travel in the page until then; nothing is kept before."""

    permission = "agreement.publish"
    http_method_names = ["get", "head", "post"]

    @cached_property
    def agreement(self) -> Agreement:
        return get_object_or_404(held(Agreement.objects.all(), self.request), code=self.kwargs["code"])

    @cached_property
    def newest(self) -> AgreementVersion | None:
        return self.agreement.versions.order_by("-number").first()

    def get(self, request, code):
        return self._page("agreement_new", self._form())

    def post(self, request, code):
        form = self._form(request.POST)
        if not form.is_valid():
            return self._page("agreement_new", form, status=422)
        if "change" in request.POST:
            return self._page("agreement_new", form)
        if "publish" not in request.POST:
            return self._page(
                "agreement_preview", form, texts=self._texts(form.version()), day=form.version()["valid_from"]
            )
        agreements.publish_version(agreement=self.agreement, by=request.user, **form.version())
        messages.success(request, _("The new version is published."))
        return redirect("staff_agreements")

    def _form(self, data=None) -> VersionForm:
        demanded = self.agreement.code in agreements.demanded_codes()
        return VersionForm(data, newest=self.newest, demanded=demanded)

    def _page(self, template: str, form: VersionForm, status: int = 200, **more) -> TemplateResponse:
        context = {"agreement": self.agreement, "newest": self.newest, "form": form, **more}
        return TemplateResponse(self.request, f"volunteers/staff/{template}.html", context, status=status)

    @staticmethod
    def _texts(version: dict) -> list[dict]:
        return [
            {"code": code, "language": name, "title": version["title"][code], "html": version["html"][code]}
            for code, name in settings.LANGUAGES
        ]
