"""Passwords that are guessed first here are refused, and those that were stolen anywhere."""

from __future__ import annotations

import hashlib

import pytest
from django.core.checks import run_checks
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import translation

from portal.models import User
from portal.passwords import Breached, Guessable, easy_words, is_listed

GOOD = [
    "Жақсы-құпиясөз-2026",
    "көк терезе жүгірген піл",
    "табурет гроза километр",
    "umbrella orbit seventeen",
    "R7#kd0!pQz-vn",
    "ж" * 5 + "Ўкенсай тоғыз гүл " * 9,  # longer than what is judged
]
EASY = [
    "казахстан2020",
    "Қазақстан2024!",
    "қазақстан123",
    "taraz080000",
    "Тараз-2026-тараз",
    "ғашықпын123",
    "йцукенгшщз",
    "йцукенфыва",
    "qwertyuiop1",
    "gfhjkm12345",  # «пароль» with the keyboard at English
    "ghbdtn2026",  # «привет»
    "фыфтф12345",  # "asana" with the keyboard at Russian
    "aaaaaaaaaaaa",
    "абвгдабвгд",
    "12.03.1987г",
    "Айгерім2010",
    "p@ssword2026",
]


def refused(password: str, user: User | None = None) -> bool:
    try:
        Guessable().validate(password, user)
    except ValidationError:
        return True
    return False


@pytest.mark.parametrize("password", GOOD)
def test_what_is_hard_to_guess_is_taken(password):
    assert not refused(password)


@pytest.mark.parametrize("password", EASY)
def test_what_is_guessed_first_is_refused(password):
    assert refused(password)


@pytest.mark.parametrize(
    "password", ["Бөкейханова1978", "Жұпаргүл-2020", "bokeykhan2020", "87014441278!", "4441278-4441278"]
)
def test_ones_own_name_address_and_phone_are_no_secret(password):
    person = User(first_name="Жұпаргүл", last_name="Бөкейханова", email="bokeykhan@demo.example", phone="+77014441278")
    assert refused(password, person)


def test_the_words_of_one_person_do_not_judge_the_next():
    password = "Сембинова-Ұлпан"
    assert refused(password, User(first_name="Ұлпан", last_name="Сембинова"))
    assert not refused(password, User())


def test_the_list_has_each_word_once():
    assert len(easy_words()) == len(set(easy_words())) > 100
    assert all(word == word.lower().strip() for word in easy_words())


@pytest.mark.django_db
def test_the_form_says_it_in_plain_words():
    with translation.override("en"):
        page = Client().post("/en/account/signup/", {"email": "x@demo.example", "password1": "казахстан2020"})
    assert "easy to guess" in page.content.decode()
    assert not User.objects.filter(email="x@demo.example").exists()


@pytest.mark.django_db
def test_the_phone_one_signs_up_with_is_no_password():
    page = Client().post("/ru/account/signup/", {"phone": "8 701 444 12 78", "password1": "+7(701)4441278"})
    assert page.status_code == 200
    assert not User.objects.filter(phone="+77014441278").exists()


# --- stolen ones ---------------------------------------------------------------------------------------------------


def sha1(password: str) -> str:
    return hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper()


@pytest.fixture(params=["\n", "\r\n"])
def stolen(request, tmp_path):
    """A file as it is given out: a thousand stolen passwords, ordered by hash; and the passwords."""
    passwords = [f"табурет гроза {number}" for number in range(1000)]
    lines = sorted(f"{sha1(password)}:{number}" for number, password in enumerate(passwords))
    file = tmp_path / "pwned.txt"
    file.write_bytes(request.param.join(lines).encode())
    return file, passwords


def test_each_stolen_one_is_found_and_no_other(stolen):
    file, passwords = stolen
    assert all(is_listed(file, password) for password in passwords)
    assert not any(is_listed(file, f"{password}!") for password in passwords)


def test_an_empty_file_lists_nothing(tmp_path):
    (tmp_path / "none.txt").write_text("")
    assert not is_listed(tmp_path / "none.txt", "x")


def test_stolen_ones_are_refused_where_the_file_is_set(stolen, settings):
    file, passwords = stolen
    settings.BREACHED_PASSWORDS = str(file)
    with pytest.raises(ValidationError) as refusal:
        Breached().validate(passwords[0])
    assert refusal.value.code == "password_breached"
    Breached().validate("көк терезе жүгірген піл")


def test_a_missing_file_refuses_nobody_and_is_told_by_the_check(tmp_path, settings, caplog):
    settings.BREACHED_PASSWORDS = str(tmp_path / "gone.txt")
    Breached().validate("көк терезе жүгірген піл")
    assert "BREACHED_PASSWORDS" in caplog.text
    assert "portal.E030" in {error.id for error in run_checks()}
