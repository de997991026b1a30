"""What only the safeguarding leads see, in the demonstration: concerns, the do-not-engage list, people found twice."""

from __future__ import annotations

from volunteers.models import Application, Concern, Person, ReasonCode
from volunteers.services import concerns, do_not_engage, revisions, screening
from volunteers.states import ApplicationState

from . import builders
from .cases import Cases
from .cast import Cast

FIRST_NUMBER_OF_LISTED = 80
SCREENING = ApplicationState.SCREENING


def make_safeguarding(made: Cases) -> None:
    """After the sessions: Gulnara writes about somebody who was at her school."""
    make_concerns(made.cast, made.application("sabit", "Қасымов", "Сәбит", SCREENING))
    make_do_not_engage(made.cast, made.application("marqul", "Есімов", "Марқұл", SCREENING))
    make_duplicates(made.cast, made.application("talgat2", "Тілеуов", "Талғат", SCREENING))


def make_concerns(cast: Cast, doubtful: Application) -> None:
    """A low-level one from Nurlan's school, with what was done about it; one that is closed; and a serious one about
    an applicant, whose case rests with that."""
    level, source = Concern.Level, Concern.Source
    text = "Үлгі: сабақтан кейін дәлізде бір топ оқушымен қалып сөйлесті. Мұғалім есік алдында тұрды."
    concerns.raise_concern(person=cast.nurlan, by=cast.gulnara, level=level.LOW, source=source.SCHOOL, text=text)
    action = "Үлгі: тәлімгермен сөйлестік, ережені еске салдық."
    concerns.act(concern=cast.nurlan.concerns.get(), by=cast.dana, action=action, referred_to="Мектеп директоры (үлгі)")
    text = "Үлгі: кездесуге екі рет кешікті, мектепке алдын ала айтпады."
    concerns.raise_concern(person=cast.yerbol, by=cast.aigul, level=level.LOW, source=source.STAFF, text=text)
    concerns.close(
        concern=cast.yerbol.concerns.get(), by=cast.dana, outcome="Үлгі: себебін айтты, бұдан былай ескертеді."
    )
    concerns.raise_concern(
        person=doubtful.person,
        by=cast.aigul,
        level=level.SERIOUS,
        source=source.OTHER,
        text="Үлгі: көршісі қоңырау шалып, бұрынғы жұмысынан неге кеткенін сұраңыздар деді.",
        application=doubtful,
    )


def make_do_not_engage(cast: Cast, applicant: Application) -> None:
    """Three entries: one waits for the second lead; one in force is proposed to be lifted; one in force fits `applicant`
    by names and birth date, so that his case rests."""
    number, person = FIRST_NUMBER_OF_LISTED, applicant.person
    same = {name: getattr(person, name) for name in ("family_name", "given_name", "birth_date")}
    proposal = {"reason_code": ReasonCode.objects.get(code="court_ban"), "note": "Үлгі: сот шешімінің көшірмесі бар."}
    do_not_engage.list_person(by=cast.dana, iin=builders.iin_of(number), **proposal)
    ending = do_not_engage.list_person(by=cast.dana, iin=builders.iin_of(number + 1), **proposal)
    do_not_engage.confirm(entry=ending, by=cast.marat)
    do_not_engage.propose_lift(entry=ending, by=cast.marat, reason="Үлгі: тыйымның мерзімі бітті.")
    fits = do_not_engage.list_person(by=cast.marat, iin=builders.iin_of(number + 2), **proposal, **same)
    do_not_engage.confirm(entry=fits, by=cast.dana)


def make_duplicates(cast: Cast, namesake: Application) -> None:
    """`namesake` has the names and the birth date of Talgat, so that his case rests; and somebody with another account
    has tried to send an application under Talgat's number."""
    screening.screen(namesake)
    talgat = Person.objects.get(user__email=builders.email_of("talgat"))
    user = builders.make_user("talgat3", family=talgat.family_name, given=talgat.given_name, district=cast.taraz)
    draft = builders.make_application(Person.objects.create(user=user), ApplicationState.DRAFT)
    revisions.number_is_taken(draft, talgat.iin, user)
