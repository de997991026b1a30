"""Reference data that every installation has: places, languages, topics, helplines, the school calendar.

`load_reference()` adds what is missing by its natural key and never overwrites what somebody edited in the CMS.
"""

from __future__ import annotations

import random
import tomllib
from datetime import date
from functools import partial
from pathlib import Path

from django.db import transaction

from portal.models import District, Helpline, Language, NonTeachingPeriod, School, Settlement, Topic

HERE = Path(__file__).parent
SAMPLE_SCHOOLS = range(201, 261)  # no real school has these numbers
SCHOOLS_IN_TARAZ = 20
_HELPLINES_CHECKED = date(2026, 11, 22)


def read(name: str) -> dict:
    return tomllib.loads((HERE / name).read_text(encoding="utf-8"))


def names(entry: dict, field: str = "name") -> dict[str, str]:
    """`{"kk": …}` of a file as the model's `name_kk`, `name_ru`, `name_en`."""
    return {f"{field}_{language}": text for language, text in entry[field].items()}


@transaction.atomic
def load_reference() -> None:
    _places()
    _languages_and_topics()
    _helplines()
    _calendar()


def _near(chance: random.Random, latitude, longitude, degrees: float) -> dict:
    """A point beside a centre: rural coordinates of the demo are placed, not surveyed."""
    return {
        "latitude": round(float(latitude) + chance.uniform(-degrees, degrees), 5),
        "longitude": round(float(longitude) + chance.uniform(-degrees, degrees), 5),
    }


def _places() -> None:
    chance = random.Random(2026)  # noqa: S311 - the same places on every machine
    for position, entry in enumerate(read("places.toml")["district"]):
        latitude, longitude = entry["at"]
        district, _created = District.objects.get_or_create(
            slug=entry["slug"],
            defaults={
                **names(entry),
                **names(entry, "centre"),
                "latitude": latitude,
                "longitude": longitude,
                "kato": entry["kato"],
                "position": position,
            },
        )
        for text in entry["settlements"]:
            kazakh, russian, english = text.split("|")
            point = _near(chance, latitude, longitude, 0.2)
            Settlement.objects.get_or_create(
                district=district, name_kk=kazakh, defaults={"name_ru": russian, "name_en": english, **point}
            )


def _languages_and_topics() -> None:
    data = read("topics.toml")
    for position, entry in enumerate(data["language"]):
        Language.objects.get_or_create(code=entry["code"], defaults={**names(entry), "position": position})
    position = 0
    for entry in data["topic"]:
        parent = _topic(entry, None, position)
        for child in entry["subtopics"]:
            position += 1
            _topic(child, parent, position)
        position += 1


def _topic(entry: dict, parent: Topic | None, position: int) -> Topic:
    first, last = entry["grades"]
    defaults = {**names(entry), "parent": parent, "grade_from": first, "grade_to": last, "position": position}
    return Topic.objects.get_or_create(slug=entry["slug"], defaults=defaults)[0]


def _helplines() -> None:
    for position, entry in enumerate(read("helplines.toml")["helpline"]):
        marks = {key: entry.get(key, False) for key in ("anonymous", "for_danger_now", "in_crisis_bar")}
        defaults = {**names(entry), **names(entry, "about"), **marks, "position": position}
        defaults |= {"checked_on": _HELPLINES_CHECKED, "checked_by": "starter data"}
        Helpline.objects.get_or_create(number=entry["number"], defaults=defaults)


def _calendar() -> None:
    data = read("calendar.toml")
    kind = NonTeachingPeriod.Kind
    add = partial(_period, data["names"])
    for first, last, name in data["holidays"]:
        add(kind.HOLIDAY, name, first, last)
    for entry in data["break"]:
        first, last = entry["days"]
        add(kind.BREAK, entry["name"], first, last, grade=entry.get("grade"), projected=entry.get("projected", False))


def _period(titles: dict, kind: str, name: str, first: str, last: str, grade=None, projected=False) -> None:
    title = names({"name": titles[name]})
    NonTeachingPeriod.objects.get_or_create(
        kind=kind,
        first_day=date.fromisoformat(first),
        grade=grade,
        district=None,
        school=None,
        name_en=title["name_en"],
        defaults={**title, "last_day": date.fromisoformat(last), "is_projected": projected},
    )


@transaction.atomic
def load_sample_schools() -> list[School]:
    """The invented schools № 201-260, a third of them in the city, marked as samples; no real school is meant."""
    if School.objects.filter(is_sample=True).exists():
        return list(School.objects.filter(is_sample=True))
    chance = random.Random(260)  # noqa: S311 - the same schools on every machine
    taraz = District.objects.get(slug="taraz")
    settlements = list(Settlement.objects.select_related("district").order_by("pk"))
    kazakh, russian = Language.objects.get(code="kk"), Language.objects.get(code="ru")
    schools = []
    for index, number in enumerate(SAMPLE_SCHOOLS):
        in_city = index < SCHOOLS_IN_TARAZ
        settlement = None if in_city else settlements[(index - SCHOOLS_IN_TARAZ) % len(settlements)]
        centre = taraz if in_city else settlement
        school = School.objects.create(
            number=number,
            name_kk=f"№ {number} мектеп (үлгі)",
            name_ru=f"Школа № {number} (образец)",
            name_en=f"School No. {number} (sample)",
            district=taraz if in_city else settlement.district,
            settlement=settlement,
            shifts=chance.choice([1, 2, 2]),
            is_sample=True,
            **_near(chance, centre.latitude, centre.longitude, 0.04 if in_city else 0.02),
        )
        school.languages.set([kazakh] if chance.random() < 0.5 else [kazakh, russian])
        schools.append(school)
    return schools
