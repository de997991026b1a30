"""Accounts: opened, closed, and what their owners choose."""

from __future__ import annotations

from collections.abc import Callable

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.db import models, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal import access, audit, log_door, mail, notifications, sessions, texts
from portal.models import District, OutgoingMessage, User
from portal.refusals import NotAllowed, Reason, Refused

from .roles import end_grants

_against_closing: list[Callable[[User], list[Reason]]] = []


def speaks_against_closing(finder: Callable[[User], list[Reason]]) -> None:
    """Registers what an app above knows: `finder(user)` says why an administrator may not close his account yet."""
    _against_closing.append(finder)


@transaction.atomic
def close_account(*, user: User, by: User | None) -> None:
    """Ends an account for good: its roles, its second factor, the way in, the address and the phone; the letters to it
    keep nothing but their kind. The row stays, for what was done with it.

    Whoever ever held a role keeps his name: it stands in records of office (docs/decisions/0006). Everybody else's is
    erased, in the log too. Refuses with `NotAllowed` one's own account, and whoever is no administrator, with `Refused`
    (`last`) that of the last administrator or safeguarding lead, and what the apps above know (`speaks_against_closing`);
    `by` None is a service that has ended all of that, and is asked nothing. An account that is closed already stays as it is.
    """
    if by is not None and (by == user or not access.has_role(by, access.Role.ADMINISTRATOR)):
        raise NotAllowed(Reason("account", _("Accounts are closed by an administrator, and never one's own.")))
    user = User.objects.select_for_update().get(pk=user.pk)
    if user.is_closed:
        return
    if by is not None and (reasons := [reason for finder in _against_closing for reason in finder(user)]):
        raise Refused(*reasons)
    audit.record(user, "account.close", by, roles=user.role_grants.in_force().count())
    end_grants(user.role_grants.all(), by=by)
    contacts = [contact for contact in (user.email, user.phone) if contact]
    mail.forget(OutgoingMessage.objects.filter(Q(recipient=user) | Q(address__in=contacts)))
    EmailAddress.objects.filter(user=user).delete()
    Authenticator.objects.filter(user=user).delete()
    sessions.end(user=user)
    user.groups.clear()
    if not (user.is_superuser or user.role_grants.exists()):
        user.first_name = user.last_name = ""
        log_door.forget_name(user)
    user.email = user.phone = user.district = user.last_login = None
    user.phone_verified = user.is_active = user.is_staff = user.is_superuser = False
    user.set_unusable_password()
    user.save()


class Proof(models.TextChoices):
    """How somebody who has lost his second factor showed that it is he (NIST SP 800-63B, 4.2: account recovery)."""

    IN_PERSON = "in_person", _("came in person, with an identity card")
    KNOWN_NUMBER = "known_number", _("was called back on the number that stands here")


@transaction.atomic
def reset_second_factor(*, user: User, by: User | None, proof: str = "") -> None:
    """Takes the app, the keys and the recovery codes off an account whose owner has lost them, and signs him out
    everywhere: at his next sign-in he sets up new ones. He and everybody who answers for roles get a letter.

    Refuses with `NotAllowed` whoever is no administrator, and one's own; with `Refused` a holder of a role that two people
    give (`weighty`: only a command on the server does it, `by` None) and an account without a second factor (`none`).
    """
    if by is not None and (by == user or not access.has_role(by, access.Role.ADMINISTRATOR)):
        raise NotAllowed(Reason("account", _("A second factor is taken off by an administrator, and never one's own.")))
    user = User.objects.select_for_update().get(pk=user.pk)
    reasons = []
    if by is not None and access.has_role(user, *access.GIVEN_BY_TWO):
        reasons.append(
            Reason("weighty", _("This person holds a role that two people give: ask the operators of the server."))
        )
    if not Authenticator.objects.filter(user=user).exists():
        reasons.append(Reason("none", _("This account has no second factor.")))
    if reasons:
        raise Refused(*reasons)
    Authenticator.objects.filter(user=user).delete()
    sessions.end(user=user)
    notifications.second_factor_reset(audit.record(user, "account.reset_second_factor", by, proof=proof), user)


@transaction.atomic
def choose_texts(*, user: User, wanted: bool) -> None:
    """Whether urgent letters come to him by text message too; the same again changes nothing. What waits already is
    cancelled when its hour comes, if he does not want it then."""
    changed = User.objects.filter(pk=user.pk).exclude(urgent_texts=wanted).update(urgent_texts=wanted)
    user.urgent_texts = wanted
    if changed:
        audit.record(user, "account.texts", user, wanted=wanted)


@transaction.atomic
def choose_way(*, user: User, way: str) -> None:
    """How his letters come: a channel of `texts.ways`. It counts from the next letter on; the same again changes nothing.
    Refuses `NotAllowed` (way) any other word."""
    if way not in dict(texts.ways()):
        raise NotAllowed(Reason("way", _("Letters cannot come this way.")))
    changed = User.objects.filter(pk=user.pk).exclude(letters_by=way).update(letters_by=way)
    user.letters_by = way
    if changed:
        audit.record(user, "account.letters", user, way=way)


@transaction.atomic
def open_account(
    *, email: str, phone: str, language: str, family_name: str, given_name: str, district: District | None
) -> User:
    """An account without a password for somebody whose address was confirmed just now: he signs in by a code. One of
    `email` and `phone` (E.164) is given; neither may belong to another account."""
    user = User.objects.create_user(
        email=email,
        phone=phone or None,
        phone_verified=bool(phone),
        language=language,
        last_name=family_name,
        first_name=given_name,
        district=district,
    )
    if email:
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    audit.record(user, "account.open", None)
    return user
