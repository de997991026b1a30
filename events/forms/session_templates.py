from __future__ import annotations

from datetime import datetime

from django import forms
from django.core.validators import MaxLengthValidator
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from events.models import SessionTemplate
from events.services.batches import AT_ONCE, Occurrence
from events.services.session_templates import PLAN, planned_from, template_problems
from portal import access
from portal.access import Reach
from portal.fields import SeveralField
from portal.merging import Merging
from portal.models import District, School, User

from .series import BatchForm
from .sessions import DAY, HOUR, NOTES_MAX


class TemplateForm(Merging, forms.ModelForm):
    """Every rule of `services.session_templates.template_problems` shows at its field; `template` is the result."""

    class Meta:
        model = SessionTemplate
        fields = ["title", "district", *PLAN[:4], "minutes", *PLAN[4:]]
        help_texts = {
            "title": _("By it you find the template again."),
            "district": _("Empty: for the whole oblast."),
            "group_size": _("1 to 60."),
            "seats_max": _("At most 10."),
            "adults_min": _("Mentors and the adult from the school together; never fewer than two."),
            "needs_lead": _("One whose first visits are behind him."),
            "notes_for_mentor": _("Which entrance, whom to ask for. Nothing about pupils."),
        }

    def __init__(self, *args, by: User, **kwargs):
        super().__init__(*args, **kwargs)
        district = self.fields["district"]
        district.queryset = District.objects.filter(access.within(by, "session.plan", district="pk"))
        if not access.allows(by, "session.plan", Reach()):  # no role for the whole oblast
            district.required, district.help_text = True, ""
        self.fields["notes_for_mentor"].validators.append(MaxLengthValidator(NOTES_MAX))

    @property
    def template(self) -> SessionTemplate:
        return self.instance

    def _post_clean(self):
        """Puts what was typed into the template; the rules are asked instead of the model's own validation."""
        if self.errors:
            return
        for name in self.Meta.fields:
            setattr(self.instance, name, self.cleaned_data[name])
        for field, reason in template_problems(self.instance):
            self.add_error(field, reason.text)


class _TemplateField(forms.ModelChoiceField):
    def label_from_instance(self, template: SessionTemplate) -> str:
        return template.title


class BeginForm(forms.Form):
    """With which template the form of a plan begins; asked for in the address, beside the `window` of a request."""

    window = forms.CharField(required=False, widget=forms.HiddenInput)
    template = _TemplateField(
        label=_("Begin with the template"),
        queryset=SessionTemplate.objects.none(),
        required=False,
        empty_label=_("without a template"),
        to_field_name="uuid",
    )

    @classmethod
    def asked(
        cls, data, offered: QuerySet[SessionTemplate], usual: SessionTemplate | None = None
    ) -> tuple[BeginForm, SessionTemplate | None]:
        """The filled form and the template: the one asked for, none if it is not offered, `usual` if nothing was asked."""
        form = cls(data if "template" in data else {**data.dict(), "template": usual and usual.uuid})
        form.fields["template"].queryset = offered
        return form, form.cleaned_data["template"] if form.is_valid() else None


class ApplyForm(BatchForm):
    """A day and an hour for a template, and the schools and classes. `chosen` are the sessions to be made."""

    day = forms.DateField(label=_("Day"), widget=forms.DateInput(attrs=DAY, format="%Y-%m-%d"))
    starts = forms.TimeField(label=_("Begins"), widget=forms.TimeInput(attrs=HOUR, format="%H:%M"))
    grades = forms.TypedMultipleChoiceField(label=_("Grades"), coerce=int, widget=forms.CheckboxSelectMultiple)
    schools = SeveralField(label=_("Schools"), queryset=School.objects.none(), widget=forms.CheckboxSelectMultiple)

    field_order = ["day", "starts", "grades", "schools"]

    def __init__(self, *args, template: SessionTemplate, by: User, **kwargs):
        super().__init__(*args, **kwargs)
        self.template = template
        reach = access.within(by, "session.plan", district="district", school="pk")
        schools = School.objects.filter(reach).select_related("district")
        if template.district_id:
            schools = schools.filter(district=template.district_id)
        self.fields["schools"].queryset = schools
        grades = range(template.topic.grade_from, template.topic.grade_to + 1)
        self.fields["grades"].choices = [(grade, str(grade)) for grade in grades]
        self.fields["grades"].initial = [template.grade]

    def clean(self):
        data = super().clean()
        if self.errors:
            return data
        self.starts_at = timezone.make_aware(datetime.combine(data["day"], data["starts"]))
        places = [(school, grade) for school in data["schools"] for grade in data["grades"]]
        if len(places) > AT_ONCE:
            text = _("At most %(most)s sessions are made at once.") % {"most": AT_ONCE}
            self.add_error("schools", text)
        else:
            self.choose(planned_from(self.template, places, self.starts_at))
        return data

    @property
    def already(self) -> int:
        """How many were there before."""
        return sum(any(reason.code == "already_there" for reason in row.reasons) for row in self.rows)

    def mark(self, row: Occurrence) -> str:
        return f"{row.session.school.number}-{row.session.grade}"
