"""What people typed, in letters: no header, no recipient, no link and no markup of theirs. Every letter is made of hostile
words, sent, and read as a mail program reads it."""

from __future__ import annotations

import re
from datetime import datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

import pytest
from bs4 import BeautifulSoup  # comes with Wagtail
from django import forms
from django.conf import settings
from django.core import mail as outbox
from django.core.exceptions import ValidationError
from django.utils import timezone

from events.forms.visits import AdultForm
from events.models import SchoolSession
from portal import mail
from portal.accounts import AccountForm
from portal.models import OutgoingMessage
from portal.names import name_alone
from portal.templatetags.letters import as_html, quoted
from volunteers.forms.outreach import InterestForm, InvitationForm
from volunteers.forms.referee import ReferenceForm

EVIL = "evil.example"
WORDS = (
    "Айгүл\r\nBcc: a@evil.example\r\n\r\n<b>Аты</b>\rSubject: x\u2028To: b@evil.example\0\u202e\u2066"
    f'\x0bhttps://{EVIL}/ www.{EVIL} <a href="https://{EVIL}/">{EVIL}</a> [{EVIL}](https://{EVIL}/) <script>x</script> {{{{ link }}}}'
)
HEADERS = {"subject", "from", "to", "date", "message-id", "mime-version", "content-type"}
TO = "somebody@demo.example"
MARKUP = {"html", "head", "meta", "title", "style", "body", "div", "p", "h1", "br", "a", "blockquote"}  # all of it ours
# Words that a person wrote freely, by the names they have in the texts of letters.
FREE = re.compile(
    r"\b(?:(?:\w+\.)?(?:note|notes_for_mentor)|(?<!\.)(?:reason|text|words)|booking\.answer|(?:booking|entry)\.reason)\b"
)
DATES = re.compile(r".*_(?:at|on|until|to|from)|day|starts|ends|until|when|since")


class Hostile(str):
    """Whatever is asked of it is it again, or a moment where a date is wanted."""

    title = property(lambda self: self)

    def __getattr__(self, name: str):
        if name.startswith("_"):
            raise AttributeError(name)
        return value(name)

    def __iter__(self):
        return iter([self])


def value(name: str):
    if DATES.fullmatch(name):
        return timezone.make_aware(datetime(2030, 5, 1, 10))
    return 90 if name in {"minutes", "before", "after", "count", "grade", "size", "km"} else Hostile(WORDS)


def texts() -> dict[str, str]:
    """Name of the letter → its text; parts of others begin with an underscore."""
    return {
        str(file.relative_to(root).with_suffix("")): file.read_text(encoding="utf-8")
        for root in settings.BASE_DIR.glob("*/templates/mail")
        for file in root.glob("*/*.txt")
    }


LETTERS = sorted(name for name in texts() if not Path(name).name.startswith("_"))


def everything(**more) -> dict:
    """A value for every word that stands in any letter."""
    names = {word for text in texts().values() for word in re.findall(r"[a-z_]+", text)}
    one = Hostile(WORDS)
    pairs = {name: [(one, one)] for name in ("items", "suggestions", "pairs")}
    moves = {"moves": [(one, value("moved_from"))]}
    return {name: value(name) for name in names} | pairs | moves | more


def sent(letter: str, **more) -> EmailMessage:
    """The letter as the reader's program parses it."""
    message = mail.queue(letter, mail.Recipient("ru", email=TO), everything(**more), dedupe_key=letter)
    assert mail.deliver(message.pk), OutgoingMessage.objects.get(pk=message.pk).failure
    (built,) = outbox.outbox
    assert built.recipients() == [TO]
    return BytesParser(policy=policy.default).parsebytes(built.message().as_bytes())


@pytest.mark.django_db
@pytest.mark.parametrize("letter", LETTERS)
def test_no_header_no_link_and_no_markup_of_theirs(letter):
    read = sent(letter)
    assert {name.lower() for name in read.keys()} == HEADERS and len(read.keys()) == len(HEADERS)  # noqa: SIM118 - repeats count
    assert [address.addr_spec for address in read["To"].addresses] == [TO]
    assert not re.search(r"[\0-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]", read["Subject"])
    plain, html = (read.get_body([kind]).get_content() for kind in ("plain", "html"))
    assert not re.search(r"[\0-\x09\x0b-\x1f\u2028\u2029\u202a-\u202e\u2066-\u2069]", plain + html)
    page = BeautifulSoup(html, "html.parser")
    assert {tag.name for tag in page()} <= MARKUP
    assert all(link["href"].startswith(f"{settings.SITE_URL}/") for link in page("a"))
    assert not page.select("blockquote a")
    if "|quoted" in texts()[letter]:
        assert re.search(rf"^> .*{EVIL}", plain, re.MULTILINE), "free words are not marked"
        assert EVIL in page.blockquote.text


