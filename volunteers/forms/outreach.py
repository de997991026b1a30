"""Inviting by name, and asking to be called back."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from portal import access
from portal.accounts import EMAIL_LENGTH, PhoneField
from portal.models import District, User
from portal.names import name_alone
from volunteers.forms.referee import OWN_NAMES
from volunteers.models import Organisation, ProgrammeRole


def districts_of(user: User, permission: str):
    """The districts where `user` has `permission`."""
    return District.objects.filter(access.within(user, permission, district="pk"))


class InvitationForm(forms.Form):
    name = forms.CharField(label=_("Family name and given name"), max_length=100, validators=[name_alone])
    email = forms.EmailField(
        label=_("The person's e-mail"),
        required=False,
        max_length=EMAIL_LENGTH,
        help_text=_("E-mail or phone: one of them is enough. We will send a link to it."),
    )
    phone = PhoneField(label=_("The person's phone"), required=False)
    role = forms.ModelChoiceField(ProgrammeRole.objects.filter(is_open=True), label=_("Role"), empty_label=_("Choose"))
    organisation = forms.ModelChoiceField(
        Organisation.objects.filter(is_active=True),
        label=_("Organisation"),
        required=False,
        empty_label=_("None, or not in the list"),
    )
    district = forms.ModelChoiceField(District.objects.none(), label=_("District"), empty_label=_("Choose"))
    language = forms.ChoiceField(
        label=_("In which language shall we write to this person?"), choices=OWN_NAMES, widget=forms.RadioSelect
    )

    def __init__(self, *args, user: User, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["district"].queryset = districts_of(user, "invitation.send")

    def clean(self):
        cleaned = super().clean()
        if not {"email", "phone"} & set(self.errors) and not cleaned.get("email") and not cleaned.get("phone"):
            self.add_error("email", _("Write an e-mail or a phone: we will send a link to it."))
        return cleaned


class InterestForm(forms.Form):
    name = forms.CharField(
        label=_("Your name"),
        max_length=100,
        validators=[name_alone],
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    phone = PhoneField(label=_("Your phone"))
    district = forms.ModelChoiceField(District.objects.all(), label=_("District"), empty_label=_("Choose"))
    role = forms.ModelChoiceField(
        ProgrammeRole.objects.filter(is_open=True),
        to_field_name="code",
        required=False,
        label=_("Role"),
        empty_label=_("I do not know yet"),
    )
