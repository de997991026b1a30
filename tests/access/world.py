"""The records that addresses need: one case in Taraz with a check, a paper, references and a task; one session at Gulnara's
school, booked by Nurlan; and so on. `make_world` with `FAR` makes them once more, in another district and with words by
which a leak is known."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.utils import timezone
from wagtail.models import Locale, Page

from content.models import HelpPage, HomePage, SectionPage, TopicPage
from content.services import let_editors_in
from events import services
from events.models import Booking, SessionBatch, SwapOffer, WaitlistEntry, WorkEntry
from events.services.session_templates import template_from
from events.states import BookingState
from mentors.models import Exclusion, Profile
from portal.management.demo import builders, sessions
from portal.management.demo import training as demo_training
from portal.models import NonTeachingPeriod, OutgoingMessage, RoleProposal, StaffTask, Topic, User
from tests.access import cases
from tests.access.people import STRANGER
from tests.events.asking import make_request
from tests.events.builders import at
from tests.events.visits import attended
from tests.people import Cast
from volunteers.models import (
    Application,
    Check,
    CheckEvidence,
    CheckType,
    ExitRecord,
    Membership,
    Organisation,
    Pause,
    Person,
    ReasonCode,
    ReferenceResponse,
    SupervisorAssignment,
    Suspension,
)
from volunteers.states import ApplicationState


class Side(NamedTuple):
    """One of the two worlds: what stands behind the names of its accounts, its family name and words, its numbers."""

    ending: str
    family: str
    words: str
    number: int

    @property
    def fill(self) -> str:
        """A hash that nothing has."""
        return str(self.number)[0] * 64


NEAR = Side("", "Қасымов", "x", 70)
FAR = Side("-far", STRANGER, "Бөтенсөз", 270)


def make_world(cast: Cast, side: Side = NEAR) -> dict:
    applicant, case, person = _case(cast, side)
    (referee, *_rest) = builders.give_references(case, cast.dana, timezone.localdate())
    ReferenceResponse.objects.filter(request__application=case).update(result="", assessed_by=None, assessed_at=None)
    criminal = CheckType.objects.get(code="criminal_record")
    check = Check.objects.create(person=person, subject=person.user, application=case, check_type=criminal)
    paper = CheckEvidence.objects.create(
        evidence_of=check,
        stored_name=f"none{side.ending}",
        sha256="",
        mime="application/pdf",
        size=1,
        uploaded_by=applicant,
    )
    day = sessions.teaching_days(timezone.localdate() + timedelta(days=9), 1)[0]
    session = sessions.make_session(cast, cast.school, Topic.objects.exclude(parent=None)[0], day, sessions.time(10))
    booking = Booking.objects.create(
        session=session,
        person=cast.nurlan,
        seat_no=1,
        state=BookingState.PENDING,
        starts_at=session.starts_at,
        ends_at=session.ends_at,
    )
    task = StaffTask.objects.create(
        kind="withdrawn", role="coordinator", district=cast.taraz, about=case.code, dedupe_key=f"k{side.ending}"
    )
    suspended = builders.make_mentor(
        f"stopped{side.ending}",
        number=side.number + 1,
        staff=cast,
        district=cast.taraz,
        family=side.family,
        given="Ж",
    )
    suspension = Suspension.objects.create(
        person=suspended, reason_code=ReasonCode.objects.all()[0], note=side.words, opened_by=cast.aigul
    )
    return (
        _service(cast, side, suspended)
        | cases.waivers(cast, side, case)
        | cases.safeguarding(cast, side, case, person)
        | cases.outreach(cast, side, case)
        | cases.refusal(cast, side)
        | _plans(cast, side, session)
        | _lines(cast, booking, suspended, suspended if side == FAR else None)  # what is for all is no secret
        | {
            "cast": cast,
            "applicant": applicant,
            "case": case,
            "person": person,
            "check": check,
            "paper": paper,
            "reference": referee,
            "session": session,
            "booking": booking,
            "task": task,
            "undelivered": _undelivered(side, applicant, case),
            "suspension": suspension,
            "proposal": RoleProposal.objects.create(user=applicant, role="appeal_member", proposed_by=cast.root),
            "exclusion": Exclusion.objects.create(
                person=person, kind="school", school=cast.school, created_by=cast.dana
            ),
            "meeting": demo_training.plan(cast, days=6),
            "asked": make_request(cast),
            "certificate": _certificate(cast),
            "profile": Profile.objects.create(person=cast.nurlan, digest=True),
            "work": WorkEntry.objects.create(
                person=cast.nurlan, day=timezone.localdate(), minutes=30, kind="other", note=side.words
            ),
        }
    )


def _case(cast: Cast, side: Side) -> tuple[User, Application, Person]:
    applicant = builders.make_user(f"applicant{side.ending}", family=side.family, given="Қ")
    person = builders.make_person(
        applicant, number=side.number, district=cast.taraz, family=side.family, given="Қайрат"
    )
    case = builders.make_application(person, ApplicationState.ASSESSMENT, owner=cast.aigul, interviewer=cast.ivan)
    return applicant, case, person


def _undelivered(side: Side, applicant: User, case: Application) -> OutgoingMessage:
    """A letter to the applicant that was given up."""
    return OutgoingMessage.objects.create(
        letter="volunteers/accepted", channel="email", address=applicant.email, recipient=applicant, language="ru",
        subject=side.words, text=side.words, about=case.code, dedupe_key=f"undelivered{side.ending}",
        due_at=timezone.now(), state="failed", failure="SMTPRecipientsRefused", attempts=5,
    )  # fmt: skip


def make_page() -> TopicPage:
    """A public article with its section and start page; editors may come in."""
    let_editors_in()
    text = {"summary": "s", "locale": Locale.objects.get_or_create(language_code="ru")[0]}
    home = Page.get_first_root_node().add_child(instance=HomePage(title="T", slug="home-ru", **text))
    home.add_child(instance=HelpPage(title="H", slug="help", **text))
    section = SectionPage(title="P", slug="p", audience="parents", tint="parent", invitation="i", **text)
    topic = TopicPage(title="A", slug="a", audience="parents", last_published_at=timezone.now(), **text)
    return home.add_child(instance=section).add_child(instance=topic)


def a_picture() -> str:
    """The name of a file that pages show."""
    if not storages["pictures"].exists("images/access.png"):
        storages["pictures"].save("images/access.png", ContentFile(b"x"))
    return "images/access.png"


def _certificate(cast: Cast):
    """Of one confirmed visit of the mentor's."""
    day = timezone.localdate(attended(cast, starts_at=at(-40)).starts_at)
    return services.issue_certificate(by=cast.nurlan.user, first_day=day, last_day=day)


