"""The page of all components: each drawn by the template and the classes that the site itself uses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time, timedelta
from types import SimpleNamespace
from typing import Any, NamedTuple

from django import forms
from django.contrib.messages import INFO
from django.contrib.messages.storage.base import Message
from django.core.paginator import Paginator
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from content import colours
from content.films import FILMS
from content.models import Audience, Tint
from events.months import Day, Entry, Mark
from portal.models import Helpline, SiteAlert
from portal.refusals import Reason
from portal.staff import StaffView

Sample = tuple[str, dict[str, Any]]  # a template and what it is given
ICONS = [
    *("phone", "talk", "leave", "search", "language", "download", "print", "share", "info", "warning", "danger"),
    *("clock", "calendar", "place", "people", "done", "forget", "offline", *Audience.values),
]  # fmt: skip


class SampleForm(forms.Form):
    name = forms.CharField(label=_("Name"), help_text=_("As your friends call you."))
    language = forms.ChoiceField(
        label=_("Language"), choices=[("kk", _("Kazakh")), ("ru", _("Russian"))], widget=forms.RadioSelect
    )
    day = forms.DateField(label=_("Day"), widget=forms.DateInput(attrs={"type": "date"}))
    about = forms.CharField(label=_("Words"), widget=forms.Textarea, required=False)


class Piece(NamedTuple):
    """A component: its name, one line on when to use it, and samples of it."""

    slug: str
    name: str | Promise
    when: str | Promise
    samples: Callable[[], list[Sample]]


def _own(name: str, **context) -> Callable[[], list[Sample]]:
    """A sample of what has classes but no template of its own."""
    return lambda: [(f"content/pieces/{name}.html", context)]


def _fields() -> list[Sample]:
    return [
        ("content/pieces/form.html", {"form": SampleForm(prefix="right")}),
        ("content/pieces/form.html", {"form": SampleForm({}, prefix="wrong")}),
    ]


def _filters() -> list[Sample]:
    class Filters(forms.Form):
        topic = forms.CharField(label=_("Topic"), required=False)
        since = forms.DateField(label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}))

    return [("components/filters.html", {"form": Filters(prefix="filter"), "go": _("Show")})]


def _notices() -> list[Sample]:
    said = [(_("Saved."), "success"), (_("You wait for a place"), ""), (_("The form is out of date"), "warning")]
    said.append((_("This cannot be done now"), "error"))
    return [("components/messages.html", {"messages": [Message(INFO, text, tags) for text, tags in said]})]


def _alerts() -> list[Sample]:
    ends = timezone.now() + timedelta(hours=3)
    words = _("Calls to 111 fail from some phones just now: call 112.")
    levels = [SiteAlert.Level.DANGER, SiteAlert.Level.WARNING, SiteAlert.Level.INFO]
    return [("components/alert.html", {"alert": {"level": level, "text": words, "ends_at": ends}}) for level in levels]


def _care() -> list[Sample]:
    text = format_html("<p>{}</p>", _("Go where there are people, and call."))
    return [
        (
            "content/blocks/care.html",
            {"value": {"level": level, "title": title, "text": text}, "anchor": f"care-{level}", "level": 3},
        )
        for level, title in (
            ("immediate", _("If there is danger")),
            ("urgent", _("If it can wait until the evening")),
            ("calm", _("If you have a question")),
        )
    ]


def _block(name: str, title: str | Promise, **value) -> Callable[[], list[Sample]]:
    """A block of the text of pages."""
    context = {"value": {"title": title, **value}, "anchor": f"block-{name}", "level": 3}
    return lambda: [(f"content/blocks/{name}.html", context)]


def _text() -> list[Sample]:
    text = format_html("<p>{}</p>", _("Text: sentences of less than twenty words, one idea in a paragraph."))
    return [
        ("content/blocks/heading.html", {"value": _("Heading in the text"), "anchor": "block-heading"}),
        ("content/blocks/text.html", {"value": text}),
    ]


def _numbers() -> list[Sample]:
    value = {"title": _("Whom to call")}
    context = {"value": value, "anchor": "block-numbers", "level": 3, "lines": Helpline.objects.all()}
    return [("content/blocks/numbers.html", context)]


def _picture() -> list[Sample]:
    image = format_html(
        '<img src="{}" alt="{}" width="192" height="192">', static("portal/img/icon-192.png"), _("The mark of the site")
    )
    value = {"caption": _("What is seen and what it means"), "credit": _("Tirek")}
    return [("content/blocks/picture.html", {"picture": image, "value": value})]


def _downloads() -> list[Sample]:
    sheet = SimpleNamespace(url="#downloads", title=_("Sheets for the wall"), file_extension="pdf", file_size=180_000)
    about = _("Sheets to print for a school: a code that leads to the help page, and the numbers to call.")
    item = {"document": sheet, "about": about, "language": "kk", "language_name": _("Kazakh"), "pages": 2}
    return _block("downloads", _("To take along"), documents=[item])()


def _film() -> list[Sample]:
    """As a page has it, before anything of it is loaded; there is nothing to play."""
    film = SimpleNamespace(url="#film", file_size=9_000_000)
    captions = [{"file": film, "language": "kk", "language_name": _("Kazakh")}]
    words = format_html("<p>{}</p>", _("Everything that is said, and what is seen."))
    value = {"title": _("An open door"), "file": film, "length": "3:20", "captions": captions, "words": words}
    context = {"value": value, "kind": FILMS["mp4"], "poster": None, "anchor": "block-film", "level": 3}
    return [("content/blocks/video.html", context)]


def _plan() -> list[Sample]:
    text = format_html("<p>{}</p>", _("Everybody says a name and what is good today."))
    parts = [
        {"minutes": minutes, "title": title, "text": text} for minutes, title in ((3, _("Greeting")), (7, _("Talk")))
    ]
    plan = [SimpleNamespace(value=part) for part in parts]
    context = {"plan": plan, "anchor": "plan-sample", "title": _("Plan of 10 minutes")}
    return [("content/parts/plan.html", context)]


def _quiz() -> list[Sample]:
    answers = [
        {"text": _("Yes"), "right": True, "why": _("You may say it to any adult you trust.")},
        {"text": _("No"), "right": False, "why": _("A secret that hurts may be told.")},
    ]
    question = {"question": _("May I tell a secret that makes me sad?"), "answers": answers}
    return [("content/parts/quiz.html", {"questions": [SimpleNamespace(value=question)]})]


def _progress() -> list[Sample]:
    labels = zip(
        (_("Application"), _("Checks"), _("Decision"), _("Training")), ("done", "done", "now", "later"), strict=True
    )
    return [("components/steps.html", {"steps": [{"label": label, "state": state} for label, state in labels]})]


def _timeline() -> list[Sample]:
    entry = {"at": timezone.now(), "action": _("approved"), "actor_name": "system", "reason": ""}
    return [("components/timeline.html", {"entries": [entry | {"details": _("Saved.")}, entry]})]


def _reasons() -> list[Sample]:
    reasons = [Reason("a", _("The day is full.")), Reason("b", _("Your papers are out of date."), "#reasons")]
    return [("components/reasons.html", {"reasons": reasons})]


def _pages() -> list[Sample]:
    return [("components/pages.html", {"page_obj": Paginator(range(30), 10).page(2)})]


def _calendar() -> list[Sample]:
    monday = timezone.localdate() - timedelta(days=timezone.localdate().weekday())
    week = [Day(monday + timedelta(days=number)) for number in range(7)]
    mark = Mark("cleared", str(_("cleared")), "good")
    week[2].entries.append(Entry(time(10), "#calendar", str(_("School session")), "", [mark]))
    return [("events/_month.html", {"weeks": [week], "caption": _("Calendar")})]


# Every component, in the order in which somebody who makes a page meets them.
PIECES: list[Piece] = [
    Piece(
        "colours",
        _("Colours"),
        _("Only by their names, so that dark and high contrast follow. Never alone: words say it too."),
        lambda: [("content/pieces/colours.html", {"pairs": colours.pairs()})],
    ),
    Piece("type", _("Sizes of type"), _("One first heading a page; no level is left out."), _own("type")),
    Piece("icons", _("Icons"), _("Beside words, never instead of them. One file for all."), _own("icons", icons=ICONS)),
    Piece("buttons", _("Buttons"), _("One plain button a page; the quiet one for everything else."), _own("buttons")),
    Piece("links", _("Links and marks"), _("A link says where it leads, without “here”."), _own("links")),
    Piece("fields", _("Fields"), _("A label above, help under it, the mistake in words."), _fields),
    Piece("filters", _("Filters"), _("Above a list. They work without script."), _filters),
    Piece("notices", _("Notices"), _("What has just happened, or what to know before reading on."), _notices),
    Piece("alerts", _("Alerts"), _("For everybody, for some hours: reference data, alerts on every page."), _alerts),
    Piece("states", _("States"), _("Where a case stands: a word and a colour."), _own("states")),
    Piece("text", _("Heading and text"), _("What most of a page is. Two or three paragraphs, then a heading."), _text),
    Piece("care", _("Care cards"), _("What to do, by how urgent it is. Few on a page."), _care),
    Piece("numbers", _("Numbers"), _("The helplines of the CMS; a number is never typed into a text."), _numbers),
    Piece(
        "steps",
        _("Steps"),
        _("Things to do one after another."),
        _block(
            "steps",
            _("What to do"),
            steps=[
                {"title": _("Go to people"), "text": _("To a shop, to a neighbour.")},
                {"title": _("Call"), "text": _("Say where you are.")},
            ],
        ),
    ),
    Piece(
        "phrases",
        _("Words to say"),
        _("Sentences that somebody may say as they are."),
        _block("phrases", _("You can say"), phrases=[_("I need help."), _("I do not like this.")]),
    ),
    Piece(
        "remember",
        _("To remember"),
        _("Three points at most, at the end of a text."),
        _block("remember", _("Remember"), points=[_("It is not your fault."), _("You may ask again.")]),
    ),
    Piece("picture", _("Pictures"), _("With words for who does not see it, or marked as decoration."), _picture),
    Piece("downloads", _("Files to download"), _("Kind, size, language and pages stand beside each."), _downloads),
    Piece("film", _("Films"), _("With captions and the film in words. It never starts by itself."), _film),
    Piece("plan", _("Plans"), _("A session kit has one of 10 and one of 45 minutes."), _plan),
    Piece(
        "questions",
        _("Questions and answers"),
        _("Closed until somebody opens them; the answer comes first."),
        _own("questions"),
    ),
    Piece("quiz", _("Quiz"), _("Every answer has its reason. Nothing is sent."), _quiz),
    Piece("progress", _("Progress"), _("How far a case has come."), _progress),
    Piece("facts", _("Facts"), _("Few values with their names."), _own("facts")),
    Piece("table", _("Tables"), _("For comparing rows. On a phone it moves sideways by itself."), _own("table")),
    Piece("timeline", _("History"), _("Who did what and when, newest first."), _timeline),
    Piece("reasons", _("Reasons"), _("A refusal names all of them at once, with a way on."), _reasons),
    Piece(
        "doors",
        _("Doors"),
        _("Ways in. The tint tells the audience, and so do the words."),
        _own("doors", tints=Tint),
    ),
    Piece("cards", _("Cards"), _("One thing of a list, with its link in the heading."), _own("cards")),
    Piece("pages", _("Page by page"), _("Under a list that is longer than a page."), _pages),
    Piece(
        "calendar",
        _("Calendar"),
        _("Days as a table; on a phone a list of the days that have something."),
        _calendar,
    ),
    Piece("ornament", _("Ornament and mark"), _("The ornament above the footer and on paper only."), _own("ornament")),
]


class Components(StaffView, TemplateView):
    """For whoever writes pages, and for whoever builds them."""

    permission = "components.view"
    template_name = "content/components.html"

    def get_context_data(self, **kwargs):
        shown = [
            {
                "piece": piece,
                "samples": [render_to_string(name, given, self.request) for name, given in piece.samples()],
            }
            for piece in PIECES
        ]
        return super().get_context_data(**kwargs) | {"shown": shown}
