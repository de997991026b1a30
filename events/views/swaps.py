"""Handing a visit over to a colleague, and taking one over."""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.db.models import F
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views import View
from django.views.generic import ListView

from events import services
from events.forms import HandOverForm
from events.models import Booking, SchoolSession, SwapOffer
from events.services.guards import Situation, situation_of
from events.services.swaps import last_moment, why_not_take
from events.states import SwapState
from events.views.steps import Step
from mentors.permissions import mentor_of
from portal.staff import NearestPage


def handover_of(booking: Booking, now: datetime) -> dict:
    """For the page of a session: whether his visit may be handed over, and his offer that is open."""
    may = booking.holds and now < last_moment(booking.session)
    return {"may_hand_over": may, "open_offer": booking.swap_offers.filter(state=SwapState.OPEN).first()}


def offers_in(session: SchoolSession, situation: Situation, now: datetime) -> list:
    """Visits to this session that he may be asked to take over, as from `why_not_take`."""
    offers = SwapOffer.objects.open(now).for_taking(situation.person).filter(booking__session=session)
    return _shown(why_not_take(offers.with_session(), situation, now))


def _shown(rows: list) -> list:
    """Without visits left to anybody in sessions that he is kept from (I8)."""
    return [
        (offer, session, reasons)
        for offer, session, reasons in rows
        if offer.to_person_id or not any(reason.code == "excluded" for reason in reasons)
    ]


class SwapList(NearestPage, ListView):
    """What colleagues ask him by name to take over, then what they leave to anybody, each with the reasons why not."""

    template_name = "events/swap_list.html"
    paginate_by = 20

    def get_queryset(self):
        self.now = timezone.now()
        self.person = mentor_of(self.request.user)
        offers = SwapOffer.objects.visible_to(self.request.user).open(self.now).for_taking(self.person)
        return offers.with_session().order_by(F("to_person").asc(nulls_last=True), "booking__starts_at", "pk")

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        situation = situation_of(self.person, self.now)
        return context | {"rows": _shown(why_not_take(context["object_list"], situation, self.now))}


class BookingHandOver(View):
    """Whom to ask: a colleague whom he knows, or anybody."""

    http_method_names = ["get", "head", "post"]

    def get(self, request, uuid):
        booking = self._booking(uuid)
        if not handover_of(booking, timezone.now())["may_hand_over"]:
            return redirect("session_detail", booking.session.uuid)
        return self._page(booking, HandOverForm(booking=booking))

    def post(self, request, uuid):
        booking = self._booking(uuid)
        form = HandOverForm(request.POST, booking=booking)
        if not form.is_valid():
            return self._page(booking, form, status=422)
        services.offer_swap(booking=booking, by=request.user, **form.cleaned_data)
        messages.success(request, _("Colleagues are asked. Until somebody takes the visit over it is yours."))
        return redirect("session_detail", booking.session.uuid)

    def _booking(self, uuid) -> Booking:
        return get_object_or_404(Booking.objects.of(self.request.user).with_session(), uuid=uuid)

    def _page(self, booking: Booking, form: HandOverForm, status: int = 200):
        session = SchoolSession.objects.for_cards().get(pk=booking.session_id)
        context = {"booking": booking, "session": session, "form": form}
        return render(self.request, "events/hand_over.html", context, status=status)


class SwapStep(Step):
    """With the handover of somebody else's visit."""

    def record(self):
        offers = SwapOffer.objects.visible_to(self.request.user).with_session()
        return get_object_or_404(offers, uuid=self.kwargs["uuid"])

    def session(self, record):
        return record.booking.session


class SwapTake(SwapStep):
    def act(self, record):
        services.take_swap(offer=record, by=self.request.user)
        return _("The visit is yours now. A letter with the details is on its way.")


class SwapDecline(SwapStep):
    def act(self, record):
        services.decline_swap(offer=record, by=self.request.user)
        return _("Thank you for telling us. Your colleague gets a letter.")

    def page(self, record):
        return reverse("swap_list")


class SwapWithdraw(SwapStep):
    def record(self):
        own = SwapOffer.objects.filter(booking__person__user=self.request.user).with_session()
        return get_object_or_404(own, uuid=self.kwargs["uuid"])

    def act(self, record):
        services.withdraw_swap(offer=record, by=self.request.user)
        return _("The visit stays yours.")
