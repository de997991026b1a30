"""What time does to a case that waits for the applicant: reminders, closing for silence (T18), opening it again, and a
deferral that is over (T16b)."""

from __future__ import annotations

from datetime import date, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from portal import moves
from portal.models import OutgoingMessage, StaffTask, User
from portal.refusals import Reason
from volunteers.models import Application, PolicyVersion
from volunteers.notifications import applicant as letters
from volunteers.services import applications, assisted, checks, guards, own, references, screening, terms
from volunteers.states import CANCEL_CHECK, CONTINUE, LAPSE, REFEREE_WAITING, REOPEN, ApplicationState

S = ApplicationState


def lapse(on: date) -> list[str]:
    """Reminds applicants who do not answer, on the days of `lapse_reminder_days`, and closes their applications after
    `lapse_days` and all reminders; the last one leaves the time that the plan foresees, also where a night was missed.
    Returns the codes of the cases. A job of the night, safe to repeat."""
    codes = []
    for state, days in settings.PROGRAMME["lapse_reminder_days"].items():
        since = on - timedelta(days=days[0])
        silent = Application.objects.filter(state=state, state_since__date__lte=since, anonymised_at=None)
        codes += [code for pk in silent.values_list("pk", flat=True) if (code := _remind_or_lapse(pk, state, on))]
    return codes + _forget(on)


@transaction.atomic
def _remind_or_lapse(pk: int, state: str, on: date) -> str:
    application = _lock(pk)
    if application.state != state:
        return ""
    reminder_days, last_day = (settings.PROGRAMME[name][state] for name in ("lapse_reminder_days", "lapse_days"))
    days = (on - timezone.localdate(application.state_since)).days
    sent = OutgoingMessage.objects.filter(dedupe_key__startswith=letters.reminder_key(application))
    number = sent.count()
    if number < sum(day <= days for day in reminder_days):
        token = _new_link(application)
        closes_on = on + timedelta(days=last_day - reminder_days[number])
        letters.reminder(application, number + 1, closes_on=closes_on, token=token)
        return application.code
    waited = (on - timezone.localdate(sent.first().created_at)).days if number else 0
    if number < len(reminder_days) or days < last_day or waited < last_day - reminder_days[-1]:
        return ""
    moves.demand(LAPSE, application, None)
    moves.advance(LAPSE, application, None)
    letters.lapsed(application)
    if application.submitted_at or application.assisted_by_id:
        applications.tell_coordinator(application, StaffTask.Kind.LAPSED, once=f"{application.code}:{on}")
    return application.code


def _new_link(application: Application) -> str:
    """Somebody without an account needs a link in his letter; the one that he has is not kept in words."""
    if application.person.user_id:
        return ""
    token = assisted.new_link(application)
    application.save(update_fields=["candidate_token_hash"])
    return token


def _forget(on: date) -> list[str]:
    """A case closed for silence that can no longer be opened again waits for nothing any more."""
    over = on - timedelta(days=settings.PROGRAMME["reopen_days"])
    waits = (
        Q(referees__state__in=REFEREE_WAITING)
        | Q(checks__state__in=CANCEL_CHECK.sources)
        | Q(checks__evidence__isnull=False, checks__evidence__purge_after=None, checks__evidence__purged_at=None)
    )
    closed = Application.objects.filter(waits, state=S.LAPSED, state_since__date__lt=over).values_list("pk", flat=True)
    return [_end_all(pk) for pk in list(closed.distinct())]


@transaction.atomic
def _end_all(pk: int) -> str:
    application = _lock(pk)
    references.cancel(application=application)
    checks.cancel(application=application)
    checks.mark_papers_for_erasure(application)
    return application.code


def _lock(pk: int) -> Application:
    guards.lock_person(Application.objects.values_list("person", flat=True).get(pk=pk))
    return Application.objects.select_for_update(of=("self",)).select_related("person__user", "role").get(pk=pk)


@transaction.atomic
def reopen(*, application: Application, by: User) -> None:
    """Takes up an application that was closed for silence, where it stood (T18); his days to answer begin anew, and who
    has not confirmed his contact gets a new code. Whoever has is looked up anew (`screening.screen`): entries of the
    do-not-engage list pass closed cases by. Refuses with `wrong_state`, `too_late` after `reopen_days`, `already_open`
    and `already_approved`."""
    application = guards.lock_application(application, by)
    missing = []
    if timezone.localdate() > reopens_until(application):
        missing.append(Reason("too_late", _("It can no longer be opened again. Please apply anew.")))
    if application.person.applications.open().filter(kind=application.kind).exists():
        missing.append(Reason("already_open", _("You have an application already: it is on your page.")))
    if application.kind == Application.Kind.INITIAL and terms.running(application.person):
        missing.append(Reason("already_approved", _("You are approved already.")))
    own.demand(REOPEN, application, by, missing=missing)
    own.advance(REOPEN, application, by)
    if application.state == S.UNCONFIRMED:
        applications.send_code(application=application, by=by)
    elif application.submitted_at:
        screening.screen(application)


def reopens_until(application: Application) -> date:
    """The last day on which an application closed for silence may be opened again."""
    return timezone.localdate(application.state_since) + timedelta(days=settings.PROGRAMME["reopen_days"])


def may_continue(application: Application) -> bool:
    """Whether the day of a deferral has come."""
    return application.deferred_until is None or timezone.localdate() >= application.deferred_until


@transaction.atomic
def resume(*, application: Application, by: User) -> None:
    """A deferred applicant goes on (T16b), on or after the day he was told: under the policy in force today, whatever
    ran out meanwhile is asked for again, and the coordinators get a task. Refuses with `wrong_state` and `too_early`."""
    application = guards.lock_application(application, by)
    missing = []
    if not may_continue(application):
        text = _("You can continue from %(day)s.") % {"day": date_format(application.deferred_until)}
        missing.append(Reason("too_early", text))
    own.demand(CONTINUE, application, by, missing=missing)
    application.policy = PolicyVersion.objects.in_force(application.role) or application.policy
    own.advance(CONTINUE, application, by)
    checks.request(application=application)
    references.ask(application=application, by=by)
    once = f"{application.code}:{application.deferred_until}"
    applications.tell_coordinator(application, StaffTask.Kind.DEFERRAL_OVER, once=once)


def tell_deferred(on: date) -> list[str]:
    """Writes to everybody whose deferral is over that he may continue: once. Returns the codes of the cases. A job of the
    night, safe to repeat."""
    deferred = Application.objects.filter(state=S.DEFERRED, deferred_until__lte=on)
    codes = []
    for application in deferred.select_related("person__user", "role"):
        if not OutgoingMessage.objects.filter(dedupe_key=letters.deferral_key(application)).exists():
            letters.deferral_over(application)
            codes.append(application.code)
    return codes
