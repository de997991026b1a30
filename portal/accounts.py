"""How people sign up and sign in (allauth): by e-mail or phone, by password or one-time code, letters through the outbox."""

from __future__ import annotations

import uuid

import phonenumbers
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import LoginForm as AllauthLoginForm
from allauth.account.forms import SignupForm as AllauthSignupForm
from allauth.account.stages import EmailVerificationStage as AllauthEmailVerificationStage
from django import forms
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from portal import mail
from portal.models import OutgoingMessage, User

EMAIL_LENGTH = User._meta.get_field("email").max_length


class PhoneField(forms.CharField):
    """A phone in any spelling («8 701 …», «701 …», «+7 (701) …»); its value is E.164."""

    def __init__(self, **kwargs):
        kwargs.setdefault("label", _("Phone"))
        kwargs.setdefault("max_length", 40)
        super().__init__(**kwargs)
        self.widget.attrs.update({"autocomplete": "tel", "inputmode": "tel"})
        self.widget.input_type = "tel"

    def clean(self, value):
        value = super().clean(value)
        if not value:
            return ""
        if number := parse_phone(value):
            return number
        raise forms.ValidationError(
            _("This is not a phone number. Write it like this: +7 701 123 45 67."), code="phone"
        )


class AccountForm(forms.ModelForm):
    """What somebody sets of his own account. Who has both an e-mail and a verified phone chooses what comes to both."""

    urgent_texts = forms.BooleanField(
        label=_("Urgent news also by text message"),
        required=False,
        help_text=_(
            "A visit of the next two days that was changed or cancelled, a place that is free for you at short notice, a "
            "reminder two hours before a visit. In the night only what cannot wait for the morning."
        ),
    )

    class Meta:
        model = User
        fields = ["last_name", "first_name", "language", "district"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["urgent_texts"].initial = self.instance.urgent_texts
        if not (self.instance.email and self.instance.phone and self.instance.phone_verified):
            del self.fields["urgent_texts"]


def parse_phone(text: str) -> str | None:
    """E.164 of a phone typed in Kazakhstan, or None. Numbers of other countries need their `+` code."""
    try:
        number = phonenumbers.parse(text, "KZ")
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


class LoginForm(AllauthLoginForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("E-mail or phone")
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)


class SignupForm(AllauthSignupForm):
    """One of e-mail and phone is enough. Takes as long for a known address as for a new one: time would tell who has an account."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("E-mail")
        self.fields["email"].help_text = _("E-mail or phone: one of them is enough. We will send a code to it.")
        self.fields["email"].required = self.fields["phone"].required = False
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)

    def clean(self):
        cleaned = super().clean()
        if not self.errors and not cleaned.get("email") and not cleaned.get("phone"):
            self.add_error("email", _("Write your e-mail or your phone: you will sign in with it."))
        return cleaned

    def try_save(self, request):
        if self.account_already_exists:
            make_password(self.cleaned_data["password1"])
        return super().try_save(request)


class EmailVerificationStage(AllauthEmailVerificationStage):
    """allauth's, passed over for an account that has no e-mail: its phone was verified in the stage before."""

    def handle(self):
        user = self.login.user
        if not (user.email if user else self.login.email):
            return None, True
        return super().handle()


class AccountAdapter(DefaultAccountAdapter):
    def get_login_stages(self):
        ours = f"{EmailVerificationStage.__module__}.{EmailVerificationStage.__qualname__}"
        return [ours if path.endswith(".EmailVerificationStage") else path for path in super().get_login_stages()]

    def clean_email(self, email):
        if len(email) > EMAIL_LENGTH:  # allauth's own fields let pass more than the column holds
            raise forms.ValidationError(_("This e-mail is too long. Please use another one."), code="max_length")
        return super().clean_email(email)

    def phone_form_field(self, **kwargs):
        return PhoneField(**kwargs)

    def save_user(self, request, user, form, commit=True):
        user.language = translation.get_language() or "kk"
        return super().save_user(request, user, form, commit)

    def get_phone(self, user):
        return (user.phone, user.phone_verified) if user.phone else None

    def set_phone(self, user, phone, verified):
        user.phone, user.phone_verified = phone or None, verified
        user.save(update_fields=["phone", "phone_verified"])

    def set_phone_verified(self, user, phone):
        self.set_phone(user, phone, True)

    def get_user_by_phone(self, phone):
        return User.objects.filter(phone=parse_phone(phone) or phone).first()

    def send_verification_code_sms(self, user, phone, code, **kwargs):
        self._text(phone, "account/sms_code", {"code": code}, user)

    def send_unknown_account_sms(self, phone, **kwargs):
        self._text(phone, "account/sms_unknown", {})

    def send_account_already_exists_sms(self, phone):
        self._text(phone, "account/sms_exists", {})

    def _text(self, phone: str, letter: str, context: dict, user: User | None = None) -> None:
        language = translation.get_language() or "kk"
        mail.queue(
            letter,
            mail.Recipient(language, phone=phone, user=user),
            context,
            dedupe_key=f"{letter}:{uuid.uuid4()}",
            is_secret=True,
        )

    def format_email_subject(self, subject):
        return f"{subject} – Tirek"

    def send_mail(self, template_prefix, email, context):
        """allauth's letter as an outbox row: a mail server that is down is no error page."""
        letter = self.render_mail(template_prefix, email, {**context, "email": email, "request": self.request})
        message = OutgoingMessage.objects.create(
            letter=template_prefix,
            channel=OutgoingMessage.Channel.EMAIL,
            address=email,
            recipient=context.get("user") if getattr(context.get("user"), "pk", None) else None,
            language=translation.get_language() or "kk",
            subject=letter.subject,
            text=letter.body,
            html=letter.alternatives[0][0] if getattr(letter, "alternatives", None) else "",
            dedupe_key=f"{template_prefix}:{uuid.uuid4()}",
            is_secret=True,
            due_at=timezone.now(),
        )
        transaction.on_commit(lambda: mail.hint(message.pk), robust=True)
