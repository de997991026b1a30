"""A step that a mentor makes with one press of a button."""

from __future__ import annotations

from django.contrib import messages
from django.shortcuts import redirect
from django.urls import reverse
from django.views import View


class Step(View):
    """A POST without a form: service → message → redirect. Who comes to its address by GET, say after signing in again, is
    led to the page.

    Subclasses give `record()`, a row that is the reader's to touch or 404, `act(record)`, which returns what to tell him,
    and `session(record)`, whose page follows, or `page(record)`.
    """

    http_method_names = ["get", "head", "post"]

    def get(self, request, *args, **kwargs):
        return redirect(self.page(self.record()))

    def post(self, request, *args, **kwargs):
        record = self.record()
        messages.success(request, self.act(record))
        return redirect(self.page(record))

    def page(self, record) -> str:
        return reverse("session_detail", args=[self.session(record).uuid])
