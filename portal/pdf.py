"""Judges one PDF in a process of its own: `python -I portal/pdf.py < upload > copy` (portal.uploads starts it).

qpdf reads every object, also those in compressed object streams, and what it has read is written anew: what was judged
is what is kept. Earlier versions of a page, files glued before or behind, and whatever no reader was meant to find stay
out, and so does a signature. Content streams and pictures are not decoded. Nothing is written where the file is
refused; the reason is the last word on stderr: `active`, `locked`, or the error that qpdf met.

A hostile file can at worst end this process: it has no secrets in its environment, and its memory and time are limited.
"""

from __future__ import annotations

import contextlib
import io
import re
import resource
import sys

import pikepdf

MEMORY_BYTES = 640 * 1024 * 1024  # address space; Python and qpdf take a third of it before they begin
STREAM_BYTES = 64 * 1024 * 1024  # of one decoded object stream: the small file that unpacks to gigabytes
SECONDS = 10  # of the processor

# A key or a name with which a PDF acts, plays, sends or carries a file (ISO 32000-2: 7.11, 12.5.6, 12.6, 13; XFA).
# Left alone: /GoTo, /Named (the next page) and /URI, a link that somebody must press and that the reader shows.
ACTIVE = {
    "/AA", "/JS", "/JavaScript", "/Launch", "/GoToR", "/GoToE", "/SubmitForm", "/ImportData", "/RichMedia",
    "/RichMediaExecute", "/RichMediaSettings", "/RichMediaContent", "/Rendition", "/Movie", "/Sound", "/Screen", "/3D",
    "/GoTo3DView", "/EF", "/EmbeddedFile", "/EmbeddedFiles", "/FileAttachment", "/XFA",
}  # fmt: skip
PLAIN_BYTES = 64 * 1024  # the largest file that is judged by its letters
NAME = re.compile(rb"/[^\0\t\n\f\r ()<>\[\]{}/%]+")
ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")  # "/J#53" is "/JS"
SCRIPTED_LINKS = ("javascript:", "vbscript:", "data:", "file:", "\\\\")


def is_active(pdf: pikepdf.Pdf) -> bool:
    """Whether any object, reachable or not, does more than show something. `/OpenAction [...]` is no action but the page
    that is shown first."""
    waiting = [pdf.trailer, *pdf.objects]
    while waiting:
        thing = waiting.pop()
        if isinstance(thing, pikepdf.Array):
            inside = list(thing)
        elif isinstance(thing, pikepdf.Dictionary | pikepdf.Stream):
            entries = dict(thing.items())
            inside = list(entries.values())
            names = entries.keys() | {str(value) for value in inside if isinstance(value, pikepdf.Name)}
            link = str(entries.get("/URI", "")).strip().lower()
            opening = entries.get("/OpenAction")
            elsewhere = isinstance(thing, pikepdf.Stream) and "/F" in entries  # its content lies in another file
            if names & ACTIVE or elsewhere or link.startswith(SCRIPTED_LINKS):
                return True
            if opening is not None and not isinstance(opening, pikepdf.Array):
                return True
        else:
            continue
        waiting += [part for part in inside if isinstance(part, pikepdf.Object) and not part.is_indirect]
    return False


def is_plain(content: bytes) -> bool:
    """Whether the file is a few objects in plain letters that only show something. Without a stream nothing of it is hidden, so
    its names tell: none of ACTIVE, and none that leads elsewhere."""
    plain = ESCAPED.sub(lambda code: bytes.fromhex(code[1].decode()), content)
    names = {name.decode("latin-1") for name in NAME.findall(plain)}
    return (
        len(content) <= PLAIN_BYTES
        and all(part in plain for part in (b" obj", b"endobj", b"trailer"))
        and not any(part in plain.lower() for part in (b"stream", b"<script", b"<html"))
        and not names & (ACTIVE | {"/OpenAction", "/URI", "/F"})
    )


def written_anew(content: bytes) -> bytes:
    """Raises `SystemExit` with the reason, or what qpdf raises for something that is no PDF."""
    try:
        pdf = pikepdf.open(io.BytesIO(content))
    except pikepdf.PasswordError:
        sys.exit("locked")
    if is_active(pdf):
        sys.exit("active")
    out = io.BytesIO()
    pdf.save(out, object_stream_mode=pikepdf.ObjectStreamMode.disable, encryption=False)
    return out.getvalue()


def judge(content: bytes) -> bytes:
    """What may be kept of the file: what qpdf has read of it, written anew. What qpdf cannot put in order is kept as it came
    if it is plain: simple programs write such papers, and readers open them. Raises as `written_anew` does."""
    try:
        return written_anew(content)
    except pikepdf.PdfError:
        if is_plain(content):
            return content
        raise


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    with contextlib.suppress(ValueError):  # macOS, where developers sit, has no such limit
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    pikepdf.settings.set_qpdf_limits(flate_max_memory=STREAM_BYTES)
    sys.stdout.buffer.write(judge(sys.stdin.buffer.read()))
