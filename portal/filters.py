import django_filters as filters
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal import audit
from portal.models import LogEntry, OutgoingMessage


class LogFilter(filters.FilterSet):
    kind = filters.ChoiceFilter(choices=LogEntry.Kind.choices, label=_("Change or view"))
    actor_name = filters.CharFilter(lookup_expr="icontains", label=_("Who"))
    action = filters.CharFilter(label=_("What"), method="by_action")
    object_code = filters.CharFilter(label=_("Code of the record"))

    class Meta:
        model = LogEntry
        fields = []

    def by_action(self, entries, name, value):
        """The code of a change, or words of what was looked at, as the list shows them."""
        seen = [code for code, words in audit.VIEWS.items() if value.casefold() in str(words).casefold()]
        return entries.filter(Q(action=value) | Q(kind=LogEntry.Kind.VIEW, action__in=seen))


class LetterFilter(filters.FilterSet):
    address = filters.CharFilter(lookup_expr="icontains", label=_("To"))
    letter = filters.CharFilter(lookup_expr="icontains", label=_("Letter"))
    state = filters.ChoiceFilter(choices=OutgoingMessage.State.choices, label=_("State"))
    channel = filters.ChoiceFilter(choices=OutgoingMessage.Channel.choices, label=_("Channel"))

    class Meta:
        model = OutgoingMessage
        fields = []
