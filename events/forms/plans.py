from __future__ import annotations

from datetime import datetime

from django import forms
from django.core.validators import MaxLengthValidator
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from events.forms.sessions import NOTES_MAX
from events.forms.windows import Row, RowsMixin
from events.models import VISITS_MAX, SchoolSession, SessionRequest
from events.services.planning import closed_by, problems
from events.services.requests.plans import FROM_REQUEST, is_outside, meeting
from portal.names import name_alone


class PlanForm(RowsMixin, forms.ModelForm):
    """The sessions of one request: a row of day and hours for each, the rest the same for all. Every rule of
    `services.planning.problems` shows at its field; the unsaved result is `cleaned_data["sessions"]`, and `outside` has the
    rows at times that the school did not name, by number."""

    rows_most = VISITS_MAX

    class Meta:
        model = SchoolSession
        fields = [
            "seats_min",
            "seats_max",
            "adults_min",
            "needs_lead",
            "school_adult_name",
            "calendar_reason",
            "notes_for_mentor",
        ]
        help_texts = {
            "calendar_reason": _("Only if a session takes place on a day without lessons."),
            "notes_for_mentor": _("Which entrance, whom to ask for. Nothing about pupils."),
        }
        widgets = {"notes_for_mentor": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args, asked: SessionRequest, proposed: list[SchoolSession] = (), **kwargs):
        super().__init__(*args, **kwargs)
        self.asked = asked
        self.outside: dict[int, str] = {}
        self.fields["notes_for_mentor"].validators.append(MaxLengthValidator(NOTES_MAX))
        self.fields["school_adult_name"].validators.append(name_alone)
        self.add_rows()
        self.initial["school_adult_name"] = asked.adult_name
        self.initial |= self.initial_rows(_as_row(number, session) for number, session in enumerate(proposed, start=1))

    def clean(self):
        data = super().clean()
        rows = self.filled_rows()
        if self.errors:
            return data
        if not rows:
            self.add_error("1-day", _("Name at least one day."))
        data["sessions"] = sessions = [self._session(row) for row in rows]
        for row, session in zip(rows, sessions, strict=True):
            for field, reason in problems(session):
                self._show(row, field, reason.text)
            if is_outside(self.asked, session):
                self.outside[row.number] = f"{row.day}T{row.starts:%H:%M}-{row.ends:%H:%M}"
        for later in meeting(sessions):
            row = rows[sessions.index(later)]
            self.add_error(f"{row.number}-starts", _("Two of the sessions are at the same time."))
        return data

    @property
    def unusual(self) -> str:
        """What lies outside the times that the school named, for `staff.pages.AskOnce`."""
        return " ".join(self.outside.values())

    def _session(self, row: Row) -> SchoolSession:
        plan = {name: self.cleaned_data[name] for name in self.Meta.fields}
        if not closed_by(self.asked.school, self.asked.grade, row.day):
            plan["calendar_reason"] = ""
        return SchoolSession(
            **plan,
            **{name: getattr(self.asked, name) for name in FROM_REQUEST},
            starts_at=timezone.make_aware(datetime.combine(row.day, row.starts)),
            ends_at=timezone.make_aware(datetime.combine(row.day, row.ends)),
        )

    def _show(self, row: Row, field: str, text: str) -> None:
        """At the field of the row, or once at the field that all sessions share."""
        name = f"{row.number}-{field}" if field in {"day", "starts", "ends"} else field
        name = name if name in self.fields else None
        if text not in self.errors.get(name or "__all__", []):
            self.add_error(name, text)

    def _post_clean(self):
        """`clean` has judged it; the model's own validation would say the same again in other words."""


def _as_row(number: int, session: SchoolSession) -> Row:
    begins, ends = timezone.localtime(session.starts_at), timezone.localtime(session.ends_at)
    return Row(number, begins.date(), begins.time(), ends.time())
