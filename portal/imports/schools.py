"""Schools, recognised by their number. A list never moves one to another district."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.models import Language, School, Settlement, User

from . import places
from .kinds import Field, Kind, Row, Values, plain

HIGHEST_NUMBER = 32_767  # of the column
LIMITS = {"latitude": 90, "longitude": 180}
DEGREE = Decimal("0.00001")


class Schools(Kind):
    code = "schools"
    label = _("Schools")
    about = _(
        "A school is recognised by its number. What is new is added, what is different is changed, nothing is deleted."
    )
    model = School
    fields = (
        Field(
            "number",
            _("number"),
            "номер|номер школы|no школы|школа no|мектеп no|no мектеп|мектеп нөмірі|нөмірі|нөмір|school number|school no",
            _("The number of the school in the oblast."),
            needed=True,
        ),
        Field(
            "district",
            _("district"),
            "аудан|ауданы|район|district|қала аудан|город район|аудан қала|район город|kato|като",
            _("The name of the district in any of the three languages, or its KATO."),
            needed=True,
        ),
        Field("name_kk", _("name in Kazakh"), "атауы|мектеп атауы|қазақша атауы|атауы қазақша|название на казахском"),
        Field(
            "name_ru",
            _("name in Russian"),
            "название|наименование|название школы|наименование школы|орысша атауы|название на русском",
            _("In Kazakh or in Russian: one of the two names is enough."),
        ),
        Field("name_en", _("name in English"), "name|ағылшынша атауы|название на английском"),
        Field("settlement", _("settlement"), "елді мекен|ауыл|населенный пункт|село|аул|village"),
        Field("address", _("address"), "мекенжай|мекенжайы|адрес"),
        Field("latitude", _("latitude"), "ендік|широта|lat"),
        Field("longitude", _("longitude"), "бойлық|долгота|lon|lng"),
        Field(
            "languages",
            _("languages of instruction"),
            "оқыту тілі|оқыту тілдері|язык обучения|языки обучения|тілі|язык|language|languages",
            _("kk, ru, en or their names, parted by commas."),
        ),
        Field("shifts", _("shifts"), "ауысым|ауысым саны|смены|смен|количество смен|number of shifts"),
    )
    attributes = (
        *("number", "district_id", "settlement_id", *places.NAMES),
        *("address", "latitude", "longitude", "shifts"),
    )
    fixed = {"district_id": "elsewhere"}
    samples = (
        ("901", "Байзақ ауданы", "Үлгі мектебі", "Школа-пример", "", "", "ойдан шығарылған / выдумано", "", "", "kk, ru", "2"),
        ("902", "Тараз қаласы", "Екінші үлгі мектебі", "Вторая школа-пример", "", "", "", "", "", "ru", "1"),
    )  # fmt: skip

    def __init__(self, by: User):
        super().__init__(by)
        self.districts, self.languages = places.districts(), places.languages()
        self.by_pk = {district.pk: district for district in self.districts.values()}
        self.settlements: dict[tuple[int, str], Settlement] = {}
        for settlement in Settlement.objects.all():
            for name in places.NAMES:
                self.settlements[settlement.district_id, plain(getattr(settlement, name))] = settlement

    def clean(self, row: Row) -> Values:
        values = places.names(row)
        values["number"] = row.number("number", 1, HIGHEST_NUMBER)
        district = row.choice("district", self.districts, "district")
        for name, value in (("number", values["number"]), ("district", district)):
            if value is None and not row.cells.get(name):
                row.wrong("missing", name)
        values["district_id"] = district and district.pk
        if (text := row.cells.get("settlement")) and district:
            found = self.settlements.get((district.pk, plain(text)))
            if found is None:
                row.wrong("settlement", "settlement")
            else:
                values["settlement_id"] = found.pk
        values |= {
            "address": row.text("address", 200) or None,
            "shifts": row.number("shifts", 1, 3),
            "latitude": self._degrees(row, "latitude"),
            "longitude": self._degrees(row, "longitude"),
            "languages": self._languages(row),
        }
        return {name: value for name, value in values.items() if value is not None}

    @staticmethod
    def _degrees(row: Row, field: str) -> str | None:
        text = row.cells.get(field, "").replace(",", ".")
        if not text:
            return None
        try:
            value = Decimal(text)
            if abs(value) <= LIMITS[field]:
                return str(value.quantize(DEGREE))
        except ArithmeticError:  # no number, or none that may be compared
            pass
        row.wrong("number", field)
        return None

    def _languages(self, row: Row) -> list[str] | None:
        words = [plain(word) for word in row.cells.get("languages", "").replace("/", ",").replace(";", ",").split(",")]
        codes = [self.languages.get(word) for word in words if word]
        if None in codes:
            row.wrong("choice", "languages")
            return None
        return sorted(set(codes)) or None

    def complete(self, values: Values, row: Row) -> Values:
        """Without coordinates a new school stands where its settlement does, else in the centre of its district."""
        district = self.by_pk[values["district_id"]]
        place = next((one for one in self.settlements.values() if one.pk == values.get("settlement_id")), district)
        at = {"latitude": str(place.latitude), "longitude": str(place.longitude)}
        return {**at, **places.complete_names(values, row)}

    def keys(self, values: Values) -> list[str]:
        return [str(values["number"])]

    def find(self, keys: Collection[str]) -> dict[str, int]:
        rows = School.objects.filter(number__in=[int(key) for key in keys]).values_list("number", "pk")
        return {str(number): pk for number, pk in rows}

    def records(self, pks: Iterable[int], *, lock: bool) -> dict[int, models.Model]:
        found = super().records(pks, lock=lock)
        models.prefetch_related_objects(list(found.values()), "languages")
        return found

    def snapshot(self, record: models.Model) -> Values:
        return super().snapshot(record) | {"languages": sorted(language.code for language in record.languages.all())}

    def create(self, rows: Sequence[Values]) -> list[models.Model]:
        made = super().create(rows)
        self._teach([(record, values) for record, values in zip(made, rows, strict=True) if "languages" in values])
        return made

    def change(self, changes: Sequence[tuple[models.Model, Values]]) -> None:
        super().change(changes)
        self._teach([(record, values) for record, values in changes if "languages" in values])

    @staticmethod
    def _teach(schools: list[tuple[models.Model, Values]]) -> None:
        link = School.languages.through
        known = dict(Language.objects.values_list("code", "pk"))
        link.objects.filter(school__in=[record.pk for record, _values in schools]).delete()
        link.objects.bulk_create(
            link(school_id=record.pk, language_id=known[code])
            for record, values in schools
            for code in values["languages"]
        )


PROBLEMS = {"settlement": _("There is no such settlement in this district.")}
