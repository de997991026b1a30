"""Forms about somebody's standing: what he fills in himself, and what staff do."""

from __future__ import annotations

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.merging import Merging
from portal.models import User
from volunteers.forms.staff import StaffChoice, StaffForm
from volunteers.models import Person
from volunteers.services import leaving, pauses, photos, supervision

DATE = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
YES_NO = [("yes", _("Yes")), ("no", _("No"))]


class PauseForm(forms.Form):
    starts_on = forms.DateField(label=_("From"), widget=DATE)
    ends_on = forms.DateField(label=_("Until"), widget=DATE)

    def __init__(self, *args, person: Person, **kwargs):
        super().__init__(*args, **kwargs)
        self.person = person

    def clean(self):
        cleaned = super().clean()
        if not self.errors:
            for reason in pauses.problems(self.person, cleaned["starts_on"], cleaned["ends_on"]):
                self.add_error("starts_on" if reason.code == "pause_past" else "ends_on", reason.text)
        return cleaned


class LeaveForm(forms.Form):
    reason = forms.ChoiceField(
        label=_("Why do you leave?"),
        choices=[(reason.value, reason.label) for reason in leaving.OWN_REASONS],
        widget=forms.RadioSelect,
    )
    note = forms.CharField(
        label=_("What would you like to tell us?"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("You need not write anything."),
    )
    sure = forms.BooleanField(
        label=_("Yes, I leave the programme today"),
        error_messages={"required": _("Tick it if you are sure.")},
    )


class PhotoForm(forms.Form):
    photo = forms.FileField(
        label=_("A photo of your face"),
        help_text=_("JPEG or PNG. Whoever scans the code of your badge sees it while you are cleared."),
        widget=forms.FileInput(attrs={"accept": ".jpg,.jpeg,.png,image/jpeg,image/png"}),
    )

    def clean_photo(self) -> tuple[bytes, str]:
        return photos.clean_photo(self.cleaned_data["photo"])


class ExitForm(StaffForm):
    reason = forms.ChoiceField(
        label=_("Reason"),
        choices=[("", _("Choose")), *((reason.value, reason.label) for reason in leaving.STAFF_REASONS)],
    )
    conversation_held = forms.BooleanField(label=_("A closing conversation was held"), required=False)
    may_reapply = forms.BooleanField(label=_("May apply again"), required=False, initial=True)
    note = forms.CharField(
        label=_("Internal note"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("It is kept encrypted; only a safeguarding lead can read it."),
    )


class CoverForm(StaffForm):
    cover = StaffChoice(User.objects.none(), label=_("Who stands in"))
    starts_on = forms.DateField(label=_("From"), widget=DATE)
    ends_on = forms.DateField(label=_("Until"), widget=DATE)

    def __init__(self, *args, person: Person, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["cover"].queryset = supervision.supervisors_for(person)
        self.fields["starts_on"].initial = timezone.localdate


class OpinionForm(Merging, forms.Form):
    supports = forms.ChoiceField(label=_("Should this mentor go on?"), choices=YES_NO, widget=forms.RadioSelect)
    text = forms.CharField(
        label=_("In a sentence or two: why?"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("How do the visits go, does he keep the rules of safe contact? Please name no child."),
    )

    def clean_supports(self) -> bool:
        return self.cleaned_data["supports"] == "yes"


class EndorserForm(forms.Form):
    contact = forms.CharField(
        label=_("E-mail or phone"),
        max_length=254,
        required=False,
        help_text=_("Of somebody who has an account here. Leave it empty to name nobody."),
    )

    def clean_contact(self) -> User | None:
        contact = self.cleaned_data["contact"].strip()
        if not contact:
            return None
        user = User.objects.filter(email__iexact=contact).first() or User.objects.filter(phone=contact).first()
        if user is None or not user.is_active:
            raise forms.ValidationError(_("There is no such account."), code="unknown")
        return user
