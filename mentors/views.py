"""The pages on which a mentor says where, what about and when."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.decorators import method_decorator
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views import View
from django.views.generic import FormView

from mentors import services
from mentors.forms import AbsenceForm, LimitsForm, ProfileForm, RowForm, WindowsForm
from mentors.models import Absence, AvailabilityWindow, Limits, Profile
from mentors.permissions import mentor_of
from portal.merging import held
from portal.refusals import Refused
from volunteers.models import Person


def _held_mentor(request) -> Person:
    """Locked while he writes: what his forms compare with stands until it is saved."""
    return held(Person.objects.all(), request).get(pk=mentor_of(request.user).pk)


@method_decorator(transaction.atomic, name="post")
class MyProfile(FormView):
    """Where a mentor can go and what about; his own only."""

    form_class = ProfileForm
    template_name = "mentors/profile.html"

    @cached_property
    def person(self) -> Person:
        return _held_mentor(self.request)

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"of": self.person}

    def get_initial(self):
        profile = Profile.for_person(self.person)
        return {"districts": profile.district_ids(), "topics": profile.topic_ids(), "digest": profile.digest}

    def form_valid(self, form):
        services.save_profile(person=self.person, by=self.request.user, **form.cleaned_data)
        messages.success(self.request, _("Saved."))
        return redirect("my_profile")


class MyTimes(View):
    """The hours that suit a mentor, the days on which he is away, how much he wants to do; his own only."""

    http_method_names = ["get", "head"]

    def get(self, request):
        return self.page()

    def page(self, status: int = 200, **bound):
        """`bound` are forms with errors, by their names on the page; the others are empty."""
        person = mentor_of(self.request.user)
        windows = AvailabilityWindow.objects.filter(person=person)
        context = {
            "windows": [(WEEKDAYS[window.weekday], window) for window in windows],
            "absences": Absence.objects.filter(person=person, last_day__gte=timezone.localdate()),
            "hours_form": WindowsForm(prefix="hours"),
            "away_form": AbsenceForm(prefix="away"),
            "limits_form": bound.get("limits_form") or _limits_form(person),
        }
        return render(self.request, "mentors/times.html", context | bound, status=status)


def _limits_form(person: Person, data=None) -> LimitsForm:
    limits = Limits.objects.filter(person=person).first() or Limits()
    initial = {name: getattr(limits, name) for name in LimitsForm.base_fields}
    return LimitsForm(data, prefix="limits", of=person, initial=initial)


class TimesAction(MyTimes):
    """One step on the page of times; what the form or the service refuses stands at the form, with what was typed."""

    http_method_names = ["get", "head", "post"]
    form_class = RowForm
    name = ""
    service = None

    def get(self, request):
        mentor_of(request.user)
        return redirect("my_times")

    def get_form(self, person: Person):
        return self.form_class(self.request.POST, prefix=self.name)

    def post(self, request):
        person = mentor_of(request.user)
        form = self.get_form(person)
        if form.is_valid():
            try:
                self.service(person=person, by=request.user, **form.cleaned_data)
            except Refused as refusal:
                for reason in refusal.reasons:
                    form.add_error(None, reason.text)
        if not form.is_valid():
            return self.page(status=422, **{f"{self.name}_form": form})
        messages.success(request, _("Saved."))
        return redirect("my_times")


class WindowsAdd(TimesAction):
    form_class, name = WindowsForm, "hours"
    service = staticmethod(services.add_windows)


class WindowRemove(TimesAction):
    name = "window"
    service = staticmethod(lambda row, **who: services.remove_window(window=row, **who))


class AbsenceAdd(TimesAction):
    form_class, name = AbsenceForm, "away"
    service = staticmethod(services.add_absence)


class AbsenceRemove(TimesAction):
    name = "absence"
    service = staticmethod(lambda row, **who: services.remove_absence(absence=row, **who))


@method_decorator(transaction.atomic, name="post")
class LimitsSave(TimesAction):
    name = "limits"
    service = staticmethod(services.save_limits)

    def get_form(self, person):
        return _limits_form(_held_mentor(self.request), self.request.POST)
