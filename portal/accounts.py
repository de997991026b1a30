"""How people sign up and sign in (allauth): by e-mail or phone, by password or one-time code, letters through the outbox."""

from __future__ import annotations

import uuid

import phonenumbers
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.account.forms import LoginForm as AllauthLoginForm
from allauth.account.forms import RequestLoginCodeForm as AllauthRequestCodeForm
from allauth.account.forms import SignupForm as AllauthSignupForm
from allauth.account.stages import EmailVerificationStage as AllauthEmailVerificationStage
from django import forms
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.db import transaction
from django.db.models import Q
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from portal import devices, guessing, mail, texts
from portal.merging import Merging
from portal.models import User
from portal.names import name_alone

EMAIL_LENGTH = User._meta.get_field("email").max_length
# The one link of a letter, by its name; letters about changes lead to where one sees who is signed in.
LINKS = {"account_already_exists": "account_login", "unknown_account": "account_signup"}


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


class AccountForm(Merging, forms.ModelForm):
    """What somebody sets of his own account. Who has both an e-mail and a verified phone chooses how letters come, and what
    comes to both."""

    letters_by = forms.ChoiceField(
        label=_("How letters come"),
        choices=texts.ways,
        widget=forms.RadioSelect,
        help_text=_(
            "Codes and secret links come by e-mail, whatever you choose. In the night your phone stays silent."
        ),
    )

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
        for name in ("last_name", "first_name"):
            self.fields[name].validators.append(name_alone)
        both = self.instance.email and self.instance.phone and self.instance.phone_verified
        for name in ("letters_by", "urgent_texts"):
            self.fields[name].initial = getattr(self.instance, name)
            if not both:
                del self.fields[name]


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


class RequestCodeForm(AllauthRequestCodeForm):
    """Allauth's takes an empty form for filled in, and its view fails."""

    def clean(self):
        cleaned = super().clean()
        if not self.errors and not cleaned.get("email") and not cleaned.get("phone"):
            self.add_error("email", _("Write your e-mail or your phone: you will sign in with it."))
        return cleaned


class SignupForm(AllauthSignupForm):
    """One of e-mail and phone is enough. Takes as long for a known address as for a new one, for time would tell who has an
    account: a password is hashed for both, and what is written is written at once (benchmarks/enumeration.py)."""

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
        if not self.errors and cleaned.get("phone"):
            try:
                validate_password(cleaned["password1"], User(phone=cleaned["phone"]))
            except forms.ValidationError as error:
                self.add_error("password1", error)
        return cleaned

    @transaction.atomic
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
    error_messages = DefaultAccountAdapter.error_messages | {
        "too_many_login_attempts": _("Too many attempts. Please wait a few minutes, then try again."),
        "too_many_passwords": _("Too many wrong passwords. Wait five minutes, or sign in by a one-time code."),
    }

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
        """Of a phone that is new to somebody who has signed in before, a letter goes where he was reached until now."""
        is_news = user.last_login is not None and phone != (user.phone if user.phone_verified else None)
        before = mail.Recipient(user.language, user.email or "", user.phone or "", user)
        self.set_phone(user, phone, True)
        if is_news:
            self._tell("phone_changed", before)

    def confirm_email(self, request, email_address):
        """Of the first e-mail of somebody who was reached by phone alone a text message goes there: allauth writes to old
        e-mails only."""
        user = email_address.user
        is_first = user.last_login is not None and not user.email and user.phone_verified
        confirmed = super().confirm_email(request, email_address)
        if confirmed and is_first:
            self._tell("email_added", mail.Recipient(user.language, phone=user.phone, user=user))
        return confirmed

    def get_user_by_phone(self, phone):
        return User.objects.filter(phone=parse_phone(phone) or phone).first()

    # --- guessing -----------------------------------------------------------------------------------------------

    def pre_authenticate(self, request, **credentials):
        self._attempt = guessing.password_for(request, *self._whose(**credentials))
        if not self._attempt.is_allowed():
            raise self.validation_error("too_many_passwords")

    def authenticate(self, request, **credentials):
        user = super().authenticate(request, **credentials)
        if user:
            self._attempt.forgive()
        return user

    @staticmethod
    def _whose(*, email: str = "", phone: str = "", **rest) -> tuple[str, User | None]:
        """What was typed, as it is stored, and whose it is."""
        login = email.lower() if email else parse_phone(phone) or phone
        return login, User.objects.filter(Q(email__iexact=login) | Q(phone=login)).first()

    def get_reauthentication_methods(self, user):
        """Whoever has a second factor shows it: a password alone is not enough for what is asked for again."""
        methods = super().get_reauthentication_methods(user)
        by_second_factor = [method for method in methods if method["id"].startswith("mfa_")]
        return by_second_factor if by_second_factor and settings.SECOND_FACTOR_REQUIRED else methods

    # --- signing in ---------------------------------------------------------------------------------------------

    def login(self, request, user):
        """The password of an account that is entered by a code at its very first time was never proven: somebody may have
        signed up with the address of somebody else, to have a key when he comes."""
        request.is_first_sign_in = user.last_login is None
        methods = {record["method"] for record in get_authentication_records(request, user)}
        if request.is_first_sign_in and "code" in methods and "password" not in methods:
            user.set_unusable_password()
            user.save(update_fields=["password"])
        super().login(request, user)

    def post_login(self, request, user, **kwargs):
        response = super().post_login(request, user, **kwargs)
        if not request.is_first_sign_in and not devices.browser_of(request).knows(user):
            self._tell("new_device", mail.Recipient.of(user))
        devices.remember(request, response, user)
        return response

    # --- letters ------------------------------------------------------------------------------------------------

    def send_verification_code_sms(self, user, phone, code, **kwargs):
        self._queue("sms_code", mail.Recipient(self._language(), phone=phone, user=user), {"code": code})

    def send_unknown_account_sms(self, phone, **kwargs):
        self._queue("sms_unknown", mail.Recipient(self._language(), phone=phone), {})

    def send_account_already_exists_sms(self, phone):
        self._queue("sms_exists", mail.Recipient(self._language(), phone=phone), {})

    def send_mail(self, template_prefix, email, context):
        """allauth's letter in our words, as an outbox row: a mail server that is down is no error page."""
        user = context.get("user")
        to = mail.Recipient(self._language(), email=email, user=user if getattr(user, "pk", None) else None)
        words = {"code": context["code"]} if "code" in context else {}
        self._queue(template_prefix.rsplit("/", 1)[1], to, words)

    def send_notification_mail(self, template_prefix, user, context=None, email=None):
        to = mail.Recipient(user.language, email=email, user=user) if email else mail.Recipient.of(user)
        self._tell(template_prefix.rsplit("/", 1)[1], to)

    def _tell(self, letter: str, to: mail.Recipient) -> None:
        """What was done with an account, to its owner: when and from what browser, and what to do if it was not he."""
        words = {"when": timezone.now(), "browser": devices.in_words(self.get_http_user_agent(self.request))}
        if to.email or to.phone:
            self._queue(letter, to, words, ("account_sessions",))

    @staticmethod
    def _queue(letter: str, to: mail.Recipient, words: dict, action: tuple[str, ...] = ()) -> None:
        mail.queue(
            f"account/{letter}",
            to,
            words,
            dedupe_key=f"account/{letter}:{uuid.uuid4()}",
            action=action or ((LINKS[letter],) if letter in LINKS else ()),
            is_secret=True,
        )

    @staticmethod
    def _language() -> str:
        return translation.get_language() or "kk"
