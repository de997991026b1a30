"""A mentor's own hours, and his certificates of them."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from django.views.generic import FormView, TemplateView

from events import services
from events.certificates import as_pdf
from events.forms import CertificateForm
from events.models import Certificate, HoursEntry
from events.services import hours
from events.services.feedback import awaited_of_mentor
from mentors.permissions import mentor_of
from portal.refusals import Gone, NotAllowed, Reason, Refused

FIELDS = {"order": "last_day", "future": "last_day"}  # where a reason of the service belongs


class MyHours(TemplateView):
    """By month, as they count in the register of volunteers; corrections with the coordinator's reason."""

    template_name = "events/my_hours.html"

    def get_context_data(self, **kwargs):
        entries = HoursEntry.objects.filter(person=mentor_of(self.request.user))
        months = sorted(hours.sums(entries, "month").items(), reverse=True)
        corrections = entries.exclude(corrects=None).select_related("booking__session__school")
        return super().get_context_data(
            months=months,
            visits=sum(counted.visits for _month, counted in months),
            minutes=sum(counted.minutes for _month, counted in months),
            most=max((counted.minutes for _month, counted in months), default=0),
            corrections=corrections,
            awaited=awaited_of_mentor(self.request.user)[:10],
            **kwargs,
        )


class MyCertificates(FormView):
    """Asks for a certificate of a period; shows those that there are."""

    form_class = CertificateForm
    template_name = "events/my_certificates.html"

    def get_context_data(self, **kwargs):
        mentor_of(self.request.user)
        certificates = Certificate.objects.visible_to(self.request.user)
        return super().get_context_data(certificates=certificates, **kwargs)

    def form_valid(self, form):
        try:
            certificate = services.issue_certificate(by=self.request.user, **form.cleaned_data)
        except NotAllowed:
            raise
        except Refused as refusal:
            for reason in refusal.reasons:
                form.add_error(FIELDS.get(reason.code), reason.text)
            return self.form_invalid(form)
        messages.success(self.request, _("Your certificate is ready: %(serial)s") % {"serial": certificate.serial})
        return redirect("my_certificates")

    def form_invalid(self, form):
        return self.render_to_response(self.get_context_data(form=form), status=422)


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
