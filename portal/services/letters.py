"""What becomes of letters after they have left: some come back, and some are sent once more."""

from __future__ import annotations

import logging
import re
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal import audit, mail, texts
from portal.models import OutgoingMessage, User
from portal.refusals import Reason, Refused

logger = logging.getLogger(__name__)
STATUS = re.compile(r"[45]\.\d{1,3}\.\d{1,3}")  # RFC 3463
Channel, State = OutgoingMessage.Channel, OutgoingMessage.State


@transaction.atomic
def mark_bounced(*, uuid: UUID, status: str) -> bool:
    """The other side gave a letter up that it had taken. `status` is its code (RFC 3463); of anything else nothing is kept.
    False for a letter that is not known, has not left, or came back before."""
    code = found.group() if (found := STATUS.search(status)) else ""
    left = OutgoingMessage.objects.filter(uuid=uuid, channel=Channel.EMAIL, state=State.SENT)
    if not left.update(state=State.BOUNCED, failure=code):
        return False
    logger.warning("letter %s came back: %s", OutgoingMessage(uuid=uuid).code, code or "no code")
    return True


@transaction.atomic
def send_again(*, message: OutgoingMessage, by: User) -> None:
    """Lets a letter that did not arrive leave once more, at once, with the Message-ID it had: where its reader is reached
    now, for an address that came back may have been mended. Its tries begin anew.

    Refuses settled (on its way again, or out of sight of `by`), forgotten (its words or its address are kept no more), late
    (of no use any more: its time is over, or it held a code that somebody waited for).
    """
    rows = OutgoingMessage.objects.visible_to(by).select_for_update(of=("self",))
    found = rows.select_related("recipient").filter(pk=message.pk).first()
    if found is None:
        raise Refused(Reason("settled", _("This letter is on its way again.")))
    if reasons := why_not(found):
        raise Refused(*reasons)
    audit.record(
        found, "letter.send_again", by, state_from=found.state, state_to=State.SCHEDULED, channel=found.channel
    )
    found.state, found.failure, found.attempts, found.failing_since = State.SCHEDULED, "", 0, None
    found.due_at, found.sent_at, found.address = timezone.now(), None, _address_now(found)
    found.save(update_fields=["state", "failure", "attempts", "failing_since", "due_at", "sent_at", "address"])
    transaction.on_commit(lambda: mail.hint([found.uuid]), robust=True)


def why_not(message: OutgoingMessage) -> list[Reason]:
    """Why a letter that did not arrive cannot be sent again; nothing where it can."""
    reasons = []
    if not (message.address and message.text):
        reasons.append(Reason("forgotten", _("Its words or its address are kept no more.")))
    is_over = message.useful_until and message.useful_until < timezone.now()
    if is_over or (message.is_secret and message.letter.startswith(texts.AWAITED)):
        reasons.append(Reason("late", _("It would be of no use any more.")))
    return reasons


def _address_now(message: OutgoingMessage) -> str:
    who = message.recipient
    if who is None:
        return message.address
    reached = who.email if message.channel == Channel.EMAIL else who.phone_verified and who.phone
    return reached or message.address
