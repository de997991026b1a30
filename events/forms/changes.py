from __future__ import annotations

import copy

from django import forms
from django.utils.translation import gettext_lazy as _

from events.models import Booking, SchoolSession
from events.services.changing import CHANGEABLE, MOVE_IT, following
from events.services.requests import is_outside
from portal.fields import SeveralField
from portal.merging import Merging
from portal.models import User

from .sessions import SessionForm, plan_of


class HolderField(SeveralField):
    def label_from_instance(self, booking: Booking) -> str:
        return booking.person.full_name


class ChangeForm(Merging, SessionForm):
    """A session as it is, to be changed. `values` are those of the changed plan; `scope` says for how many sessions."""

    ALONE, FOLLOWING = "alone", "following"

    seen = forms.IntegerField(widget=forms.HiddenInput)  # the version that was on the screen
    scope = forms.ChoiceField(
        label=_("Change"),
        choices=[(ALONE, _("only this session")), (FOLLOWING, _("this session and those that follow in the series"))],
        widget=forms.RadioSelect,
        initial=ALONE,
        help_text=_("Those that were changed by themselves stay as they are."),
    )
    release = HolderField(
        queryset=Booking.objects.none(),
        required=False,
        label=_("Cancel these visits"),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Only where there are to be fewer places than mentors."),
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=300,
        required=False,
        help_text=_("The mentor will read it. Please write nothing about pupils."),
    )

    field_order = ["scope", *SessionForm.field_order]

    def __init__(self, *args, session: SchoolSession, by: User, initial: dict | None = None, **kwargs):
        self.before = session
        shown = plan_of(session) | {"seen": session.version} | (initial or {})
        super().__init__(*args, by=by, initial=shown, of=session, **kwargs)
        del self.fields["school_adult_name"]  # named by a step of its own
        if session.request_id:
            self.fields["school"].disabled = True
        if not (session.batch_id and session.series_day and following(session).exists()):
            del self.fields["scope"]
        holders = session.bookings.holding().select_related("person").order_by("seat_no")
        if holders:
            self.fields["release"].queryset = holders
        else:
            del self.fields["release"], self.fields["reason"]

    def part(self, name):
        return "when" if name in {"day", "starts", "ends"} else name

    def merge(self):
        super().merge()
        self.data[self.add_prefix("seen")] = self.before.version  # of a move he reads at its fields

    def planned(self, data: dict) -> SchoolSession:
        session, typed = copy.copy(self.before), super().planned(data)
        for name in CHANGEABLE:
            setattr(session, name, getattr(typed, name))
        return session

    @property
    def values(self) -> dict:
        return {name: getattr(self.session, name) for name in CHANGEABLE}

    @property
    def unusual(self) -> str:
        """The new time, where it lies outside those that the school named, for `staff.pages.AskOnce`."""
        before, after = self.before, self.session
        moved = after and any(getattr(before, name) != getattr(after, name) for name in MOVE_IT)
        if not (moved and before.request_id and is_outside(before.request, after)):
            return ""
        return f"{after.starts_at:%Y-%m-%dT%H:%M}-{after.ends_at:%H:%M}"

    @property
    def is_following(self) -> bool:
        return self.cleaned_data.get("scope") == self.FOLLOWING

    def clean(self):
        data = super().clean()
        if data.get("release") and not data.get("reason", "").strip():
            self.add_error("reason", _("Please write the reason."))
        return data
