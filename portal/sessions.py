"""Where somebody is signed in: the list of it, its end by his hand, and its end by the clock."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import date, timedelta

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from portal import access, devices
from portal.models import User

IDLE_OF_STAFF = timedelta(minutes=30).total_seconds()  # docs/security.md; ASVS 7.3.1
LONGEST_OF_STAFF = timedelta(hours=12).total_seconds()
LONGEST = timedelta(days=14).total_seconds()
WRITTEN_EVERY = 60  # seconds
NOT_ASKED = "0.0.0.0"  # noqa: S104 - no address is kept; the library's column demands one
BEGAN, SEEN = "began", "seen"  # in the session; seconds since 1970


def _living() -> QuerySet[Session]:
    return Session.objects.filter(session_key=OuterRef("session_key"), expire_date__gt=timezone.now())


def open_of(user: User) -> QuerySet[UserSession]:
    """His sessions that are open, the latest first."""
    return UserSession.objects.filter(Exists(_living()), user=user).order_by("-last_seen_at", "-pk")


@transaction.atomic
def end(*, user: User, but: str = "", only: int | None = None) -> int:
    """Ends his sessions: all, all but the one with the key `but`, or only the one of that number. Returns how many. What
    its browser asks for next is answered as to a stranger."""
    ended = UserSession.objects.filter(user=user).exclude(session_key=but)
    if only is not None:
        ended = ended.filter(pk=only)
    keys = list(ended.values_list("session_key", flat=True))
    Session.objects.filter(session_key__in=keys).delete()
    return UserSession.objects.filter(session_key__in=keys).delete()[0]


def sweep(on: date) -> Sequence[str]:
    """Deletes sessions that are over, and what the list held of them; every session has its own end, so `on` is not asked."""
    Session.objects.filter(expire_date__lt=timezone.now()).delete()
    UserSession.objects.exclude(Exists(Session.objects.filter(session_key=OuterRef("session_key")))).delete()
    return []


# --- news of the libraries, connected in portal.apps ---------------------------------------------------------------


def keep_little(sender, instance: UserSession, **kwargs) -> None:
    """The list keeps no address, and of the browser what people call it."""
    instance.ip = NOT_ASKED
    instance.user_agent = devices.in_words(instance.user_agent)


def forget(sender, request: HttpRequest | None, **kwargs) -> None:
    """Somebody signs out: his line goes from the list."""
    if request is not None:
        UserSession.objects.filter(session_key=request.session.session_key or "").delete()


def end_others(sender, request: HttpRequest, user: User, **kwargs) -> None:
    """His password is another one now, or a second factor came to it: whoever came in as it was before is out."""
    own = request.session.session_key if request.user == user else ""
    end(user=user, but=own or "")


# --- the clock -----------------------------------------------------------------------------------------------------


class Life:
    """Ends sessions: of staff after half an hour without a request or twelve hours, everybody's after fourteen days. Not
    in the demonstration, like the second factor. The session is written once a minute at most."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.SECOND_FACTOR_REQUIRED and settings.SESSION_COOKIE_NAME in request.COOKIES:
            self._look(request)
        return self.get_response(request)

    def _look(self, request: HttpRequest) -> None:
        if not request.user.is_authenticated:
            return
        now, session = int(time.time()), request.session
        age, idle = now - session.setdefault(BEGAN, now), now - session.setdefault(SEEN, now)
        long_idle = idle > IDLE_OF_STAFF
        if age > LONGEST or ((long_idle or age > LONGEST_OF_STAFF) and access.is_staff(request.user)):
            logout(request)
            messages.info(
                request,
                _("You were signed out, because nothing was done here for half an hour.")
                if long_idle
                else _("You were signed out, because a sign-in does not last longer. Please sign in again."),
            )
        elif idle >= WRITTEN_EVERY:
            session[SEEN] = now
            UserSession.objects.filter(session_key=session.session_key).update(last_seen_at=timezone.now())
