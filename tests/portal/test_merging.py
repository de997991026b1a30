"""What becomes of a form when its record was changed since the page was made."""

from __future__ import annotations

from datetime import date, time

import pytest
from django import forms
from django.http import QueryDict
from django.utils import translation

from portal.merging import Merging
from portal.models import User
from tests.editing import MARK, as_it_stands, form_that_edits

STANDS = {
    "title": "Phone and money",
    "note": "Door 2\nask at the desk",
    "tick": True,
    "days": ["1", "3"],
    "topic": "b",
    "seats": 5,
    "first": date(2026, 3, 2),
    "starts": time(10, 0),
    "ends": time(10, 45),
}


class Example(Merging, forms.Form):
    title = forms.CharField()
    note = forms.CharField(required=False, widget=forms.Textarea)
    tick = forms.BooleanField(required=False)
    days = forms.MultipleChoiceField(choices=[(str(day), f"day {day}") for day in range(1, 8)], required=False)
    topic = forms.ChoiceField(choices=[("a", "Apples"), ("of pears", [("b", "Pears"), ("c", "Quinces")])])
    seats = forms.IntegerField(required=False)
    first = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    starts = forms.TimeField(widget=forms.TimeInput(format="%H:%M"))
    ends = forms.TimeField(widget=forms.TimeInput(format="%H:%M"))

    def part(self, name):
        return "when" if name in {"starts", "ends"} else name


class Another(Example):
    pass


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


def row(pk: int | None = 7) -> User:
    return User(pk=pk)


def page(**stands) -> str:
    return as_html(Example(of=row(), initial=STANDS | stands))


def as_html(form: forms.Form) -> str:
    return f"<form method=post>{form}</form>"


def sent(html: str, **typed) -> QueryDict:
    """What a browser sends of the page, with its own ends of lines."""
    data = QueryDict(mutable=True)
    for name, values in as_it_stands(form_that_edits(html, "/"), **typed).items():
        data.setlist(name, [value.replace("\n", "\r\n") for value in values])
    return data


def answer(data: QueryDict, of: User | None = None, **stands) -> Example:
    """The form that came in while `stands` had become of the record."""
    return Example(data, of=of or row(), initial=STANDS | stands)


def test_what_nobody_touched_stays():
    form = answer(sent(page()))
    assert form.is_valid(), form.errors
    assert form.cleaned_data == STANDS | {"note": "Door 2\r\nask at the desk"}  # as a browser sends it


def test_different_fields_are_both_kept():
    others = {"note": "", "tick": False, "days": ["7"], "topic": "c", "seats": None, "first": date(2026, 4, 1)}
    form = answer(sent(page(), title="Money"), **others)
    assert form.is_valid(), form.errors
    assert form.cleaned_data == STANDS | others | {"title": "Money"}


@pytest.mark.parametrize(
    ("name", "typed", "now", "told"),
    [
        ("title", "Money", "Phones", "Phones"),
        ("title", "Money", "<b>Phones</b>", "&lt;b&gt;Phones&lt;/b&gt;"),
        ("note", "Door 3", "", "—"),
        ("days", ["2"], ["1", "7"], "day 1, day 7"),
        ("topic", "a", "c", "Quinces"),
        ("seats", "", 9, "9"),
        ("first", "2026-03-03", date(2026, 3, 9), "9 March 2026"),
    ],
)
def test_one_field_changed_by_both_is_told_and_then_decided(name, typed, now, told):
    form = answer(sent(page(), **{name: typed}), **{name: now})
    assert not form.is_valid()
    assert set(form.errors) == {name}
    assert form.has_error(name, "changed_meanwhile")
    html = as_html(form)
    assert f"Now it is: {told}." in html
    again = answer(sent(html), **{name: now})  # what was typed stands on that page; sent again it counts
    assert again.is_valid(), again.errors
    assert again[name].data == typed


def test_both_to_the_same_is_no_conflict():
    form = answer(sent(page(), title="Money"), title="Money")
    assert form.is_valid() and form.cleaned_data["title"] == "Money"


def test_what_belongs_together_is_merged_as_one():
    moved = {"starts": time(12, 0), "ends": time(12, 45)}
    form = answer(sent(page(), title="Money"), **moved)
    assert form.is_valid() and form.cleaned_data == STANDS | moved | {"title": "Money", "note": form["note"].data}
    form = answer(sent(page(), ends="11:00"), **moved)  # never from 12:00 to 11:00, which nobody wanted
    assert set(form.errors) == {"starts", "ends"}
    assert "Now it is: 12:45." in str(form)


def test_a_third_change_after_the_page_of_the_conflict_is_told_too():
    html = as_html(answer(sent(page(), title="Money"), title="Phones"))
    form = answer(sent(html), title="Films")
    assert "Now it is: Films." in str(form)


def test_other_mistakes_keep_the_merge():
    """A page with errors shows what stands now in what was not touched, and compares from there on."""
    html = as_html(answer(sent(page(), seats="many"), title="Phones"))
    form = answer(sent(html, seats="3"), title="Phones")
    assert form.is_valid() and (form.cleaned_data["title"], form.cleaned_data["seats"]) == ("Phones", 3)


@pytest.mark.parametrize("marks", ["x", "title:x", ":::", "\x00", "title:" + "A" * 100_000])
def test_marks_that_are_none_lose_nothing(marks):
    """Whatever differs is asked about; what was typed is neither dropped nor saved unseen."""
    data = sent(page(), title="Money")
    data[MARK] = marks
    form = answer(data, topic="c")
    assert set(form.errors) == {"title", "topic"}
    assert form["title"].data == "Money"
    assert answer(sent(as_html(form)), topic="c").is_valid()


def test_marks_of_another_row_or_form_do_not_count():
    data = sent(page(), title="Money")
    assert set(answer(data, of=row(8)).errors) == {"title"}
    assert set(Another(data, of=row(), initial=STANDS).errors) == {"title"}


def test_nobody_reads_a_value_out_of_the_marks(settings):
    marks = sent(page())[MARK]
    assert not any(word in marks for word in ("Phone", "Door", "Apples"))
    settings.SECRET_KEY = "another"
    assert set(sent(page())[MARK].split()).isdisjoint(marks.split())


def test_a_new_secret_asks_once_and_loses_nothing(settings):
    data = sent(page(), title="Money")
    settings.SECRET_KEY = "another"
    form = answer(data)
    assert set(form.errors) == {"title"}
    assert answer(sent(as_html(form))).is_valid()


def test_what_does_not_exist_yet_is_not_merged():
    assert MARK not in Example(of=row(None), initial=STANDS).fields
    assert MARK not in Example(initial=STANDS).fields


def test_without_the_marks_of_a_page_what_is_sent_counts():
    data = sent(page(), title="Money")
    del data[MARK]
    form = answer(data, title="Phones")
    assert form.is_valid() and form.cleaned_data["title"] == "Money"


def test_the_page_grows_little():
    assert len(sent(page())[MARK]) < 30 * len(STANDS)


def test_a_disabled_field_and_a_prefix():
    form = Example(of=row(), initial=STANDS, prefix="one")
    data = sent(as_html(form), **{"one-title": "Money"})
    bound = Example(data, of=row(), initial=STANDS | {"title": "Phones", "topic": "c"}, prefix="one")
    bound.fields["topic"].disabled = True
    assert set(bound.errors) == {"title"}
    assert bound.cleaned_data["topic"] == "c"