def _lines(cast: Cast, booking: Booking, colleague: Person, to: Person | None) -> dict:
    """The mentor waits for another session; he hands his visit over, to `to` or to whoever wants it, and somebody asks him to
    take one over."""
    ends = timezone.now() + timedelta(days=2)
    elsewhere = sessions.make_session(
        cast, cast.other_school, booking.session.topic, booking.session.day, sessions.time(14)
    )
    other = Booking.objects.create(
        session=elsewhere, person=colleague, seat_no=1, state=BookingState.CONFIRMED,
        starts_at=elsewhere.starts_at, ends_at=elsewhere.ends_at,
    )  # fmt: skip
    return {
        "turn": WaitlistEntry.objects.create(session=elsewhere, person=cast.nurlan),
        "handover": SwapOffer.objects.create(booking=booking, to_person=to, expires_at=ends),
        "swap": SwapOffer.objects.create(booking=other, to_person=cast.nurlan, expires_at=ends),
    }


def _plans(cast: Cast, side: Side, session) -> dict:
    """A template of the district, a session that was made with others, and days without lessons at another school of it."""
    template = template_from(session)
    template.title, template.created_by = side.words, cast.aigul
    template.save()
    batch = SessionBatch.objects.create(kind="series", created_by=cast.aigul)
    sessions.make_session(cast, cast.school, session.topic, session.day, sessions.time(17), batch=batch)
    day = timezone.localdate()
    period = NonTeachingPeriod.objects.create(
        kind="remote", first_day=day, last_day=day, school=cast.other_school, name_kk="x", name_ru="x", name_en="x"
    )
    return {"template": template, "batch": batch, "period": period}


def _service(cast: Cast, side: Side, person: Person) -> dict:
    """The mentor pauses some day and named Saule's organisation; somebody else renews, has a stand-in, and left once."""
    someday = timezone.localdate() + timedelta(days=300)
    pause = Pause.objects.create(person=cast.nurlan, starts_on=someday, ends_on=someday)
    council = Organisation.objects.create(kind="veterans", district=cast.taraz, name_kk="К", endorser=cast.saule)
    Membership.objects.create(person=cast.nurlan, organisation=council)
    renewal = builders.make_application(person, ApplicationState.ASSESSMENT, owner=cast.aigul)
    Application.objects.filter(pk=renewal.pk).update(kind=Application.Kind.RENEWAL)
    cover = SupervisorAssignment.objects.create(
        person=person, supervisor=cast.ivan, cover_for=cast.aigul, ends_on=someday
    )
    left = ExitRecord.objects.create(person=person, reason="moved", left_on=timezone.localdate() - timedelta(days=900))
    ExitRecord.objects.filter(pk=left.pk).update(recorded_at=timezone.now() - timedelta(days=900))
    return {"pause": pause, "council": council, "renewal": renewal, "cover": cover, "left": left, "mentor": person}
