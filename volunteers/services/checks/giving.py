"""What the person sends, or what staff were shown."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal import moves
from portal.models import User
from portal.refusals import Reason
from volunteers import clearance
from volunteers.models import Check
from volunteers.services import guards
from volunteers.states import PROVIDE, PROVIDE_FOR, CheckState

from . import papers
from .judging import issued_in_future


@transaction.atomic
def provide(
    *,
    check: Check,
    by: User,
    number: str,
    issuer: str,
    issued_on: date | None,
    upload: tuple[bytes, str] | None = None,
) -> None:
    """Takes what the person sent, or what staff was shown; `upload` is what `uploads.clean_upload` returned.

    What was verified before is verified no longer (G5): the state goes back to "provided" and, where the record counted,
    the apps above are told in the same transaction. Raises `NotAllowed` (`not_yours`, `not_yours_to_give`,
    `administrator`) and `Refused` (`wrong_state`, `issued_in_future`, `file_missing`, `no_room`). Staff may enter a paper without a
    file; the person himself needs one unless one is already there. A declaration (`disclosures.disclose`) and an interview
    (`interviews.record`) are given to nobody in this way.
    """
    check = guards.lock_check(check, by)
    own = check.person.user_id == by.pk
    barred, missing = [] if own else guards.runs_the_system(by), []
    if check.check_type.is_declaration:
        barred = [Reason("not_yours_to_give", _("Everybody answers for himself."))]
    elif check.check_type.is_interview:
        text = _("An interview is recorded with its protocol, on a page of its own.")
        barred = [Reason("not_yours_to_give", text)]
    elif own and not check.check_type.provided_by_applicant:
        barred = [Reason("not_yours_to_give", _("You need to do nothing for this check: the programme does it."))]
    if issued_on and issued_on > timezone.localdate():
        missing.append(issued_in_future())
    if own and not upload and not check.evidence.filter(purged_at=None).exists():
        missing.append(Reason("file_missing", _("Please add a scan or a photo of the paper.")))
    if upload and (full := papers.no_room(check, len(upload[0]))):
        missing.append(full)
    guards.demand(PROVIDE if own else PROVIDE_FOR, check, by, barred=barred, missing=missing)
    counted = check.state == CheckState.VERIFIED
    check.number, check.issuer, check.issued_on = number.strip(), issuer.strip(), issued_on
    check.expires_on = check.verified_by = check.verified_at = None
    check.method = check.result_note = ""
    check.provided_by = by
    if upload:
        papers.keep(check, upload, by)
    moves.advance(PROVIDE if own else PROVIDE_FOR, check, by, check_type=check.check_type.code, file=bool(upload))
    if counted:
        clearance.changed(check.person)
