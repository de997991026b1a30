"""Whether a document of an office program is only a document: no macros, nothing embedded, nothing fetched from elsewhere
when it is opened, and no archive that swells. It is judged, not written anew: editors' templates must survive."""

from __future__ import annotations

import io
import zipfile
from pathlib import PurePosixPath
from urllib.parse import urlsplit
from xml.parsers import expat

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

OPEN_DOCUMENT = {
    "odt": b"application/vnd.oasis.opendocument.text",
    "ods": b"application/vnd.oasis.opendocument.spreadsheet",
}
MAIN_PART = {"docx": "word/document.xml", "xlsx": "xl/workbook.xml", "odt": "content.xml", "ods": "content.xml"}
KINDS = frozenset(MAIN_PART)
MAX_PARTS = 2000
MAX_UNPACKED = 200 * 1024**2  # bytes, all parts together
MAX_XML = 40 * 1024**2  # bytes of one part that is read here
# Folders and endings of what runs, is embedded, or is asked of another file or host.
ACTIVE_FOLDERS = {"activex", "basic", "customui", "ctrlprops", "embeddings", "externallinks", "scripts"}
ACTIVE_ENDINGS = (".exe", ".dll", ".js", ".vbs", ".jar", ".ole", ".swf")
ACTIVE_NAMES = ("vbaproject", "vbadata", "macros")
ACTIVE_TYPES = ("macroenabled", "vbaproject", "activex", "oleobject")
COMMANDS = ("DDE", "INCLUDE", "IMPORT", "LINK")  # fields of Word that fetch or run
LINK_SCHEMES = {"", "http", "https", "mailto", "tel"}
CLICKED = {"a", "hyperlink"}  # what a reader follows by himself
RUNS = {"event-listener", "script", "dde-connection-decl", "dde-source"}


class Active(Exception):
    """Runs, embeds or fetches something."""


def check(content: bytes, kind: str) -> None:
    """Raises `ValidationError` with a sentence for its sender: `broken` (no document of this kind, locked, or too large
    unpacked), `active` (macros, embedded files, or parts from elsewhere)."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = _parts(archive)
            if MAIN_PART[kind] not in parts or (
                kind in OPEN_DOCUMENT and archive.read("mimetype") != OPEN_DOCUMENT[kind]
            ):
                raise zipfile.BadZipFile
            for name in parts:
                _judge_name(name)
                if name.lower().endswith((".xml", ".rels", ".rdf", ".vml")):
                    _judge_xml(_read(archive, name), is_relationships=name.endswith(".rels"))
    except Active as error:
        text = _("This document has macros, embedded files or parts from other places. Save it as a PDF and send that.")
        raise ValidationError(text, code="active") from error
    except Exception as error:  # whatever a hostile archive does to the reader
        text = _("This document cannot be read. Save it anew without a password, or as a PDF.")
        raise ValidationError(text, code="broken") from error


def _parts(archive: zipfile.ZipFile) -> set[str]:
    entries = archive.infolist()
    names = {entry.filename for entry in entries}
    locked = any(entry.flag_bits & 1 for entry in entries)
    outside = any(
        PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts or "\\" in name for name in names
    )
    too_much = len(entries) > MAX_PARTS or sum(entry.file_size for entry in entries) > MAX_UNPACKED
    if locked or outside or too_much or len(names) < len(entries):
        raise zipfile.BadZipFile
    return names


def _read(archive: zipfile.ZipFile, name: str) -> bytes:
    with archive.open(name) as part:
        content = part.read(MAX_XML + 1)  # the size in the directory may be a lie
    if len(content) > MAX_XML:
        raise zipfile.BadZipFile
    return content


def _judge_name(name: str) -> None:
    path = PurePosixPath(name.lower())
    if ACTIVE_FOLDERS & set(path.parts[:-1]) or path.name.startswith(ACTIVE_NAMES) or path.suffix in ACTIVE_ENDINGS:
        raise Active
    if path.parts[0].startswith("object "):  # how OpenDocument embeds another document
        raise Active


def _judge_xml(content: bytes, *, is_relationships: bool) -> None:
    """Reads one part with a parser that takes no document types, and so no entities."""
    parser = expat.ParserCreate(namespace_separator=" ")
    part = _Part(is_relationships=is_relationships)
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = part.begins, part.ends
    parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = part.says, part.doctype
    parser.Parse(content, True)


class _Part:
    """Hears the elements of one part, in their order."""

    def __init__(self, *, is_relationships: bool):
        self.is_relationships, self.in_field, self.field = is_relationships, False, ""

    def begins(self, name: str, attributes: dict[str, str]) -> None:
        tag = name.rpartition(" ")[2]
        said = {key.rpartition(" ")[2]: value for key, value in attributes.items()}
        self.in_field = tag == "instrText"
        if tag in RUNS or any(word in said.get("ContentType", "").lower() for word in ACTIVE_TYPES):
            raise Active
        if tag == "fldSimple":
            _judge_field(said.get("instr", ""))
        if tag == "fldChar":  # a field of Word begins or ends; its command may be spread over many elements
            _judge_field(self.field)
            self.field = ""
        if self.is_relationships and said.get("TargetMode") == "External":
            _judge_link(said.get("Target", ""), clicked=said.get("Type", "").endswith("/hyperlink"))
        elif not self.is_relationships and "href" in said:
            _judge_link(said["href"], clicked=tag in CLICKED)

    def ends(self, _name: str) -> None:
        self.in_field = False

    def says(self, words: str) -> None:
        if self.in_field:
            self.field += words

    def doctype(self, *_args) -> None:
        raise expat.ExpatError


def _judge_field(words: str) -> None:
    if words.strip().upper().startswith(COMMANDS):
        raise Active


def _judge_link(target: str, *, clicked: bool) -> None:
    """A link that a reader follows may lead to the web; everything else stays in the document."""
    link = urlsplit(target.strip())
    elsewhere = link.scheme or link.netloc or target.startswith(("/", "\\", "../"))
    if elsewhere and not (clicked and link.scheme in LINK_SCHEMES):
        raise Active
