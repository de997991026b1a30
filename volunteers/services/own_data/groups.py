"""What is kept about somebody, in words: the groups of the page "My data" and of the archive, one table."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from django.apps import apps
from django.db.models import F, Func, IntegerField, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal import personal
from portal.models import User
from portal.retention import SCHEDULE, Rule

from .contents import TOLD


class Group(NamedTuple):
    """`models` are labels of `portal.personal`; `rules` codes of `portal.retention`; `view` is where its owner reads or
    corrects it, `link` what the link says."""

    code: str
    title: Promise
    text: Promise
    models: tuple[str, ...]
    rules: tuple[str, ...] = ()
    view: str = ""
    link: Promise | str = ""


GROUPS = (
    Group(
        "account",
        _("Account"),
        _("Your address or phone, your name and your language: so that you can sign in and get our letters."),
        (
            "portal.User",
            "account.EmailAddress",
            "mfa.Authenticator",
            "usersessions.UserSession",
            "portal.RoleGrant",
            "volunteers.Organisation",
            "volunteers.ErasureRequest",
        ),
        ("sign_ups", "erasures"),
        "account_settings",
        _("Look or correct"),
    ),
    Group(
        "person",
        _("About you"),
        _(
            "Your full name, date of birth, identification number and contacts: so that we know whom we let near children."
        ),
        ("volunteers.Person", "volunteers.Person_languages", "volunteers.Membership", "volunteers.Invitation"),
        ("closed_cases", "mentors"),
    ),
    Group(
        "application",
        _("Your application"),
        _("What you answered, what we asked you, and what was decided. It is kept encrypted."),
        (
            "volunteers.Application",
            "volunteers.ApplicationRevision",
            "volunteers.InfoRequest",
            "volunteers.Interview",
            "volunteers.Decision",
            "volunteers.Appeal",
            "volunteers.Approval",
        ),
        ("drafts", "closed_cases"),
        "my_home",
        _("My page"),
    ),
    Group(
        "papers",
        _("Papers"),
        _("Your certificates and your self-declaration: the law asks for them before anybody works with children."),
        (
            "volunteers.Check",
            "volunteers.CheckEvidence",
            "volunteers.SelfDisclosure",
            "volunteers.Exemption",
        ),
        ("papers",),
        "my_home",
        _("Look or correct"),
    ),
    Group(
        "references",
        _("People whom you named"),
        _("What they wrote is kept and not shown: these are words of other people, told to us in confidence."),
        ("volunteers.RefereeRequest",),
        ("closed_cases",),
    ),
    Group(
        "training",
        _("Training"),
        _("What you read, which questions you answered, and which training you passed."),
        ("volunteers.QuizAttempt", "volunteers.TrainingRecord", "volunteers.TrainingPlace"),
        ("mentors",),
        "my_training",
        _("My training"),
    ),
    Group(
        "service",
        _("Visits and hours"),
        _("Visits, hours, your wishes and limits, pauses and talks with your supervisor."),
        (
            "mentors.Profile",
            "mentors.Profile_topics",
            "mentors.Profile_districts",
            "mentors.Limits",
            "mentors.AvailabilityWindow",
            "mentors.Absence",
            "mentors.CheckIn",
            "volunteers.SupervisorAssignment",
            "volunteers.Pause",
            "volunteers.Suspension",
            "volunteers.ExitRecord",
            "events.Booking",
            "events.Attendance",
            "events.Arrival",
            "events.HoursEntry",
            "events.Certificate",
            "events.WorkEntry",
            "events.Feedback",
            "events.WaitlistEntry",
            "events.SwapOffer",
            "events.CalendarToken",
        ),
        ("visits", "mentors"),
    ),
    Group(
        "consents",
        _("Consents"),
        _("Which texts you agreed to, when and in which language."),
        ("volunteers.Acceptance", "volunteers.Withdrawal"),
        ("mentors",),
    ),
    Group(
        "letters",
        _("Letters"),
        _("The letters and text messages that we sent you."),
        ("portal.OutgoingMessage",),
        ("letters",),
    ),
    Group(
        "office",
        _("Your work for “Tirek”"),
        _("Requests of your school, what you wrote on pages. Such records stay, with your name in them."),
        (
            "events.SessionRequest",
            "events.RequestMessage",
            "events.SchoolSession",
            "wagtailcore.Comment",
            "wagtailcore.CommentReply",
            "wagtaildocs.Document",
            "wagtailimages.Image",
        ),
    ),
)


class Kept(NamedTuple):
    group: Group
    count: int
    rules: tuple[Rule, ...]


def kept_about(user: User) -> list[Kept]:
    """The groups of which something is kept about `user`, with the number of entries, in one query."""
    tables = personal.tables()
    counts = User.objects.filter(pk=user.pk).values(
        **{f"n_{label.replace('.', '_')}": _count(tables[label]) for group in GROUPS for label in group.models}
    )[0]
    found = (Kept(group, _sum(counts, group.models), tuple(SCHEDULE[code] for code in group.rules)) for group in GROUPS)
    return [kept for kept in found if kept.count]


def _sum(counts: dict[str, int], labels: Iterable[str]) -> int:
    return sum(counts[f"n_{label.replace('.', '_')}"] for label in labels)


def _count(table: personal.Table) -> Coalesce:
    rows = apps.get_model(table.label)._base_manager.filter(TOLD.get(table.label, Q()), **{table.of: OuterRef("pk")})
    counted = rows.order_by().annotate(all=Func(F("pk"), function="COUNT")).values("all")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)
