"""Applicants in every stage and the mentors who serve, so that each scenario can be clicked at once."""

from __future__ import annotations

import random
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from portal.models import District, School
from volunteers.models import (
    Application,
    Organisation,
    Person,
    ReasonCode,
    RefereeRequest,
    TrainingModule,
    TrainingRecord,
)
from volunteers.services import applications, decisions, references, standing
from volunteers.states import ApplicationState, RefereeState

from . import builders, past, vetting
from .cast import Cast

MENTORS = 45
FAMILIES = ["Әбенов", "Байжанов", "Дүйсенов", "Есімов", "Жүнісов", "Қасымов", "Мұсаев", "Нұрпейісов", "Оспанов"]
GIVEN = ["Асқар", "Бауыржан", "Ғалым", "Дәулет", "Жомарт", "Қайрат", "Олжас", "Рахат", "Сәкен", "Талғат"]
FIRST_NUMBER_OF_CASES = 100
FIRST_NUMBER_OF_MENTORS = 200


def make_organisations() -> None:
    """Veterans' organisations of every district and the sample schools as organisations of teachers."""
    for district in District.objects.all():
        Organisation.objects.get_or_create(
            kind=Organisation.Kind.VETERANS,
            district=district,
            defaults={
                "name_kk": f"Ардагерлер ұйымы: {district.name_kk} (үлгі)",
                "name_ru": f"Организация ветеранов: {district.name_ru} (образец)",
                "name_en": f"Veterans' organisation: {district.name_en} (sample)",
                "is_sample": True,
            },
        )
    for school in School.objects.filter(is_sample=True, organisation=None):
        Organisation.objects.create(
            kind=Organisation.Kind.SCHOOL,
            district_id=school.district_id,
            school=school,
            name_kk=school.name_kk,
            name_ru=school.name_ru,
            name_en=school.name_en,
            is_sample=True,
        )


# What every applicant of the demonstration wrote of himself: no names, no gaps.
ANSWERS = {
    "experience": {
        "life_work": "Отыз жыл орманшы болдым. Адамдармен сабырлы сөйлесе аламын, сөзімде тұрамын.",
        "motivation": "Зейнетте бос отырғым келмейді. Балаларға еңбек пен табиғат туралы айтып бергім келеді.",
        "with_children": "Төрт немерем бар. Ауыл мектебінде екі жыл экология үйірмесін жүргіздім.",
    },
    "history": {
        "entries": [
            {
                "kind": "work",
                "organisation": "Орман шаруашылығы",
                "with_children": False,
                "from": "1990-04",
                "to": "2021-12",
                "reason_left": "зейнетке шықтым",
            },
            {
                "kind": "household",
                "organisation": "",
                "with_children": False,
                "from": "2022-01",
                "to": "",
                "reason_left": "",
            },
        ],
        "gaps_explained": "",
    },
}