@pytest.mark.parametrize(("letter", "text"), sorted(texts().items()))
def test_free_words_are_marked_wherever_they_stand(letter, text):
    shown = re.findall(r"\{\{ *([^}]+?) *\}\}", text)
    shown += re.findall(r"\w+=([\w.]+(?:\|\w+(?::\"[^\"]*\")?)*)", text)
    named = set(re.findall(r"(\w+)=[\w.]+\|quoted", text))  # inside a sentence to be translated
    for one in shown:
        if FREE.fullmatch(one.partition("|")[0]) and one not in named:
            assert one.endswith("|quoted"), one


@pytest.mark.django_db
def test_a_very_long_name_makes_a_short_subject():
    read = sent("account/login_code", code="қ" * 100_000)
    assert len(read["Subject"]) <= 200


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address", [f"a@demo.example\nBcc: b@{EVIL}", f"a@demo.example\r\n\r\nx@{EVIL}", f"a@demo.example, b@{EVIL}"]
)
def test_a_forged_address_reaches_nobody(address):
    message = mail.queue("account/login_code", mail.Recipient("ru", email=address), {"code": 1}, dedupe_key="k")
    mail.deliver(message.pk)
    for built in outbox.outbox:
        parsed = BytesParser(policy=policy.default).parsebytes(built.message().as_bytes())
        assert EVIL not in {found.domain for found in parsed["To"].addresses}
        assert "Bcc" not in parsed


class TestMarked:
    def test_each_line_is(self):
        assert quoted("Бір\r\n\r\nЕкі\u2028Үш ") == "\n> Бір\n> \n> Екі\n> Үш"
        assert quoted("") == ""

    def test_in_html_it_is_a_block_without_links(self):
        html = as_html(f"Себебі:\n> {settings.SITE_URL}/kk/ & <b>\n> екі\n\nСоңы")
        block = f"<blockquote>{settings.SITE_URL}/kk/ &amp; &lt;b&gt;<br>екі</blockquote>"
        assert html == f"<p>Себебі:</p>{block}<p>Соңы</p>"

    def test_only_addresses_of_ours_are_links(self):
        html = as_html(f"{settings.SITE_URL}/kk/?a=1&b=2 {settings.SITE_URL}.{EVIL}/ https://{EVIL}/ a@{EVIL}")
        (link,) = BeautifulSoup(html, "html.parser")("a")
        assert link["href"] == link.text == f"{settings.SITE_URL}/kk/?a=1&b=2"


class TestNames:
    @pytest.mark.parametrize(
        "name",
        [f"https://{EVIL}", f"www.{EVIL}", f"WWW.{EVIL}", f"a@{EVIL}", "ab/cd", "ab\\cd", "<b>Аты</b>", "Аты\nBcc: x", "А\rБ",
         "А\0Б", "А\u2028Б", "\u202eыта", "А\u2066Б", "А\tБ"],
    )  # fmt: skip
    def test_what_is_no_name_is_refused(self, name):
        with pytest.raises(ValidationError) as refused:
            name_alone(name)
        assert refused.value.code == "address_in_name"

    @pytest.mark.parametrize(
        "name", ["Әлия Қасымқызы", "О’Нил-Смит А. Б.", "Ян ван дер Мейер", "Салтанат, әкімші (№ 2)"]
    )
    def test_names_are_names(self, name):
        name_alone(name)

    @pytest.mark.django_db
    @pytest.mark.parametrize(
        ("form", "field"),
        [
            (AccountForm, "first_name"),
            (AccountForm, "last_name"),
            (InterestForm, "name"),
            (InvitationForm, "name"),
            (ReferenceForm, "referee_name"),
            (AdultForm, "name"),
        ],
    )
    def test_the_forms_say_so_at_the_field(self, form: type[forms.Form], field, cast):
        arguments = {InvitationForm: {"user": cast.dana}, AdultForm: {"session": SchoolSession()}}
        filled = form({field: f"Аты www.{EVIL}"}, **arguments.get(form, {}))
        assert [error.code for error in filled.errors.as_data()[field]] == ["address_in_name"]
