"""The cast: a handful of named people for the demonstration and for every test."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from portal import reference
from portal.access import Role
from portal.management.demo import builders
from portal.models import District, School, User
from volunteers.models import Person
from volunteers.reference import load_reference as load_volunteers_reference


@dataclass
class Cast:
    """Staff and people; `serik` has an account and nothing else, `nurlan` and `yerbol` are cleared mentors in Taraz."""

    taraz: District
    zhambyl: District
    school: School  # № 201, Taraz; Gulnara's
    other_school: School  # № 202, Taraz
    far_school: School  # in Zhambyl district
    aigul: User  # coordinator, Taraz
    bolat: User  # coordinator, Zhambyl district
    dana: User  # safeguarding lead
    marat: User  # safeguarding lead
    saule: User  # appeal member
    ivan: User  # interviewer and trainer
    gulnara: User  # contact person of `school`
    raushan: User  # auditor
    asel: User  # editor
    meruert: User  # specialist who approves texts
    root: User  # administrator and superuser
    serik: User
    nurlan: Person | None = None  # certificate of convictions ends in 20 days
    yerbol: Person | None = None


def make_cast() -> Cast:
    """The people, made where they are missing; the reference data and the sample schools with the first of them."""
    if not School.objects.filter(is_sample=True).exists():
        reference.load_reference()
        load_volunteers_reference()
        reference.load_sample_schools()
    taraz, zhambyl = District.objects.get(slug="taraz"), District.objects.get(slug="zhambyl")
    school, other = School.objects.filter(district=taraz)[:2]
    user = builders.make_user
    cast = Cast(
        taraz=taraz,
        zhambyl=zhambyl,
        school=school,
        other_school=other,
        far_school=School.objects.filter(district=zhambyl)[0],
        aigul=user("aigul", Role.COORDINATOR, district=taraz, family="Есімова", given="Айгүл"),
        bolat=user("bolat", Role.COORDINATOR, district=zhambyl, family="Оспанов", given="Болат"),
        dana=user("dana", Role.SAFEGUARDING_LEAD, family="Жүнісова", given="Дана"),
        marat=user("marat", Role.SAFEGUARDING_LEAD, family="Тілеуов", given="Марат"),
        saule=user("saule", Role.APPEAL_MEMBER, family="Қасымова", given="Сәуле"),
        ivan=user("ivan", Role.INTERVIEWER, Role.TRAINER, family="Петров", given="Иван", language="ru"),
        gulnara=user("gulnara", Role.SCHOOL_CONTACT, school=school, family="Байжанова", given="Гүлнара"),
        raushan=user("raushan", Role.AUDITOR, family="Нұрпейісова", given="Раушан"),
        asel=user("asel", Role.EDITOR, family="Дүйсенова", given="Әсел"),
        meruert=user("meruert", Role.SPECIALIST, family="Сәрсенова", given="Меруерт"),
        root=user("root", Role.ADMINISTRATOR, family="Root", given="Root", is_superuser=True),
        serik=user("serik", family="Әбенов", given="Серік"),
    )
    cast.nurlan = builders.make_mentor(
        "nurlan",
        number=1,
        staff=cast,
        district=taraz,
        family="Мұсаев",
        given="Нұрлан",
        certificate_ends=timezone.localdate() + timedelta(days=20),
    )
    cast.yerbol = builders.make_mentor(
        "yerbol", number=2, staff=cast, district=taraz, family="Сейітов", given="Ерлан", role="teacher_mentor"
    )
    return cast
