"""Letters that did not arrive: whose, why, and "send again". Addresses are masked, and no words of a letter are shown."""

from __future__ import annotations

import django_filters as filters
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from portal import services
from portal.models import OutgoingMessage
from portal.services.letters import why_not
from portal.staff import StaffAction, StaffList

State = OutgoingMessage.State
# Beginnings of the code of the other side (RFC 3463), and kinds of errors, in words.
CODES = {
    "5.1": _("There is no such address."),
    "5.2.2": _("The mailbox is full."),
    "5.2": _("The mailbox takes no letters."),
    "5.4": _("The server of this address cannot be reached."),
    "4.4": _("The server of this address cannot be reached."),
    "5.7": _("The server of this address does not want letters from us."),
}
ERRORS = {
    "SMTPRecipientsRefused": _("The mail server refused this address."),
    "AnymailRecipientsRefused": _("The mail server refused this address."),
    "ValidationError": _("This is no address."),
    "NotTaken": _("The gateway did not take it."),
    "ImproperlyConfigured": _("The gateway is not set up. Please tell the operators of the server."),
    "SMTPAuthenticationError": _("The mail server does not know us. Please tell the operators of the server."),
}
UNREACHABLE = ("Connection", "SMTPServerDisconnected", "SMTPConnect", "Timeout", "gaierror", "OSError")


def why(message: OutgoingMessage) -> str:
    """Why a letter did not arrive, for people."""
    if message.state == State.BOUNCED:
        known = [words for code, words in CODES.items() if message.failure.startswith(code)]
        return known[0] if known else _("The letter came back.")
    if message.failure.startswith(UNREACHABLE):
        return _("The mail server or the gateway did not answer.")
    return ERRORS.get(message.failure, _("It could not be sent."))


def masked(address: str) -> str:
    """As much of an address as tells its owner's from others: the first letter and the host, or the last two digits."""
    name, at, host = address.rpartition("@")
    return f"{name[:1]}…@{host}" if at else f"…{address[-2:]}"


class UndeliveredFilter(filters.FilterSet):
    state = filters.ChoiceFilter(
        choices=[(state.value, state.label) for state in (State.FAILED, State.BOUNCED)],
        label=_("State"),
        empty_label=_("All"),
    )
    channel = filters.ChoiceFilter(choices=OutgoingMessage.Channel.choices, label=_("Channel"), empty_label=_("All"))

    class Meta:
        model = OutgoingMessage
        fields: list[str] = []


class UndeliveredLetters(StaffList):
    """Newest first."""

    permission = "letters.failed"
    model = OutgoingMessage
    filterset_class = UndeliveredFilter
    template_name = "staff/undelivered.html"

    def get_queryset(self):
        return super().get_queryset().order_by("-due_at", "-pk")

    def rows(self):
        return self.get_queryset().select_related("recipient")

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        letters = [
            {"message": row, "why": why(row), "address": masked(row.address), "why_not": why_not(row)}
            for row in context["object_list"]
        ]
        return context | {"letters": letters}


class SendAgain(StaffAction):
    permission = "letters.failed"
    model = OutgoingMessage
    noun = "message"
    service = staticmethod(services.send_again)
    done = _("It leaves once more.")

    def record(self):
        """Also one that is on its way by now: who presses twice is told so."""
        letters = OutgoingMessage.objects.to_those_of(self.request.user)
        return get_object_or_404(letters, uuid=self.kwargs["uuid"])

    def page(self, record):
        return reverse("staff_undelivered")
