from __future__ import annotations

from django.contrib import messages
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.generic import FormView

from mentors import services
from mentors.forms import ProfileForm
from mentors.models import Profile
from mentors.permissions import mentor_of


class MyProfile(FormView):
    """Where a mentor can go and what about; his own only."""

    form_class = ProfileForm
    template_name = "mentors/profile.html"

    def get_initial(self):
        profile = Profile.for_person(mentor_of(self.request.user))
        return {"districts": profile.district_ids(), "topics": profile.topic_ids()}

    def form_valid(self, form):
        services.save_profile(person=mentor_of(self.request.user), by=self.request.user, **form.cleaned_data)
        messages.success(self.request, _("Saved."))
        return redirect("my_profile")
