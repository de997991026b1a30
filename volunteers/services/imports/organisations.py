"""Organisations, recognised by their BIN or name."""

from __future__ import annotations

from collections.abc import Collection

from django.utils.translation import gettext_lazy as _

from portal.imports import places
from portal.imports.kinds import Field, Kind, Row, Values, in_each_language, plain
from portal.models import User
from volunteers.models import Organisation

BIN_FIELD = Field("bin", _("BIN"), "бин|бсн|биин|бизнес сәйкестендіру нөмірі", _("Twelve digits."))
DISTRICT_HEADS = "аудан|ауданы|район|город район|район город|қала аудан|аудан қала|като|kato"


def bin_of(row: Row) -> str | None:
    """Twelve digits. Excel drops noughts at the beginning of a number."""
    text = row.cells.get("bin", "").replace(" ", "")
    if not text:
        return None
    if text.isascii() and text.isdecimal() and 10 <= len(text) <= 12:
        return text.zfill(12)
    row.wrong("bin", "bin")
    return None


def names_of(organisation: Organisation) -> set[str]:
    return {plain(getattr(organisation, name)) for name in places.NAMES} - {""}


class Organisations(Kind):
    """Recognised by the BIN, else by one of the names in the district. Those of schools belong to their schools and are none
    of these."""

    code = "organisations"
    label = _("Organisations")
    about = _("Veterans' organisations and others, recognised by their BIN, or by a name in their district.")
    model = Organisation
    fields = (
        BIN_FIELD,
        Field(
            "district",
            _("district"),
            DISTRICT_HEADS,
            _("Its name in any of the three languages, or its KATO."),
            needed=True,
        ),
        Field(
            "name_kk", _("name in Kazakh"), "атауы|ұйым|ұйым атауы|ұйымның атауы|қазақша атауы|название на казахском"
        ),
        Field(
            "name_ru",
            _("name in Russian"),
            "название|наименование|организация|название организации|наименование организации|название на русском",
            _("In Kazakh or in Russian: one of the two names is enough."),
        ),
        Field("name_en", _("name in English"), "name|organisation|organization|название на английском"),
        Field(
            "kind", _("kind"), "түрі|ұйым түрі|вид|тип|вид организации|type", _("Without it: a veterans' organisation.")
        ),
    )
    attributes = ("bin", "district_id", *places.NAMES, "kind")
    fixed = {"district_id": "elsewhere", "bin": "other_bin"}
    samples = (
        ("", "Тараз қаласы", "Үлгі ардагерлер кеңесі (ойдан шығарылған)", "Совет ветеранов-пример (выдумано)", "", ""),
        ("", "Меркі ауданы", "Екінші үлгі кеңесі (ойдан шығарылған)", "Второй совет-пример (выдумано)", "", ""),
    )  # fmt: skip

    def __init__(self, by: User):
        super().__init__(by)
        self.districts = places.districts()
        kinds = [Organisation.Kind.VETERANS, Organisation.Kind.DEPARTMENT, Organisation.Kind.OTHER]
        self.kinds = {word: kind.value for kind in kinds for word in {kind.value, *in_each_language(kind.label)}}
        self.known: dict[str, int] = {}
        for organisation in (
            Organisation.objects.filter(school=None).only("bin", "district_id", *places.NAMES).iterator()
        ):
            for key in self._keys(organisation.bin, organisation.district_id, names_of(organisation)):
                self.known.setdefault(key, organisation.pk)

    @staticmethod
    def _keys(bin_: str | None, district_id: int, names: set[str]) -> list[str]:
        return [*([f"bin {bin_}"] if bin_ else []), *(f"{district_id} {name}" for name in sorted(names))]

    def clean(self, row: Row) -> Values:
        values = places.names(row)
        district = row.choice("district", self.districts, "district")
        if not row.cells.get("district"):
            row.wrong("missing", "district")
        values |= {"bin": bin_of(row), "kind": row.choice("kind", self.kinds), "district_id": district and district.pk}
        values = {name: value for name, value in values.items() if value is not None}
        if not values.keys() & {"bin", *places.NAMES} and not row.problems:
            row.wrong("missing", "name_ru")
        return values

    def complete(self, values: Values, row: Row) -> Values:
        return {"kind": Organisation.Kind.VETERANS.value, "bin": None, **places.complete_names(values, row)}

    def keys(self, values: Values) -> list[str]:
        names = {plain(values[name]) for name in places.NAMES if name in values} - {""}
        return self._keys(values.get("bin"), values["district_id"], names)

    def find(self, keys: Collection[str]) -> dict[str, int]:
        return {key: self.known[key] for key in keys if key in self.known}


PROBLEMS = {
    "bin": _("A BIN has twelve digits."),
    "other_bin": _("The portal has another BIN for this organisation."),
}
