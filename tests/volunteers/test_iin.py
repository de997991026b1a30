import pytest
from hypothesis import given
from hypothesis import strategies as st

from volunteers.iin import masked, valid_iin


@pytest.mark.parametrize("iin", ["581028310339", "660216373640", "640816390580", "610226390280"])
def test_real_looking_numbers_of_both_passes_are_valid(iin):
    assert valid_iin(iin)


@pytest.mark.parametrize(
    "text",
    ["123456789012", "111111111111", "000000000000", "", "58102831033", "5810283103390", "58102831033x", "５81028310339",
     "581028310339\n", " 581028310339"],
)  # fmt: skip
def test_other_texts_are_not(text):
    assert not valid_iin(text)


def test_a_prefix_without_control_digit_has_no_valid_number():
    assert not any(valid_iin(f"71070734366{digit}") for digit in range(10))


def test_the_birth_date_in_it_is_never_a_ground_for_refusal():
    assert any(valid_iin(f"80139930001{digit}") for digit in range(10))


@given(st.text("0123456789", min_size=11, max_size=11).filter(lambda prefix: int(prefix)))
def test_each_prefix_has_at_most_one_control_digit(prefix):
    assert sum(valid_iin(f"{prefix}{digit}") for digit in range(10)) <= 1


@given(st.text("0123456789", min_size=12, max_size=12), st.sampled_from([*range(10), 11]), st.integers(1, 9))
def test_one_mistyped_digit_is_found_where_one_pass_decides(iin, place, shift):
    """A slip is noticed as long as both numbers are decided by the first weights: eleven is a prime. The eleventh digit
    is left out: its weight is eleven, so the sum does not see it."""
    wrong = iin[:place] + str((int(iin[place]) + shift) % 10) + iin[place + 1 :]

    def one_pass(text):
        return sum((index + 1) * int(digit) for index, digit in enumerate(text[:11])) % 11 != 10

    if valid_iin(iin) and one_pass(iin) and one_pass(wrong):
        assert not valid_iin(wrong)


@given(st.text(max_size=30))
def test_any_text_gets_an_answer(text):
    assert valid_iin(text) in (True, False)


def test_a_page_shows_the_last_four():
    assert masked("581028310339") == "••••••••0339"
    assert masked("") == ""
