"""Accounts of the staff, for administrators: who holds which role, giving and ending roles, closing an account. No case,
no person of the programme is seen here."""

from __future__ import annotations

import django_filters as filters
from django import forms
from django.contrib import messages
from django.db.models import Exists, OuterRef, Prefetch, Q
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from portal import access, services, step_up
from portal.access import Role
from portal.accounts import parse_phone
from portal.filters import LONGEST
from portal.models import District, RoleGrant, School, User
from portal.staff import StaffAction, StaffDetail, StaffList

PAGE = "staff/account.html"


def _accounts():
    """Every account, with the grants in force; closed ones stay readable."""
    grants = RoleGrant.objects.in_force().select_related("district", "school").order_by("role", "pk")
    rows = User.objects.prefetch_related(Prefetch("role_grants", grants, to_attr="grants_in_force"))
    return rows.order_by("last_name", "first_name", "pk")


class AccountFilter(filters.FilterSet):
    """Those who hold or held a role; anybody else is found by his exact e-mail or phone, to give him his first one."""

    account = filters.CharFilter(label=_("E-mail or phone"), method="filter_account", max_length=LONGEST)
    role = filters.ChoiceFilter(label=_("Role"), choices=Role.choices, empty_label=_("All"), method="filter_role")

    class Meta:
        model = User
        fields: list[str] = []

    def filter_account(self, queryset, name, value):
        return queryset.filter(Q(email__iexact=value.strip()) | Q(phone=parse_phone(value) or "-"))

    def filter_role(self, queryset, name, value):
        return queryset.filter(Exists(RoleGrant.objects.in_force().filter(user=OuterRef("pk"), role=value)))

    def filter_queryset(self, queryset):
        queryset = super().filter_queryset(queryset)
        if self.form.cleaned_data.get("account"):
            return queryset
        return queryset.filter(Exists(RoleGrant.objects.filter(user=OuterRef("pk"))))


class AccountList(StaffList):
    permission = "account.manage"
    model = User
    filterset_class = AccountFilter
    template_name = "staff/accounts.html"

    def get_queryset(self):
        return _accounts()

    def get_filterset_kwargs(self, filterset_class):
        return super().get_filterset_kwargs(filterset_class) | {"data": self.request.GET}  # also when it is empty


class GrantForm(forms.Form):
    """A role with its reach: a school for a contact person of a school, a district or the whole oblast for the rest."""

    use_required_attribute = False
    role = forms.ChoiceField(
        label=_("Role"),
        choices=Role.choices,
        help_text=_(
            "Safeguarding leads, appeal members, auditors and administrators have to be confirmed by a second person."
        ),
    )
    district = forms.ModelChoiceField(
        label=_("District"), queryset=District.objects.all(), required=False, empty_label=_("The whole oblast")
    )
    school = forms.ModelChoiceField(
        label=_("School"),
        queryset=School.objects.all(),
        required=False,
        help_text=_("For a school contact person, and only for one."),
    )

    def clean(self):
        cleaned = super().clean()
        of_school = cleaned.get("role") == Role.SCHOOL_CONTACT
        if of_school and not cleaned.get("school"):
            self.add_error("school", _("Choose the school."))
        if not of_school and cleaned.get("school"):
            self.add_error("school", _("Only a school contact person belongs to a school."))
        if of_school:
            cleaned["district"] = None  # the school lies in one
        return cleaned


class SecondFactorForm(forms.Form):
    use_required_attribute = False
    proof = forms.ChoiceField(
        label=_("How you know that it is this person"), choices=services.Proof.choices, widget=forms.RadioSelect
    )


class CloseForm(forms.Form):
    use_required_attribute = False
    sure = forms.BooleanField(
        label=_("I know that this cannot be undone."), error_messages={"required": _("Tick it if you are sure.")}
    )


def page_context(account: User, by: User, bound: dict[str, forms.Form] | None = None) -> dict:
    bound = bound or {}
    return {
        "account": account,
        "own": account == by,
        "grant_form": bound.get("grant") or GrantForm(),
        "second_factor_form": bound.get("second_factor") or SecondFactorForm(),
        "close_form": bound.get("close") or CloseForm(),
    }


class AccountDetail(StaffDetail):
    permission = "account.manage"
    model = User
    context_object_name = "account"
    template_name = PAGE

    def get_queryset(self):
        return _accounts()

    def get_context_data(self, **kwargs):
        return super().get_context_data(**kwargs) | page_context(self.object, self.request.user)


class AccountAction(StaffAction):
    permission = "account.manage"
    fresh_for = step_up.ACTING
    key = ""

    def record(self):
        return get_object_or_404(_accounts(), uuid=self.kwargs["uuid"])

    def get_form(self, record):
        return self.form_class(self.request.POST)

    def form_invalid(self, record, form):
        context = page_context(record, self.request.user, {self.key: form})
        return TemplateResponse(self.request, PAGE, context, status=422)

    def page(self, record):
        return reverse("staff_account", args=[record.uuid])


class GrantRole(AccountAction):
    form_class = GrantForm
    key = "grant"

    def act(self, record, data):
        if data["role"] in access.GIVEN_BY_TWO:
            services.propose_role(user=record, role=data["role"], by=self.request.user, district=data["district"])
            messages.success(self.request, _("The role is proposed. It is given when a second person confirms it."))
        else:
            services.grant_role(user=record, by=self.request.user, **data)
            messages.success(self.request, _("The role is given. It works from the next click on."))


class EndRole(AccountAction):
    """Ends one grant, named by its number among those of the account."""

    def act(self, record, data):
        number = self.request.POST.get("grant", "")
        grant = next((grant for grant in record.grants_in_force if str(grant.pk) == number), None)
        if grant:
            services.end_role(
                user=record, role=grant.role, by=self.request.user, district=grant.district, school=grant.school
            )
            messages.success(self.request, _("The role is ended."))


class ResetSecondFactor(AccountAction):
    form_class = SecondFactorForm
    key = "second_factor"

    def act(self, record, data):
        services.reset_second_factor(user=record, by=self.request.user, **data)
        messages.success(self.request, _("Taken off. This person sets up a new second factor at the next sign-in."))


class CloseAccount(AccountAction):
    form_class = CloseForm
    key = "close"

    def act(self, record, data):
        services.close_account(user=record, by=self.request.user)
        messages.success(self.request, _("The account is closed."))
