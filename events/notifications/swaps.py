from __future__ import annotations

from events.models import Booking, SwapOffer
from portal import mail

from .base import to_mentor


def swap_offered(offer: SwapOffer) -> None:
    """To the colleague who is asked by name; once for each visit, however often he is asked."""
    if offer.to_person.user is None:  # an erased account
        return
    booking = offer.booking
    mail.queue(
        "events/swap_offered",
        offer.to_person.user,
        {"offer": offer, "booking": booking, "session": booking.session},
        dedupe_key=f"swap_offered:{booking.uuid}:{offer.to_person_id}",
        action=("swap_list",),
        about=booking.code,
        useful_until=offer.expires_at,
    )


def handed_over(booking: Booking) -> None:
    """To whom the visit was: his calendar must hear of it."""
    to_mentor("handed_over", booking, f"handed_over:{booking.uuid}", page=("my_bookings",), calendar=True)


def swap_declined(offer: SwapOffer) -> None:
    to_mentor("swap_declined", offer.booking, f"swap_declined:{offer.uuid}")


def swap_expired(offer: SwapOffer) -> None:
    to_mentor("swap_expired", offer.booking, f"swap_expired:{offer.uuid}")
