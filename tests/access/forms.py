"""The forms of a page, as a browser would send them."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple
from urllib.parse import urljoin

from bs4 import BeautifulSoup  # comes with Wagtail
from bs4.element import Tag
from django.utils import timezone


class Field(NamedTuple):
    """`values` are what the page offers: those of a list, of radio buttons that share the name, or the one that stands
    there."""

    name: str
    kind: str
    values: tuple[str, ...]
    chosen: tuple[str, ...]


class Form(NamedTuple):
    page: str
    url: str
    method: str
    multipart: bool
    fields: tuple[Field, ...]

    @property
    def shape(self) -> tuple:
        """The same for forms that differ in their record only."""
        return self.method, tuple((field.name, field.kind) for field in self.fields)

    def filled(self) -> dict[str, list[str]]:
        """What somebody would send who fills in every field plausibly."""
        return {field.name: plausible(field) for field in self.fields if field.kind != "file"}


def forms_of(html: str, page: str) -> list[Form]:
    """Every form of the page but the one that signs out."""
    soup = BeautifulSoup(html, "html.parser")
    forms = [_form(tag, soup, page) for tag in soup.find_all("form")]
    return [form for form in forms if not form.url.endswith("/logout/")]


def _form(tag: Tag, soup: BeautifulSoup, page: str) -> Form:
    elements = tag.find_all(["input", "select", "textarea", "button"])
    if tag.get("id"):
        elements += soup.find_all(["input", "select", "textarea", "button"], form=tag["id"])
    fields: dict[str, Field] = {}
    for element in elements:
        if not element.get("name") or element["name"] == "csrfmiddlewaretoken":
            continue
        found = _field(element)
        before = fields.get(found.name)
        if before:
            found = before._replace(values=before.values + found.values, chosen=before.chosen + found.chosen)
        fields[found.name] = found
    return Form(
        page=page,
        url=urljoin(page, tag.get("action") or page).partition("#")[0],
        method=(tag.get("method") or "get").lower(),
        multipart="multipart" in (tag.get("enctype") or ""),
        fields=tuple(fields.values()),
    )


def _field(element: Tag) -> Field:
    name, kind = element["name"], element.get("type", "text") if element.name == "input" else element.name
    if element.name == "select":
        options = element.find_all("option")
        values = tuple(option.get("value", option.text) for option in options)
        chosen = tuple(option.get("value", option.text) for option in options if option.has_attr("selected"))
        return Field(name, kind, values, chosen)
    value = element.text.strip() if element.name == "textarea" else element.get("value", "")
    if kind in {"checkbox", "radio"}:
        value = value or "on"
        return Field(name, kind, (value,), (value,) if element.has_attr("checked") else ())
    return Field(name, kind, (value,), (value,) if value else ())


def plausible(field: Field) -> list[str]:
    if field.chosen:
        return list(field.chosen)
    if offered := [value for value in field.values if value]:
        return offered[-1:]
    day = timezone.localdate() + timedelta(days=10)
    samples = {
        "date": day.isoformat(),
        "datetime-local": f"{day}T10:00",
        "time": "10:00",
        "month": f"{day:%Y-%m}",
        "number": "2",
        "email": "somebody@demo.example",
        "tel": "+77010000000",
        "url": "https://demo.example/",
    }
    return [samples.get(field.kind, "мәтін")]
