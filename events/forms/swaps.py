from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from events.models import Booking
from events.services.swaps import colleagues_of
from volunteers.models import Person

ANYBODY = "any"


class HandOverForm(forms.Form):
    """Only those whom the mentor knows are named to him. `to_person` is one of them, or None for anybody."""

    to_person = forms.ChoiceField(
        label=_("Who should come in your place?"),
        help_text=_("Mentors with whom you made a visit, and those of your organisation."),
        initial=ANYBODY,
    )

    def __init__(self, *args, booking: Booking, **kwargs):
        super().__init__(*args, **kwargs)
        coming = booking.session.bookings.holding().values("person")
        known = colleagues_of(booking.person).exclude(pk__in=coming)
        self.known = {str(person.uuid): person for person in known}
        names = [(uuid, person.full_name) for uuid, person in self.known.items()]
        self.fields["to_person"].choices = [(ANYBODY, _("Any mentor who may come")), *names]

    def clean_to_person(self) -> Person | None:
        return self.known.get(self.cleaned_data["to_person"])
