"""How long data about people are kept: one table, which the jobs of the night carry out and the page "My data" tells.

The days stand in `settings.PROGRAMME`, under the name in `setting`; a lawyer changes them there. Where they come from: security.md
3.2 of the design (law 94-V; DBS code of practice; IRMS and NSPCC on allegations; the handbook on records of volunteers).
Each app says in `AppConfig.ready()` which of its functions carries a row out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db.models import Min, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal import nightly


class Rule(NamedTuple):
    """What is kept, from when its days count, how many (`None`: each kind of paper has its own), and what happens then."""

    code: str
    what: Promise
    starts: Promise
    setting: str | None
    then: Promise

    @property
    def days(self) -> int | None:
        return settings.PROGRAMME[self.setting] if self.setting else None

    @property
    def years(self) -> int | None:
        """The days as whole years, where they are some (a leap day more or less); None where they are not."""
        years = round(self.days / 365.25) if self.days else 0
        return years if years and abs(self.days - years * 365.25) <= 1 else None

    def limit(self, on: date) -> date:
        """What began before this day has had its days on the day `on`: it goes."""
        return on - timedelta(days=self.days)


SCHEDULE = {
    rule.code: rule
    for rule in (
        Rule("sign_ups", _("a sign-up that was never confirmed"), _("the sign-up"), "sign_up_days", _("deleted")),
        Rule("drafts", _("an application that was not sent"), _("the last change"), "draft_days", _("deleted")),
        Rule(
            "papers", _("files of papers"), _("the end of the case"), None, _("the file is destroyed, the date stays")
        ),
        Rule(
            "closed_cases",
            _("an application that did not lead to admission"),
            _("the end of the case"),
            "anonymise_declined_days",
            _("words and names are erased"),
        ),
        Rule(
            "mentors",
            _("the record of a mentor"),
            _("the end of the service"),
            "former_mentor_days",
            _("words and names are erased"),
        ),
        Rule(
            "allegations", _("reports about adults"), _("the end of the inquiry"), "concern_days", _("deleted")
        ),  # and not before the person is 65
        Rule("visits", _("words about visits"), _("the day of the visit"), "visit_words_days", _("words are erased")),
        Rule("letters", _("letters that are about no case"), _("the day they were sent"), "letter_days", _("emptied")),
        Rule(
            "calls", _("wishes to be called back, invitations"), _("the call or the end"), "interest_days", _("deleted")
        ),
        Rule("lists", _("a list that somebody brings in"), _("the day it was sent"), "import_file_days", _("deleted")),
        Rule("archives", _("an archive of one's own data"), _("the day it was made"), "archive_days", _("deleted")),
        Rule(
            "erasures", _("an account whose owner wants it deleted"), _("the wish"), "erasure_grace_days", _("deleted")
        ),
        Rule("log", _("the log of who did what"), _("the entry"), "log_days", _("deleted")),
    )
}


class Job(NamedTuple):
    """What carries a rule out: its line in the nightly report, the function, the rows it looks at on a day, and the
    column from which their age is read."""

    label: Promise
    run: Callable[[date], Sequence[str]]
    due: Callable[[date], QuerySet]
    since: str


_jobs: dict[str, list[Job]] = {code: [] for code in SCHEDULE}


class Finding(NamedTuple):
    rule: Rule
    count: int
    oldest: date | None


def carry_out(code: str, label: Promise, run: Callable, *, due: Callable[[date], QuerySet], since: str) -> None:
    """`run` becomes a job of the night (`nightly.register`) for the rule `code`. Raises `KeyError` for an unknown one."""
    _jobs[code].append(Job(label, run, due, since))
    nightly.register(f"retention_{run.__module__.partition('.')[0]}_{code}", label, run)


def jobs() -> dict[str, list[Job]]:
    """By rule, what carries it out."""
    return _jobs


def trial(on: date | None = None) -> list[Finding]:
    """What would go on the day `on`, rule by rule, and since when the oldest of it has lain here; changes nothing."""
    on = on or timezone.localdate()
    return [
        Finding(
            SCHEDULE[code],
            sum(len(nightly.attempt(job.run, on)) for job in carried),
            min(filter(None, (_oldest(job, on) for job in carried)), default=None),
        )
        for code, carried in _jobs.items()
    ]


def _oldest(job: Job, on: date) -> date | None:
    found = job.due(on).order_by().aggregate(oldest=Min(job.since))["oldest"]
    return timezone.localdate(found) if isinstance(found, datetime) else found
