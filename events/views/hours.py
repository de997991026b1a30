"""A mentor's own hours, and his certificates of them."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from django.views.generic import FormView, View

from events import services
from events.certificates import as_pdf
from events.forms import CertificateForm, WorkForm
from events.models import Certificate, HoursEntry, WorkEntry
from events.services import hours
from events.services.feedback import awaited_of_mentor
from mentors.permissions import mentor_of
from portal.refusals import Gone, NotAllowed, Reason, Refused

PAGE = 20


class ServiceForm(FormView):
    """A form whose service may refuse: what was typed stays, each reason beside the field that `fields` names for it."""

    fields: dict[str, str] = {}

    def form_valid(self, form):
        try:
            return self.serve(form.cleaned_data)
        except NotAllowed:
            raise
        except Refused as refusal:
            for reason in refusal.reasons:
                form.add_error(self.fields.get(reason.code), reason.text)
            return self.form_invalid(form)

    def form_invalid(self, form):
        return self.render_to_response(self.get_context_data(form=form), status=422)


class MyHours(ServiceForm):
    """By month, as they count in the register of volunteers; corrections with the coordinator's reason; work outside
    sessions, which is written down here."""

    form_class = WorkForm
    template_name = "events/my_hours.html"
    fields = {"future": "day", "too_old": "day", "minutes": "hours", "day_full": "hours", "note": "note"}

    def get_context_data(self, **kwargs):
        person = mentor_of(self.request.user)
        entries, work = HoursEntry.objects.filter(person=person), WorkEntry.objects.of(self.request.user)
        sums, others = hours.sums(entries, "month"), work.counted().minutes_by("month")
        months = [(month, sums.get(month, hours.Sum()), others.get(month, 0)) for month in sums.keys() | others.keys()]
        corrections = entries.exclude(corrects=None).select_related("booking__session__school")
        return super().get_context_data(
            months=sorted(months, reverse=True),
            visits=sum(counted.visits for counted in sums.values()),
            minutes=sum(counted.minutes for counted in sums.values()),
            work_minutes=sum(others.values()),
            most=max((counted.minutes for counted in sums.values()), default=0),
            corrections=corrections,
            awaited=awaited_of_mentor(self.request.user)[:10],
            page_obj=Paginator(work, PAGE).get_page(self.request.GET.get("page")),
            **kwargs,
        )

    def serve(self, data):
        services.note_work(by=self.request.user, **data)
        messages.success(self.request, _("Written down. It counts when your coordinator has confirmed it."))
        return redirect(f"{reverse('my_hours')}#work")


class WorkWithdraw(View):
    """Takes an entry back on POST. Who comes by GET, say after signing in again, is led to his hours."""

    http_method_names = ["get", "head", "post"]

    def get(self, request, uuid):
        return redirect("my_hours")

    def post(self, request, uuid):
        entry = get_object_or_404(WorkEntry.objects.of(request.user), uuid=uuid)
        services.withdraw_work(entry=entry, by=request.user)
        messages.success(request, _("Taken back."))
        return redirect(f"{reverse('my_hours')}#work")


class MyCertificates(ServiceForm):
    """Asks for a certificate of a period; shows those that there are."""

    form_class = CertificateForm
    template_name = "events/my_certificates.html"
    fields = {"order": "last_day", "future": "last_day", "year": "first_day"}

    def get_context_data(self, **kwargs):
        mentor_of(self.request.user)
        certificates = Certificate.objects.visible_to(self.request.user)
        return super().get_context_data(certificates=certificates, **kwargs)

    def serve(self, data):
        certificate = services.issue_certificate(by=self.request.user, **data)
        messages.success(self.request, _("Your certificate is ready: %(serial)s") % {"serial": certificate.serial})
        return redirect("my_certificates")


@require_safe
def my_certificate(request: HttpRequest, uuid) -> HttpResponse:
    """The paper, in the reader's language. A certificate that was taken back is not handed out any more."""
    certificates = Certificate.objects.visible_to(request.user).select_related("person")
    certificate = get_object_or_404(certificates, uuid=uuid)
    if certificate.revoked_at:
        raise Gone(Reason("revoked", _("Hours in this certificate were corrected later. Please make a new one.")))
    response = HttpResponse(as_pdf(certificate, request.user.language), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="tirek-{certificate.serial}.pdf"'
    response["Cache-Control"] = "private, no-store"
    return response
