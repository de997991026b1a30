from __future__ import annotations

from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from events.models import Booking


class VisitField(forms.ModelChoiceField):
    def label_from_instance(self, booking: Booking) -> str:
        begins = date_format(timezone.localtime(booking.starts_at), "SHORT_DATETIME_FORMAT")
        return f"{begins}, {booking.session.school.name}"


class SecondChoiceForm(forms.Form):
    """Which of `visits` he gives up for a place in the line; with `needed` he cannot do without naming one."""

    gives_back = VisitField(
        Booking.objects.none(),
        label=_("Visit that I give back for it"),
        help_text=_("It stays yours until you take the place here; in that moment it is cancelled."),
        to_field_name="uuid",
        required=False,
        empty_label=_("None"),
    )

    def __init__(self, *args, visits: QuerySet[Booking], needed: bool = False, **kwargs):
        super().__init__(*args, **kwargs)
        field = self.fields["gives_back"]
        field.queryset = visits.with_session().order_by("starts_at", "pk")
        if needed:
            field.required, field.empty_label = True, "—"
            field.help_text = _("It stands in the way. It stays yours until you take the place here.")
