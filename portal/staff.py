"""The base of the back office: lists, details and actions that obtain rows only through `visible_to(user)`."""

from __future__ import annotations

from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext_lazy as _
from django.views.generic import DetailView, View
from django_filters.views import FilterView

from portal import access, audit
from portal.refusals import NotAllowed, Reason


class StaffView:
    """Needs one grant with `permission`, wherever it reaches; somebody without answers 403, rows out of reach 404."""

    permission: str

    def dispatch(self, request, *args, **kwargs):
        if not any(grant.role in access.PERMISSIONS[self.permission] for grant in request.user.grants):
            raise NotAllowed(Reason("no_role", _("This page is for people with another role.")))
        return super().dispatch(request, *args, **kwargs)


class NearestPage:
    """Paging where a page that is not there shows the nearest one."""

    def paginate_queryset(self, queryset, page_size):
        paginator = self.get_paginator(queryset, page_size)
        page = paginator.get_page(self.request.GET.get("page"))
        return paginator, page, page.object_list, page.has_other_pages()


class StaffList(NearestPage, StaffView, FilterView):
    """A filtered, paged list. `filterset_class` gets rows that the reader may see."""

    paginate_by = 25
    strict = False

    def get_queryset(self):
        return self.model.objects.visible_to(self.request.user)


class StaffDetail(StaffView, DetailView):
    """One record by its uuid. With `sensitive` the look is logged before the page is made."""

    slug_field = slug_url_kwarg = "uuid"
    sensitive = ""

    def get_queryset(self):
        return self.model.objects.visible_to(self.request.user)

    def get_object(self, queryset=None):
        record = super().get_object(queryset)
        if self.sensitive:
            audit.viewed(record, self.sensitive, self.request.user)
        return record


class StaffAction(StaffView, View):
    """A POST that makes one move: form → service → redirect. A form with errors shows the page of the record again;
    who comes to its address by GET, after signing in again or by the links to other languages, is led to that page.

    Subclasses give `model`, `act(record, data)`, `page(record)` (the address to go to) and, where a form is filled in,
    `form_class` and `form_invalid(record, form)`.
    """

    http_method_names = ["get", "head", "post"]
    form_class = None

    def record(self):
        return get_object_or_404(self.model.objects.visible_to(self.request.user), uuid=self.kwargs["uuid"])

    def get(self, request, *args, **kwargs):
        return redirect(self.page(self.record()))

    def post(self, request, *args, **kwargs):
        record = self.record()
        data = {}
        if self.form_class:
            form = self.get_form(record)
            if not form.is_valid():
                return self.form_invalid(record, form)
            data = form.cleaned_data
        self.act(record, data)
        return redirect(self.page(record))

    def get_form(self, record):
        return self.form_class(self.request.POST, self.request.FILES)
