"""The texts that people accept: who accepted which version, and how a new version comes into force."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal import audit
from portal.access import Reach
from portal.models import User
from portal.refusals import NotAllowed, Reason, Refused
from portal.richtext import clean
from volunteers import clearance
from volunteers.models import Acceptance, Agreement, AgreementVersion, CheckType, Person
from volunteers.notifications import training as letters
from volunteers.services import guards

LANGUAGES = [code for code, _name in settings.LANGUAGES]
MENTOR_AGREEMENT = "mentor_agreement"  # no policy demands it; a mentor may read and accept it
REMINDED_FOR_DAYS = 30  # after a new version came into force
AWAY = {"suspended", "exited", "not_approved", "approval_expired"}  # reasons of clearance that no acceptance mends


def demanded_codes() -> set[str]:
    """The texts without which nobody is cleared; others are accepted with the application, or by choice."""
    return set(CheckType.objects.filter(kind=CheckType.Kind.AGREEMENT).values_list("code", flat=True))


def version_to_read(person: Person, code: str) -> AgreementVersion | None:
    """What a mentor is to accept now: the version in force and, once he has accepted that one, the one announced for a
    later day. None where nothing is published."""
    versions = AgreementVersion.objects.filter(agreement__code=code).select_related("agreement").order_by("-number")
    today = timezone.localdate()
    current = versions.filter(valid_from__lte=today).first()
    newest = versions.first()
    return newest if current is None or _accepted_lately(person, current, today) else current


@transaction.atomic
def accept_agreement(*, person: Person, version: AgreementVersion, by: User, language: str) -> None:
    """The person accepts a text in the language he read it in; one that is announced may be accepted beforehand. Twice is
    once, until half of its validity is over: then the same version may be accepted for another term. Raises `NotAllowed`
    (`not_yours`) and `Refused` (`superseded`)."""
    person = guards.lock_person(person.pk)
    today = timezone.localdate()
    if person.user_id != by.pk:
        raise NotAllowed(Reason("not_yours", _("Only the person himself accepts this text.")))
    newer = AgreementVersion.objects.filter(
        agreement=version.agreement_id, number__gt=version.number, valid_from__lte=today
    )
    if newer.exists():
        raise Refused(Reason("superseded", _("There is a newer version of this text. Please read that one.")))
    if _accepted_lately(person, version, today):
        return
    Acceptance.objects.create(person=person, version=version, language=language)
    audit.record(person, "agreement", by, agreement=version.agreement.code, version=version.number)


def _accepted_lately(person: Person, version: AgreementVersion, today: date) -> bool:
    last = Acceptance.objects.standing().filter(person=person, version=version).first()
    if last is None:
        return False
    validity = CheckType.objects.filter(code=version.agreement.code).values_list("validity_days", flat=True).first()
    return validity is None or timezone.localdate(last.at) + timedelta(days=validity // 2) > today


@transaction.atomic
def publish_version(
    *,
    agreement: Agreement,
    by: User,
    title: Mapping[str, str],
    html: Mapping[str, str],
    valid_from: date,
    requires_reacceptance: bool,
) -> AgreementVersion:
    """A new version of a text, by language, for good: from `valid_from` on it takes the place of the former one. With
    `requires_reacceptance` whoever accepted the former one is cleared from that day on only once he accepts this one; the
    nightly job asks him by letter (`announce`). Of the words only headings, lists and emphasis are kept.

    Raises `NotAllowed` (`not_yours`) and `Refused` with all of `valid_from_past` and `words_missing`.
    """
    guards.demand_permission("agreement.publish", Reach(), by)
    agreement = Agreement.objects.select_for_update().get(pk=agreement.pk)
    words = {f"title_{language}": title.get(language, "").strip() for language in LANGUAGES}
    words |= {f"html_{language}": clean(html.get(language, "")) for language in LANGUAGES}
    reasons = []
    if valid_from < timezone.localdate():
        reasons.append(Reason("valid_from_past", _("A text comes into force today or later.")))
    if not all(words.values()):
        reasons.append(Reason("words_missing", _("Title and text are needed in all three languages.")))
    if reasons:
        raise Refused(*reasons)
    last = agreement.versions.order_by("-number").values_list("number", flat=True).first() or 0
    version = AgreementVersion.objects.create(
        agreement=agreement,
        number=last + 1,
        valid_from=valid_from,
        requires_reacceptance=requires_reacceptance,
        **words,
    )
    audit.record(version, "publish_agreement", by, agreement=agreement.code, version=version.number)
    return version


def announce(on: date) -> list[str]:
    """Every night: whoever serves and accepted an older version of a demanded text gets one letter about the new one,
    from the day it was published until a month after it came into force. Returns the codes of those who were written to."""
    versions = AgreementVersion.objects.filter(
        agreement__code__in=demanded_codes(), requires_reacceptance=True, number__gt=1
    )
    asked = []
    for version in versions.filter(valid_from__gte=on - timedelta(days=REMINDED_FOR_DAYS)).select_related("agreement"):
        older = Acceptance.objects.filter(version__agreement=version.agreement_id, version__number__lt=version.number)
        newer = Acceptance.objects.filter(version__agreement=version.agreement_id, version__number__gte=version.number)
        people = Person.objects.filter(pk__in=older.values("person"), user__is_active=True).select_related("user")
        waiting = list(people.exclude(pk__in=newer.values("person")).order_by("pk"))
        answers = clearance.clearances(waiting, on=on)
        serving = [person for person in waiting if not {reason.code for reason in answers[person.pk].reasons} & AWAY]
        asked += [person.code for person in serving if letters.new_version(person, version)]
    return asked
