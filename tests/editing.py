"""What a browser sends back of a page that shows a record, for tests of two who change it at once."""

from __future__ import annotations

from tests.access.forms import Form, forms_of

BUTTONS = {"submit", "button"}
TICKED = {"checkbox", "radio"}
MARK = "as_shown"


def form_that_edits(html: str, page: str, action: str = "") -> Form:
    """The form of the page that carries the marks of what it showed; `action` is how its address ends, where there are
    several."""
    marked = [form for form in forms_of(html, page) if any(field.name.endswith(MARK) for field in form.fields)]
    (found,) = [form for form in marked if form.url.endswith(action)]
    return found


def as_it_stands(form: Form, **typed: str | list[str]) -> dict[str, list[str]]:
    """The fields as the page shows them, but for what is `typed`."""
    shown = {
        field.name: list(field.chosen if field.kind in TICKED else field.chosen or field.values[:1])
        for field in form.fields
        if field.kind not in BUTTONS
    }
    return shown | {name: [value] if isinstance(value, str) else value for name, value in typed.items()}
