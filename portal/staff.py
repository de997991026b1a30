"""The base of the back office: lists, details and actions that obtain rows only through `visible_to(user)`."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext_lazy as _
from django.views.generic import DetailView, View
from django_filters.views import FilterView

from portal import access, audit, exports, step_up
from portal.refusals import NotAllowed, Reason


class StaffView:
    """Needs one grant with `permission`, wherever it reaches; somebody without answers 403, rows out of reach 404. That an
    administrator opens a page by another role of his is in the log before it is made."""

    permission: str
    fresh_for: frozenset[str] = frozenset()  # the methods that need a fresh word of the second factor

    def dispatch(self, request, *args, **kwargs):
        roles = access.PERMISSIONS[self.permission]
        if not any(grant.role in roles for grant in request.user.grants):
            raise NotAllowed(Reason("no_role", _("This page is for people with another role.")))
        if request.method in self.fresh_for and (asked := step_up.demand(request)):
            return asked
        if access.mixes_duties(request.user) and access.Role.ADMINISTRATOR not in roles:
            record = {key: str(value) for key, value in kwargs.items()}
            audit.viewed(request.user, "case_page", request.user, page=request.resolver_match.url_name, **record)
        return super().dispatch(request, *args, **kwargs)


class NearestPage:
    """Paging where a page that is not there shows the nearest one."""

    def paginate_queryset(self, queryset, page_size):
        paginator = self.get_paginator(queryset, page_size)
        page = paginator.get_page(self.request.GET.get("page"))
        return paginator, page, page.object_list, page.has_other_pages()


class NearerEnd(Paginator):
    """Reads a page in the second half from the end: a database walks past all rows before the page."""

    def page(self, number):
        number = self.validate_number(number)
        first = (number - 1) * self.per_page
        last = min(first + self.per_page, self.count)
        if first <= self.count // 2 or isinstance(self.object_list, list):
            return super().page(number)
        backwards = self.object_list.reverse()[self.count - last : self.count - first]
        return self._get_page(list(backwards)[::-1], number, self)


class StaffList(NearestPage, StaffView, FilterView):
    """A filtered, paged list. `filterset_class` gets rows that the reader may see, in an order without ties."""

    paginate_by = 25
    paginator_class = NearerEnd
    strict = False

    def get_queryset(self):
        return self.model.objects.visible_to(self.request.user)

    def rows(self):
        """What the rows of a page are taken from, by their keys; a list adds here what it shows and does not sort by."""
        return self.get_queryset()

    def paginate_queryset(self, queryset, page_size):
        """The keys of the page first: what the filters and the order cost is paid for keys, and not for whole rows."""
        keys = queryset if isinstance(queryset, list) else queryset.values_list("pk", flat=True)
        paginator, page, shown, has_others = super().paginate_queryset(keys, page_size)
        shown = list(shown)
        found = self.rows().in_bulk(shown)
        page.object_list = [found[key] for key in shown if key in found]
        return paginator, page, page.object_list, has_others


class StaffDetail(StaffView, DetailView):
    """One record by its uuid. With `sensitive` the look is logged before the page is made, and a fresh word of the second
    factor is asked for before that."""

    slug_field = slug_url_kwarg = "uuid"
    sensitive = ""

    @property
    def fresh_for(self):
        return step_up.READING if self.sensitive else frozenset()

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

    Subclasses give `model`, `page(record)` (the address to go to), where a form is filled in `form_class` and
    `form_invalid(record, form)`, and either `act(record, data)` or the `service`, the `noun` by which it calls the
    record, and what is `done` then.
    """

    http_method_names = ["get", "head", "post"]
    form_class = None
    service = None
    noun = done = ""

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

    def act(self, record, data):
        self.service(**{self.noun: record}, by=self.request.user, **data)
        messages.success(self.request, self.done)


class StaffExport(StaffView, View):
    """A list to take along, by POST of an `exports.ExportForm`: the kind of file, and why. Without a reason the page of the
    list comes back, and who comes by GET is led to it.

    Subclasses give `page()` (its address), `list_page(form)` (its answer, with the form on it), and `table(why)`, which
    calls `services.note_export` before it returns.
    """

    fresh_for = step_up.ACTING
    http_method_names = ["get", "head", "post"]

    def get(self, request, *args, **kwargs):
        return redirect(self.page())

    def post(self, request, *args, **kwargs):
        form = exports.ExportForm(request.POST)
        if not form.is_valid():
            response = self.list_page(form)
            response.status_code = 422
            return response
        return exports.FORMATS[form.cleaned_data["file"]](self.table(form.cleaned_data["why"]))
