"""Names as lists write them: districts, languages, and the three names of a record."""

from __future__ import annotations

from portal.models import District, Language
from portal.models.base import LANGUAGE_CODES

from .kinds import Row, Values, plain

NAMES = tuple(f"name_{code}" for code in LANGUAGE_CODES)
NAME_LENGTH = 200
# What people call them beside the names that the portal has.
LANGUAGE_WORDS = {
    "kk": "kk kaz kz қаз каз казахский қазақша қазақ",
    "ru": "ru rus рус орыс русский орысша",
    "en": "en eng английский ағылшын ағылшынша",
}


def districts(rows=None) -> dict[str, District]:
    """By name in each language, with and without the word for "district", by KATO and by slug."""
    found: dict[str, District] = {}
    for district in District.objects.all() if rows is None else rows:
        names = [plain(getattr(district, name)) for name in NAMES]
        short = [_short(name) for name in names]
        for name in (*names, *short, district.kato, district.slug):
            if name:
                found.setdefault(name, district)
    return found


def _short(name: str) -> str:
    words = {"ауданы", "район", "district", "қаласы", "город", "city"}
    return " ".join(word for word in name.split() if word not in words)


def languages() -> dict[str, str]:
    """Codes of languages by what they are called."""
    found = {word: code for code, words in LANGUAGE_WORDS.items() for word in words.split()}
    for language in Language.objects.all():
        found |= {plain(getattr(language, name)): language.code for name in NAMES}
        found[language.code] = language.code
    return found


def names(row: Row) -> Values:
    """Those of the three names that the row has."""
    return {name: text for name in NAMES if (text := row.text(name, NAME_LENGTH))}


def complete_names(values: Values, row: Row) -> Values:
    """One of the first two is needed and stands for the other; without an English one pages show the Russian."""
    first = values.get("name_kk") or values.get("name_ru")
    if not first:
        row.wrong("missing", "name_kk")
    return {"name_kk": first, "name_ru": values.get("name_ru") or first, "name_en": "", **values}
