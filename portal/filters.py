import django_filters as filters
from django.utils.translation import gettext_lazy as _

from portal.models import LogEntry, OutgoingMessage


class LogFilter(filters.FilterSet):
    kind = filters.ChoiceFilter(choices=LogEntry.Kind.choices, label=_("Change or view"))
    actor_name = filters.CharFilter(lookup_expr="icontains", label=_("Who"))
    action = filters.CharFilter(label=_("What"))
    object_code = filters.CharFilter(label=_("Code of the record"))

    class Meta:
        model = LogEntry
        fields = []


class LetterFilter(filters.FilterSet):
    address = filters.CharFilter(lookup_expr="icontains", label=_("To"))
    letter = filters.CharFilter(lookup_expr="icontains", label=_("Letter"))
    state = filters.ChoiceFilter(choices=OutgoingMessage.State.choices, label=_("State"))
    channel = filters.ChoiceFilter(choices=OutgoingMessage.Channel.choices, label=_("Channel"))

    class Meta:
        model = OutgoingMessage
        fields = []
