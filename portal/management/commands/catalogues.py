"""Catalogues of translations without GNU gettext: polib compiles, Babel (a development tool) extracts."""

from __future__ import annotations

import io
import re
from pathlib import Path

import polib
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation.reloader import translation_file_changed
from django.utils.translation.template import templatize

LANGUAGES = ("kk", "ru")
APPS = ("portal", "volunteers", "mentors", "events", "content")
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")


def catalogue_paths() -> list[Path]:
    return sorted(path for folder in settings.LOCALE_PATHS for path in Path(folder).glob("*/LC_MESSAGES/*.po"))


def compile_catalogues() -> int:
    """Writes each `.mo` that is missing or older than its `.po`, and lets this process read them anew; returns how many."""
    count = 0
    for path in catalogue_paths():
        compiled = path.with_suffix(".mo")
        if not compiled.exists() or compiled.stat().st_mtime < path.stat().st_mtime:
            polib.pofile(str(path)).save_as_mofile(str(compiled))
            translation_file_changed(None, compiled)
            count += 1
    return count


def extract() -> dict[tuple[str | None, str], str | None]:
    """Every string of ours that a person may meet: (context, message) → its plural or None."""
    from babel.messages.extract import extract as babel_extract  # noqa: PLC0415 - a development tool

    found: dict[tuple[str | None, str], str | None] = {}
    for app in APPS:
        for path in sorted((settings.BASE_DIR / app).rglob("*")):
            if "migrations" in path.parts or path.suffix not in {".py", ".html", ".txt"}:
                continue
            text = path.read_text(encoding="utf-8")
            if path.suffix != ".py":
                if "templates" not in path.parts:
                    continue
                text = "\n".join(line.lstrip() for line in templatize(text, origin=str(path)).splitlines())
            source = io.BytesIO(text.encode())
            for _line, message, _comments, context in babel_extract(
                "python", source, KEYWORDS, options={"encoding": "utf-8"}
            ):
                single, plural = message if isinstance(message, tuple) else (message, None)
                found[context, single] = plural or found.get((context, single))
    return found


def own_catalogue(language: str) -> polib.POFile:
    path = settings.BASE_DIR / "portal" / "locale" / language / "LC_MESSAGES" / "django.po"
    if path.exists():
        return polib.pofile(str(path), wrapwidth=110)
    path.parent.mkdir(parents=True, exist_ok=True)
    libraries = settings.BASE_DIR / "portal" / "locale_libraries" / language / "LC_MESSAGES" / "django.po"
    catalogue = polib.POFile(wrapwidth=110)
    catalogue.fpath = str(path)
    catalogue.metadata = {
        "Language": language,
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": polib.pofile(str(libraries)).metadata["Plural-Forms"],
    }
    return catalogue


def update_catalogue(language: str) -> tuple[int, int]:
    """Adds new strings, empty, and drops those no longer in the code; returns (added, dropped)."""
    catalogue, found = own_catalogue(language), extract()
    known = {(entry.msgctxt, entry.msgid): entry for entry in catalogue}
    plurals = int(re.search(r"nplurals=(\d+)", catalogue.metadata["Plural-Forms"])[1])
    entries = []
    for (context, message), plural in sorted(found.items(), key=lambda item: (item[0][1], item[0][0] or "")):
        entry = known.get((context, message))
        if entry is None:
            entry = polib.POEntry(msgctxt=context, msgid=message)
        if plural and not entry.msgid_plural:
            entry.msgid_plural, entry.msgstr_plural, entry.msgstr = plural, dict.fromkeys(range(plurals), ""), ""
        entries.append(entry)
    added, dropped = len(found.keys() - known.keys()), len(known.keys() - found.keys())
    catalogue[:] = entries
    catalogue.save(catalogue.fpath)
    return added, dropped


def faults() -> list[str]:
    """What a reader would notice: strings missing, empty, fuzzy, or with other placeholders than the source."""
    wrong = []
    found = extract()
    for language in LANGUAGES:
        known = {(entry.msgctxt, entry.msgid) for entry in own_catalogue(language)}
        wrong += [f"{language}: not in the catalogue: {message!r}" for _ctx, message in found.keys() - known]
        wrong += [f"{language}: no longer in the code: {message!r}" for _ctx, message in known - found.keys()]
    for path in catalogue_paths():
        for entry in polib.pofile(str(path)):
            texts = list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]
            if entry.fuzzy or not all(texts):
                wrong.append(f"{path.parts[-3]}: not translated: {entry.msgid!r}")
            sources = {entry.msgid, entry.msgid_plural or entry.msgid}
            allowed = [sorted(PLACEHOLDER.findall(source)) for source in sources]
            # A singular form may leave its number out: "one visit".
            if any(text and sorted(PLACEHOLDER.findall(text)) not in allowed for text in texts):
                wrong.append(f"{path.parts[-3]}: other placeholders: {entry.msgid!r}")
    return wrong


class Command(BaseCommand):
    help = "Compiles the catalogues; --update takes new strings from the code, --check refuses what is not translated."

    def add_arguments(self, parser):
        parser.add_argument("--update", action="store_true")
        parser.add_argument("--check", action="store_true")
        parser.add_argument("--language", choices=LANGUAGES, action="append", help="with --update: only this one")

    def handle(self, *args, update=False, check=False, language=None, **options):
        if update:
            for code in language or LANGUAGES:
                added, dropped = update_catalogue(code)
                self.stdout.write(f"{code}: {added} new, {dropped} dropped")
        if check and (wrong := faults()):
            raise CommandError("\n".join(["Translations:", *sorted(wrong)]))
        self.stdout.write(f"compiled {compile_catalogues()}")
