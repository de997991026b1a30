"""Letters that did not arrive: whose, why, and "send again". Addresses are masked, and no words of a letter are shown."""

from __future__ import annotations

from collections.abc import Sequence

import django_filters as filters
from django.shortcuts import get_object_or_404
from django.template import TemplateDoesNotExist
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from portal import access, services
from portal.letter_variables import in_short
from portal.models import OutgoingMessage, RoleGrant, User
from portal.models.messages import sights
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
UNREACHABLE = ("Connect", "Disconnected", "Timeout", "gaierror", "OSError")  # parts of kinds of errors


def why(message: OutgoingMessage) -> str:
    """Why a letter did not arrive, for people."""
    if message.state == State.BOUNCED:
        known = [words for code, words in CODES.items() if message.failure.startswith(code)]
        return known[0] if known else _("The letter came back.")
    if any(part in message.failure for part in UNREACHABLE):
        return _("The mail server or the gateway did not answer.")
    if message.failure.isdigit():
        return _("The mail server did not take it for the time being, or takes nothing from us.")
    return ERRORS.get(message.failure, _("It could not be sent."))


def kind(letter: str) -> str:
    """What sort of letter it was, for people; its name where this release has no such letter."""
    try:
        return in_short(letter)
    except TemplateDoesNotExist:
        return letter


def whose(user: User, letters: Sequence[OutgoingMessage]) -> dict[int, list[tuple[str, str]]]:
    """By the key of a letter, of whom or what it is, each with the address of the page on which `user` looks after that; empty
    where there is none for him. Whoever has a role is called by his name and his school, everybody else whom no app names by
    the code of his account."""
    found: dict[int, list[tuple[str, str]]] = {}
    for sight in sights:
        for pk, pages in sight.pages(user, letters).items():
            found.setdefault(pk, []).extend(pages)
    roles = RoleGrant.objects.in_force().filter(user__in={row.recipient_id for row in letters} - {None})
    schools = {grant.user_id: grant.school for grant in roles.select_related("school").order_by("pk")}
    opens = access.allows(user, "account.manage")
    for row in letters:
        if row.recipient and row.pk not in found:
            page = reverse("staff_account", args=[row.recipient.uuid]) if opens else ""
            names = [row.recipient.code]
            if row.recipient_id in schools:
                names = [row.recipient.display_name, str(schools[row.recipient_id] or "")]
            found[row.pk] = [(", ".join(filter(None, names)), page)]
    return found


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
        user, rows = self.request.user, list(context["object_list"])
        theirs = whose(user, rows)
        letters = [
            {
                "message": row,
                "kind": kind(row.letter),
                "whose": theirs.get(row.pk, []),
                "why": why(row),
                "address": masked(row.address),
                "why_not": why_not(row),
            }
            for row in rows
        ]
        return context | {"letters": letters, "shows_failure": access.allows(user, "status.view")}


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
