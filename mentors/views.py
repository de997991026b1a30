"""The pages on which a mentor says where, what about and when."""

from __future__ import annotations

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.views import View
from django.views.generic import FormView

from mentors import services
from mentors.forms import AbsenceForm, LimitsForm, ProfileForm, RowForm, WindowsForm
from mentors.models import Absence, AvailabilityWindow, Limits, Profile
from mentors.permissions import mentor_of
from portal.refusals import Refused


class MyProfile(FormView):
    """Where a mentor can go and what about; his own only."""

    form_class = ProfileForm
    template_name = "mentors/profile.html"

    def get_initial(self):
        profile = Profile.for_person(mentor_of(self.request.user))
        return {"districts": profile.district_ids(), "topics": profile.topic_ids(), "digest": profile.digest}

    def form_valid(self, form):
        services.save_profile(person=mentor_of(self.request.user), by=self.request.user, **form.cleaned_data)
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
        limits = Limits.objects.filter(person=person).first() or Limits()
        windows = AvailabilityWindow.objects.filter(person=person)
        initial = {name: getattr(limits, name) for name in LimitsForm.base_fields}
        context = {
            "windows": [(WEEKDAYS[window.weekday], window) for window in windows],
            "absences": Absence.objects.filter(person=person, last_day__gte=timezone.localdate()),
            "hours_form": WindowsForm(prefix="hours"),
            "away_form": AbsenceForm(prefix="away"),
            "limits_form": LimitsForm(prefix="limits", initial=initial),
        }
        return render(self.request, "mentors/times.html", context | bound, status=status)


class TimesAction(MyTimes):
    """One step on the page of times; what the form or the service refuses stands at the form, with what was typed."""

    http_method_names = ["get", "head", "post"]
    form_class = RowForm
    name = ""
    service = None

    def get(self, request):
        mentor_of(request.user)
        return redirect("my_times")

    def post(self, request):
        person, form = mentor_of(request.user), self.form_class(request.POST, prefix=self.name)
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


class LimitsSave(TimesAction):
    form_class, name = LimitsForm, "limits"
    service = staticmethod(services.save_limits)
