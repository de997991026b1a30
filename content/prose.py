"""Rich text of a page as paragraphs of plain runs, for what is not HTML."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from typing import TypedDict

from wagtail.blocks import StreamValue, StructValue
from wagtail.blocks.list_block import ListValue
from wagtail.rich_text import RichText


class Run(TypedDict):
    text: str
    bold: bool


class Paragraph(TypedDict):
    style: str  # text, bullet or number
    runs: list[Run]


class _Reader(HTMLParser):
    STYLES = {"ul": "bullet", "ol": "number"}

    def __init__(self):
        super().__init__()
        self.paragraphs: list[Paragraph] = []
        self.lists: list[str] = []
        self.bold = 0

    def handle_starttag(self, tag, attrs):
        if tag in self.STYLES:
            self.lists.append(self.STYLES[tag])
        elif tag in {"p", "li"}:
            self._begin()
        elif tag in {"b", "strong"}:
            self.bold += 1

    def handle_endtag(self, tag):
        if tag in self.STYLES and self.lists:
            self.lists.pop()
        elif tag in {"b", "strong"}:
            self.bold = max(0, self.bold - 1)

    def handle_data(self, data):
        text = " ".join(data.split())
        if not text:
            return
        if not self.paragraphs:
            self._begin()
        lead, trail = data[0].isspace(), data[-1].isspace()
        self.paragraphs[-1]["runs"].append({"text": f"{' ' * lead}{text}{' ' * trail}", "bold": bool(self.bold)})

    def _begin(self):
        self.paragraphs.append({"style": self.lists[-1] if self.lists else "text", "runs": []})


def paragraphs(html: str) -> list[Paragraph]:
    """The paragraphs and points of rich text (p, ul, ol, li, b, a), in their order; other marks are dropped, their words
    stay."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return [paragraph for paragraph in reader.paragraphs if paragraph["runs"]]


def words_of(value) -> Iterator[str]:
    """Every paragraph, heading and point in a value of blocks; not what an editor chose from a list."""
    match value:
        case str():
            yield value
        case RichText():
            yield from ("".join(run["text"] for run in paragraph["runs"]) for paragraph in paragraphs(value.source))
        case StructValue():
            for name, child in value.items():
                if getattr(value.block.child_blocks[name], "search_index", True):
                    yield from words_of(child)
        case StreamValue() | ListValue():
            for item in value:
                yield from words_of(item.value if isinstance(value, StreamValue) else item)


def plain(text: str) -> list[Paragraph]:
    return [{"style": "text", "runs": [{"text": text, "bold": False}]}] if text else []


def points(items, style: str = "bullet") -> list[Paragraph]:
    return [{"style": style, "runs": [{"text": str(item), "bold": False}]} for item in items]
