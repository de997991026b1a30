"""What an editor is told about a text: how long its sentences and words are."""

import pytest

from content.readability import limits_of, read, sentences, syllables


@pytest.mark.parametrize(
    "word, language, number",
    [
        ("make", "en", 1),
        ("even", "en", 2),
        ("responsibility", "en", 6),
        ("the", "en", 1),
        ("ответственность", "ru", 4),
        ("ёж", "ru", 1),
        ("в", "ru", 1),
        ("қауіпсіздік", "kk", 4),
        ("жауапкершілігіміз", "kk", 7),
        ("102", "kk", 1),
    ],
)
def test_syllables(word, language, number):
    assert syllables(word, language) == number


@pytest.mark.parametrize(
    "text, number",
    [
        ("Айт. Сақта! Кімге айтасың? Маған…", 4),
        ("Он сказал: «Не ходи туда». Я не пошёл.", 2),
        ("It is free. 111 answers by day and night.", 2),
        ("“Tell me.” Mum listens.", 2),
        ("Бұл т. б. нәрсе емес.", 1),
        ("", 0),
        ("— … —", 0),
    ],
)
def test_sentences(text, number):
    assert len(sentences(text)) == number


LONG = {
    "kk": "Егер біреу сені мектепте не жолда қорқытып ақша мен телефон сұраса бірден сенімді ересек адамға барып айт.",
    "ru": "Если кто-то в школе или по дороге пугает тебя и просит деньги или телефон сразу скажи взрослому.",
    "en": "If anybody at school or on the way scares you and wants your money tell an adult at once.",
}
SHORT = {"kk": "Айту оңай емес.", "ru": "Сказать нелегко.", "en": "It is not easy."}


@pytest.mark.parametrize("language", LONG)
def test_a_long_sentence_is_quoted_to_those_it_is_too_long_for(language):
    found = read([f"{SHORT[language]} {LONG[language]}"], language, 11)
    assert [sentence for _words, sentence in found.long_sentences] == [LONG[language]]
    assert read([LONG[language]], language, None).long_sentences == []


@pytest.mark.parametrize("language", SHORT)
def test_short_words_and_sentences_are_plain(language):
    found = read([SHORT[language]] * 5, language, 7)
    assert found.is_plain and 2 <= found.average <= 4 and found.long_words == 0


@pytest.mark.parametrize(
    "language, words",
    [("kk", "жауапкершілігіміз"), ("ru", "ответственностью"), ("en", "responsibility")],
)
def test_long_words_alone_make_a_text_hard(language, words):
    found = read([f"{words} {words}."], language, 7)
    assert (found.long_words, found.long_sentences, found.is_plain) == (100, [], False)


def test_headings_and_points_do_not_make_a_text_look_easier():
    sentence = "One two three four five six."
    assert read([sentence], "en", 7).average == read(["Heading", sentence, "point"], "en", 7).average == 6


def test_no_text_is_no_reading():
    assert read([], "kk", 7).average == 0


def test_the_younger_the_reader_the_shorter():
    limits = [limits_of(age) for age in (6, 8, 9, 13, 14, 18, None)]
    assert [each.words for each in limits] == [12, 12, 15, 15, 20, 20, 20]
    assert limits[0].average < limits[2].average < limits[4].average
