"""Texts of letters that editors write: they know what the file of the letter shows, and nothing else; versions are kept; a text
that fits no more stops no letter."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.template import Context
from django.template.loader import get_template
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from content.services import let_editors_in
from portal import letter_variables, mail
from portal.models import LetterText, LogEntry, OutgoingMessage
from tests.portal.test_letters_hostile import everything

LETTER = "volunteers/deferral_over"
DECLINED = "volunteers/declined"
TO = mail.Recipient("ru", email="somebody@demo.example")


def write(letter: str = LETTER, subject: str = "Тақырып", text: str = "Мәтін", language: str = "ru") -> LetterText:
    return LetterText.objects.create(letter=letter, language=language, subject=subject, text=text)


def sent(letter: str = LETTER, context: dict | None = None, **more) -> OutgoingMessage:
    return mail.queue(letter, TO, context or everything(), dedupe_key=letter, **more)


class TestVariables:
    @pytest.mark.parametrize("language", ["kk", "ru", "en"])
    @pytest.mark.parametrize("letter", letter_variables.editable())
    def test_the_words_of_a_file_as_a_text_make_the_same_letter(self, letter, language):
        text = letter_variables.compiled(letter, "\n".join(letter_variables.words_of_file(letter, language)))
        with translation.override(language):
            file = get_template(f"mail/{letter}.txt").template
            made, wanted = (one.render(Context(everything(), autoescape=False)) for one in (text, file))
        assert [line for line in made.splitlines() if line] == [line for line in wanted.splitlines() if line]

    @pytest.mark.parametrize(
        ("text", "names"),
        [
            ("{{ role.pk }}", "role.pk"),
            ("{{ text }}", "text"),  # free words are marked as somebody's wherever they stand
            ("{{ text|safe }}", "text|safe"),
            ("{{ link }}", "link"),
            ("{{ request.user }}", "request.user"),
            ("{% if settings.SECRET_KEY %}x{% endif %}", "settings.SECRET_KEY"),
            ("{% if role == person.iin %}x{% endif %}", "person.iin"),
            ("{% for reason in person.checks.all %}x{% endfor %}", "reason in person.checks.all"),
            ("{{ 'x'|add:role }}", "'x'|add:role"),
        ],
    )
    def test_what_the_letter_does_not_show_is_named(self, text, names):
        with pytest.raises(ValidationError) as refused:
            letter_variables.compiled(DECLINED, text)
        (error,) = refused.value.error_list
        assert error.code == "unknown" and error.params["unknown"] == names
        assert "text|quoted" in error.params["known"]

    @pytest.mark.parametrize(
        "text",
        [
            "{{ role", "{{ }}", "{% if role %}", "{% include 'mail/account/login_code.txt' %}", "{% extends 'base.html' %}",
            "{% load i18n %}", "{% url 'staff_home' %}", "{% now 'Y' %}", "{% debug %}", "{% with a=role %}{% endwith %}",
            "{% autoescape on %}{% endautoescape %}", "{{ role|nothing }}", "{% csrf_token %}", "{% cycle 'a' 'b' %}",
            "{% for reason in reasons reversed %}{% endfor %}",
            "{% for reason in reasons %}{% for reason in reasons %}{% endfor %}{% endfor %}",
            "{% if role %}" * 2000 + "{% endif %}" * 2000,
        ],
    )  # fmt: skip
    def test_tags_of_a_programmer_are_refused(self, text):
        with pytest.raises(ValidationError) as refused:
            letter_variables.compiled(DECLINED, text)
        assert [error.code for error in refused.value.error_list] == ["syntax"]

    def test_what_it_shows_may_stand_and_be_asked_for(self):
        text = "{{ role }} {% if text and not reasons or role == 'x' %}{{ text|quoted }}{% else %}{% for reason in reasons %}{{ reason.text }}{% endfor %}{% endif %}"
        assert (
            letter_variables.compiled(DECLINED, text).render(Context({"role": "Р", "text": "Т"}, autoescape=False))
            == "Р \n> Т"
        )

    @pytest.mark.parametrize("letter", letter_variables.REQUIRED)
    def test_the_words_of_its_file_say_what_a_letter_must_say(self, letter):
        known = letter_variables.variables(letter)
        assert letter_variables.REQUIRED[letter] <= known.shown | known.tested
        for language in ("kk", "ru", "en"):
            letter_variables.demand_required(letter, letter_variables.words_of_file(letter, language)[1])

    @pytest.mark.parametrize(
        ("left_out", "instead"),
        [
            ('{{ appeal_until|date:"DATE_FORMAT" }}', ""),
            ('{{ appeal_until|date:"DATE_FORMAT" }}', '{% if text %}{{ appeal_until|date:"DATE_FORMAT" }}{% endif %}'),
            ("{{ text|quoted }}", ""),
            ("{{ reason.text }}", "x"),
        ],
    )
    def test_what_a_letter_must_say_is_asked_for(self, left_out, instead):
        _subject, text = letter_variables.words_of_file(DECLINED, "ru")
        assert left_out in text
        with pytest.raises(ValidationError) as refused:
            letter_variables.demand_required(DECLINED, text.replace(left_out, instead))
        (error,) = refused.value.error_list
        assert error.code == "left_out" and error.params["missing"] == left_out.strip("{ }")

    def test_codes_secret_links_and_letters_about_security_are_not_for_editors(self):
        names = letter_variables.editable()
        assert len(names) > 50
        assert not [name for name in names if name.startswith(("account/", "portal/"))]
        assert "volunteers/invitation" not in names and DECLINED in names


@pytest.mark.django_db
class TestSending:
    def test_the_text_of_its_language_is_sent(self):
        write(), write(language="kk", text="Қазақша")
        message = sent()
        assert (message.subject, message.text.split("\n")[0]) == ("Тақырып", "Мәтін")
        assert "<h1" in message.html and "Мәтін" in message.html

    def test_without_one_the_file_is(self):
        write(language="kk")
        assert sent().subject not in {"", "Тақырып"}

    def test_a_text_that_fits_no_more_stops_no_letter(self, caplog):
        write(text="{{ gone.variable }} Мәтін")
        message = sent()
        assert message.subject != "Тақырып" and message.text
        assert LETTER in caplog.text and "gone" not in caplog.text and "Мәтін" not in caplog.text

    def test_what_people_wrote_is_escaped_marked_and_breaks_no_line_of_the_head(self):
        write(DECLINED, subject="{{ role }}", text="{{ text|quoted }} <b>")
        message = sent(DECLINED, {"role": "<i>\u202e", "text": "https://evil.example/", "reasons": []})
        assert message.subject == "<i>"
        assert "&lt;i&gt;" in message.html and "<b>" not in message.html and 'href="https://evil' not in message.html
        assert "> https://evil.example/" in message.text

    def test_a_secret_letter_takes_none(self):
        write("volunteers/invitation", text="Бұл жерде код жоқ")
        assert "Бұл жерде" not in sent("volunteers/invitation", is_secret=True).text

    def test_a_batch_asks_once(self):
        write()
        letters = [
            mail.Letter(name=name, to=TO, context=everything(), dedupe_key=f"{name}:{number}")
            for number in range(5)
            for name in (LETTER, DECLINED)
        ]
        with CaptureQueriesContext(connection) as queries:
            mail.queue_many(letters)
        assert sum("portal_lettertext" in query["sql"] for query in queries) == 1
        with CaptureQueriesContext(connection) as queries:
            mail.queue("account/sms_code", TO, {"code": 1}, dedupe_key="x", is_secret=True)
        assert not [query for query in queries if "portal_lettertext" in query["sql"]]

    def test_a_change_counts_for_the_next_letter(self):
        text = write()
        sent()
        text.subject = "Жаңа"
        text.save()
        assert mail.queue(LETTER, TO, everything(), dedupe_key="again").subject == "Жаңа"


@pytest.mark.django_db
class TestEditing:
    """In the CMS, as an editor."""

    @pytest.fixture
    def editor(self, cast, sign_in):
        let_editors_in()
        return sign_in(cast.asel)

    @staticmethod
    def address(name: str, *args) -> str:
        return reverse(LetterText.snippet_viewset.get_url_name(name), args=args)

    def test_empty_fields_are_filled_with_the_words_of_now(self, editor):
        data = {"letter": DECLINED, "language": "kk", "subject": "", "text": ""}
        assert editor.post(self.address("add"), data).status_code == 302
        text = LetterText.objects.get()
        assert (text.subject, text.text) == letter_variables.words_of_file(DECLINED, "kk")
        assert "{{ text|quoted }}" in text.text

    def test_every_version_is_kept_and_can_come_back(self, editor):
        data = {"letter": LETTER, "language": "ru", "subject": "Бір", "text": "Мәтін"}
        editor.post(self.address("add"), data)
        text = LetterText.objects.get()
        editor.post(self.address("edit", text.pk), data | {"subject": "Екі"})
        first, second = text.revisions.order_by("pk")
        assert [one.content["subject"] for one in (first, second)] == ["Бір", "Екі"]
        compared = editor.get(self.address("revisions_compare", text.pk, first.pk, second.pk))
        assert "Бір" in compared.content.decode() and "Екі" in compared.content.decode()
        assert "Бір" in editor.get(self.address("revisions_revert", text.pk, first.pk)).content.decode()
        assert list(LogEntry.objects.filter(action="letter_text").values_list("data", flat=True)) == [{}, {}]

    def test_an_unknown_variable_is_an_error_at_its_field(self, editor):
        data = {"letter": DECLINED, "language": "ru", "subject": "{{ role.secret }}", "text": "x"}
        answer = editor.post(self.address("add"), data)
        assert answer.status_code == 200
        (error,) = answer.context["form"].errors["subject"]
        assert "role.secret" in error and "text|quoted" in error
        assert not LetterText.objects.exists()

    def test_a_text_without_the_day_of_appeal_is_not_saved(self, editor):
        subject, text = letter_variables.words_of_file(DECLINED, "ru")
        data = {"letter": DECLINED, "language": "ru", "subject": subject, "text": text}
        cut = data | {"text": text.replace('{{ appeal_until|date:"DATE_FORMAT" }}', "20 мая")}
        (error,) = editor.post(self.address("add"), cut).context["form"].errors["text"]
        assert "appeal_until" in error and not LetterText.objects.exists()
        assert editor.post(self.address("add"), data).status_code == 302

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"letter": "account/login_code"}, "letter"),
            ({"letter": "../../settings"}, "letter"),
            ({"subject": "a\nBcc: b@evil.example"}, "subject"),
            ({"text": ""}, "text"),
            ({"text": "x" * 10_001}, "text"),
        ],
    )
    def test_what_makes_no_letter_is_refused(self, editor, change, field):
        data = {"letter": DECLINED, "language": "ru", "subject": "x", "text": "x"} | change
        assert field in editor.post(self.address("add"), data).context["form"].errors

    def test_a_subject_longer_than_what_is_sent_is_refused_in_one_sentence(self, editor):
        data = {"letter": LETTER, "language": "ru", "subject": "x" * 201, "text": "x"}
        ((field, sentences),) = editor.post(self.address("add"), data).context["form"].errors.items()
        assert field == "subject" and len(sentences) == 1 and "201" in sentences[0]
        assert editor.post(self.address("add"), data | {"subject": "x" * 200}).status_code == 302

    def test_a_second_text_for_the_same_letter_is_refused(self, editor):
        write()
        data = {"letter": LETTER, "language": "ru", "subject": "x", "text": "x"}
        assert editor.post(self.address("add"), data).status_code == 200
        assert LetterText.objects.count() == 1

    def test_the_preview_shows_sample_values(self, editor):
        _subject, words = letter_variables.words_of_file(DECLINED, "ru")
        text = write(DECLINED, subject="{{ role }}!", text=words)
        page = self.address("preview_on_edit", text.pk)
        data = {"letter": DECLINED, "language": "ru", "subject": text.subject, "text": text.text}
        assert editor.post(page, data).json()["is_valid"]
        html = editor.get(page, {"mode": ""}, headers={"accept-language": "ru"}).content.decode()
        assert '<p class="meta" lang="ru">' in html and "кавычк" in html
        assert "«role»!" in html and "<blockquote>«text»" in html

    def test_others_cannot_come_in(self, cast, sign_in):
        let_editors_in()
        for user in (cast.serik, cast.aigul, cast.dana):
            assert sign_in(user).get(self.address("list")).status_code in {302, 403, 404}