class Cases:
    """Makes the applicants, one after another; each method is a stage."""

    def __init__(self, cast: Cast):
        self.cast = cast
        self.number = FIRST_NUMBER_OF_CASES
        self.today = timezone.localdate()
        self.veterans = Organisation.objects.get(kind=Organisation.Kind.VETERANS, district=cast.taraz)

    def application(
        self, name: str, family: str, given: str, state: str, *, days: int = 3, district=None
    ) -> Application:
        district = district or self.cast.taraz
        self.number += 1
        user = builders.make_user(name, family=family, given=given, district=district)
        person = builders.make_person(user, number=self.number, district=district, family=family, given=given)
        since = self.today - timedelta(days=days)
        return builders.make_application(person, state, since=since, organisation=self.veterans, answers=ANSWERS)

    def referees(self, application: Application, count: int = 2) -> None:
        for index in range(count):
            RefereeRequest.objects.create(
                application=application,
                name=("Роза Есімова", "Марат Байжанов")[index],
                relation=RefereeRequest.Relation.COLLEAGUE,
                organisation="Кітапхана" if index else "Мектеп",
                email=f"referee-{application.pk}-{index}@demo.example",
                saw_with_children=index == 0,
            )

    def checked(self, name: str, family: str, given: str, **more) -> Application:
        """In assessment, every approval-stage requirement met."""
        application = self.application(name, family, given, ApplicationState.ASSESSMENT, **more)
        Application.objects.filter(pk=application.pk).update(owner=self.cast.aigul, interviewer=self.cast.ivan)
        application.refresh_from_db()
        builders.check_all(application, staff=self.cast, on=self.today - timedelta(days=5))
        vetting.write_down(application)
        return application

    def make(self) -> None:
        cast = self.cast
        self.application("kairat", "Қасымов", "Қайрат", ApplicationState.DRAFT)
        unconfirmed = self.application("zhomart", "Жүнісов", "Жомарт", ApplicationState.UNCONFIRMED)
        applications.send_code(application=unconfirmed, by=unconfirmed.person.user)
        self.referees(self.application("talgat", "Тілеуов", "Талғат", ApplicationState.SCREENING))
        self.referees(self.application("askar", "Байжанов", "Асқар", ApplicationState.SCREENING, days=9))
        self.application("dauren", "Есімов", "Дәурен", ApplicationState.SCREENING, district=cast.zhambyl)
        self._two_referees_asked()
        self._one_reference_and_failed_training()
        ready = self.checked("rakhat", "Дүйсенов", "Рахат")
        decisions.ready(application=ready, by=cast.aigul)
        self._proposed_by_dana()
        self._approved_without_induction()
        self._suspended()
        past.declined_long_ago(cast)
        vetting.make_waivers(cast)
        withdrawn = self.application("tilek", "Сейітов", "Тілек", ApplicationState.SCREENING)
        applications.withdraw(application=withdrawn, by=withdrawn.person.user)

    def _two_referees_asked(self) -> None:
        application = self.application("sapar", "Нұрпейісов", "Сапар", ApplicationState.SCREENING)
        self.referees(application)
        decisions.accept(application=application, by=self.cast.aigul, interviewer=self.cast.ivan, no_conflict=True)

    def _one_reference_and_failed_training(self) -> None:
        application = self.checked("omir", "Мұсаев", "Өмір")
        last = application.referees.last()
        last.response.delete()
        RefereeRequest.objects.filter(pk=last.pk).update(state=RefereeState.CREATED, sent_at=None)
        references.ask(application=application, by=self.cast.aigul)
        TrainingRecord.objects.create(
            person=application.person,
            subject=application.person.user,
            module=TrainingModule.objects.filter(check_type__code="induction")[0],
            held_on=self.today - timedelta(days=2),
            result=TrainingRecord.Result.FAILED,
            note="Сұрақтарға жауап беріп үлгермеді, тағы келеді (үлгі).",
            recorded_by=self.cast.ivan,
        )

    def _proposed_by_dana(self) -> None:
        application = self.checked("olzhas", "Оспанов", "Олжас")
        decisions.ready(application=application, by=self.cast.aigul)
        rationale = "Барлық тексеру дұрыс, екі ұсынымхат беруші де жақсы біледі (үлгі)."
        decisions.propose(application=application, by=self.cast.dana, rationale=rationale, no_conflict=True)

    def _approved_without_induction(self) -> None:
        application = self.checked("shyngys", "Әбенов", "Шыңғыс")
        on, first_visits = self.today - timedelta(days=1), settings.PROGRAMME["probation_visits"]
        builders.approve(application, self.cast.aigul, self.cast.marat, on, probation_visits=first_visits)

    def _suspended(self) -> None:
        person = builders.make_mentor(
            "galym", number=90, staff=self.cast, district=self.cast.taraz, family="Жүнісов", given="Ғалым"
        )
        reason = ReasonCode.objects.order_by("code")[0]
        standing.suspend(person=person, by=self.cast.aigul, reason_code=reason, note="Үлгі: бір сұрақ анықталғанша.")


def make_mentors(cast: Cast) -> list[Person]:
    """`mentor01` … `mentor45`, cleared, most of them in the city."""
    chance = random.Random(45)  # noqa: S311 - the same people on every machine
    districts = list(District.objects.all())
    people = []
    for index in range(1, MENTORS + 1):
        district = cast.taraz if index % 3 else districts[index % len(districts)]
        people.append(
            builders.make_mentor(
                f"mentor{index:02d}",
                number=FIRST_NUMBER_OF_MENTORS + index,
                staff=cast,
                district=district,
                family=chance.choice(FAMILIES),
                given=chance.choice(GIVEN),
                role="teacher_mentor" if index % 4 == 0 else "school_mentor",
            )
        )
    return people
