from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from events.services.calendar_days import GRADES, give_name, period_problems
from portal import access
from portal.access import Reach
from portal.merging import Merging
from portal.models import District, NonTeachingPeriod, School, User

from .sessions import DAY

TOGETHER = {"first_day": "days", "last_day": "days", "district": "where", "school": "where", "grade": "where"}


class PeriodForm(Merging, forms.ModelForm):
    """Days without lessons. Every rule of `services.calendar_days.period_problems` shows at its field; `period` is the
    result."""

    class Meta:
        model = NonTeachingPeriod
        fields = ["kind", "first_day", "last_day", "district", "school", "grade", "name_kk", "name_ru", "name_en"]
        labels = {"district": _("District"), "school": _("School")}
        widgets = {
            "first_day": forms.DateInput(attrs=DAY, format="%Y-%m-%d"),
            "last_day": forms.DateInput(attrs=DAY, format="%Y-%m-%d"),
        }
        help_texts = {
            "district": _("Empty: for the whole oblast, or for one school."),
            "school": _("Only for this school."),
            "name_kk": _("Empty: the name of the kind."),
            "name_ru": _("Empty: the name of the kind."),
            "name_en": _("Empty: the name of the kind."),
        }

    def __init__(self, *args, by: User, **kwargs):
        super().__init__(*args, **kwargs)
        self.by = by
        self.fields["district"].queryset = District.objects.filter(access.within(by, "calendar.manage", district="pk"))
        reach = access.within(by, "calendar.manage", district="district", school="pk")
        self.fields["school"].queryset = School.objects.filter(reach).select_related("district")
        grades = [("", _("all grades")), *((grade, str(grade)) for grade in GRADES)]
        self.fields["grade"] = forms.TypedChoiceField(
            label=_("only this grade"), choices=grades, coerce=int, empty_value=None, required=False
        )
        for language in ("kk", "ru", "en"):
            self.fields[f"name_{language}"].required = False

    def part(self, name):
        return TOGETHER.get(name, name)

    @property
    def period(self) -> NonTeachingPeriod:
        return self.instance

    def _post_clean(self):
        """Puts what was typed into the period; the rules are asked instead of the model's own validation."""
        if self.errors:
            return
        data, everywhere = self.cleaned_data, access.allows(self.by, "calendar.manage", Reach())
        if not (data["district"] or data["school"] or everywhere):
            self.add_error("district", _("Choose your district or one of its schools."))
            return
        for name in self.Meta.fields:
            setattr(self.instance, name, data[name])
        give_name(self.instance)
        for field, reason in period_problems(self.instance):
            self.add_error(field, reason.text)
