"""Whether two records are one person, and joining them; whose an address is."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from portal import access, audit, moves
from portal.models import RoleGrant, StaffTask, User
from portal.refusals import Reason, Refused
from portal.services import close_account
from volunteers.models import Application, Check, ErasureRequest, Person, Suspension, TrainingRecord
from volunteers.notifications import people as letters
from volunteers.services import checks, guards, screening
from volunteers.states import WITHDRAW


def accounts_with(*, email: str, phone: str) -> QuerySet[User]:
    """The accounts that sign in with this e-mail or phone."""
    found = Q(pk__in=[])
    if email:
        found |= Q(email__iexact=email) | Q(emailaddress__email__iexact=email)
    if phone:
        found |= Q(phone=phone)
    return User.objects.filter(pk__in=User.objects.filter(found).values("pk"))


def belongs_to_staff(*, email: str, phone: str) -> bool:
    """Whether this e-mail or phone is that of somebody who works here, in an account of his."""
    working = Q(is_superuser=True) | Q(pk__in=RoleGrant.objects.in_force().values("user"))
    return accounts_with(email=email, phone=phone).filter(working).exists()


def against_closing(user: User) -> list[Reason]:
    """Why an administrator may not close this account (`portal.services.close_account`): visits would stay booked for
    somebody who can no longer sign in, and his address and phone would stay in his record."""
    person = Person.objects.filter(user=user)
    cases = Application.objects.open().filter(person__user=user, submitted_at__isnull=False)
    if not (person.serving().exists() or cases.exists()):
        return []
    text = _(
        "This person is a mentor or applies to be one. First a coordinator records that the mentor leaves or the applicant "
        "withdraws; or they ask on their page “My data” that everything be deleted, which closes the account too."
    )
    return [Reason("serves", text)]


def suspected(application: Application, other: Person) -> bool:
    """Whether the portal itself has found that the applicant may be `other`: by the number, or by names and birth date.
    Nobody compares people at will."""
    if application.person_id == other.pk:
        return False
    about = f"{application.code} / {other.code}"
    by_number = StaffTask.objects.filter(kind=StaffTask.Kind.DUPLICATE_PERSON, about=about).exists()
    return by_number or other in screening.namesakes(application.person)


@transaction.atomic
def merge(*, kept: Person, duplicate: Person, by: User, reason: str) -> None:
    """Two accounts of one person become one: the new account of `duplicate`, who has sent nothing, goes to `kept`; his
    drafts are withdrawn, the former account of `kept` is closed for good (`close_account`). Letters go to the new address from
    now on; both addresses get one about it, and what the former account held of him is erased. His verified papers are compared with the man again: until then nobody is
    cleared by the word of one lead on whose the new account is.

    Raises `NotAllowed` (`not_yours`, and what `guards.may_act_on` finds about either) and `Refused` with all of
    `not_suspected`, `has_sent`, `staff_account`, `suspended`, `barred`, `no_account`, `deletion_waits`, `reason_missing`.
    """
    for pk in sorted([kept.pk, duplicate.pk]):
        guards.lock_person(pk)
    kept = Person.objects.select_related("user").get(pk=kept.pk)
    duplicate = Person.objects.select_related("user").get(pk=duplicate.pk)
    guards.demand_permission("person.merge", kept.reach, by, barred=_barred(kept, duplicate, by))
    if missing := against_merging(kept, duplicate) + _without(reason):
        raise Refused(*missing)
    for draft in duplicate.applications.open():
        draft.answers = ""
        moves.advance(WITHDRAW, draft, by)
    former, account = kept.user, duplicate.user
    duplicate.user = None
    duplicate.save(update_fields=["user"])
    kept.user, kept.email, kept.phone = account, account.email or "", account.phone or ""
    kept.contact_confirmed_at = None
    kept.save(update_fields=["user", "email", "phone", "contact_confirmed_at"])
    for model in (Check, TrainingRecord):
        model.objects.filter(person=kept).update(subject=account)
    checks.verify_again(person=kept, by=by)
    if former:
        close_account(user=former, by=None)
    letters.accounts_joined(account, former)  # `former` still knows where he was reached until now
    audit.record(kept, "merge", by, reason=reason.strip(), duplicate=duplicate.code)


def against_merging(kept: Person, duplicate: Person) -> list[Reason]:
    """What speaks against joining the two whoever does it; empty when nothing does."""
    reasons = []
    if not any(suspected(application, kept) for application in duplicate.applications.all()):
        reasons.append(Reason("not_suspected", _("Nothing shows that these two are one person.")))
    if duplicate.applications.filter(revisions__isnull=False).exists():
        reasons.append(Reason("has_sent", _("The second account has sent an application: decide it as a case.")))
    if duplicate.user is None:
        reasons.append(Reason("no_account", _("The second record has no account.")))
    # Also of somebody who worked here once: he may have signed what would become his own.
    if any(user and (access.is_staff(user) or user.role_grants.exists()) for user in (kept.user, duplicate.user)):
        reasons.append(Reason("staff_account", _("An account of staff is not joined with another.")))
    accounts = [user for user in (kept.user, duplicate.user) if user]
    if ErasureRequest.objects.filter(user__in=accounts, cancelled_at=None, finished_at=None).exists():
        text = _(
            "One of the two accounts waits to be deleted: leave them as they are until that is done or taken back."
        )
        reasons.append(Reason("deletion_waits", text))
    if Suspension.objects.filter(person__in=[kept, duplicate], lifted_at=None).exists():
        reasons.append(Reason("suspended", _("This person is suspended.")))
    if any(screening.listed(person) for person in (kept, duplicate)):
        reasons.append(Reason("barred", _("This person is on the do-not-engage list.")))
    return reasons


def _barred(kept: Person, duplicate: Person, by: User) -> list[Reason]:
    reasons = guards.may_act_on(kept, by) + guards.may_act_on(duplicate, by)
    return list({reason.code: reason for reason in reasons}.values())


def _without(reason: str) -> list[Reason]:
    return [] if reason.strip() else [Reason("reason_missing", _("Please write the reason."))]
