from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codes import id_number
from codes.errors import InvalidCode
from codes.regions import UNASSIGNED_REGION, province_of
from codes.sex import Sex, from_digit, to_digit


def number_of(
    birth: date, sequence: int = 1, region: str = UNASSIGNED_REGION, check: str | None = None
) -> str:
    first17 = f"{region}{birth:%Y%m%d}{sequence:03}"
    return first17 + (check or id_number.check_digit(first17))


@pytest.mark.parametrize("example", ["11010519491231002X", "440524188001010014"])
def test_the_worked_examples_of_the_standard_are_valid(example: str) -> None:
    assert id_number.parse(example).number == example


def test_a_number_tells_birth_sex_region_and_its_last_four() -> None:
    parsed = id_number.parse(number_of(date(1990, 2, 28), sequence=12))
    assert (parsed.birth, parsed.sex, parsed.region) == (date(1990, 2, 28), Sex.FEMALE, "990101")
    assert parsed.last_four == parsed.number[14:]
    assert id_number.parse(number_of(date(1990, 2, 28), sequence=13)).sex is Sex.MALE


def test_a_small_x_is_taken_for_the_check_character_and_comes_out_as_a_capital() -> None:
    assert id_number.parse("11010519491231002x").number == "11010519491231002X"


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("", "id_number.length"),
        ("1101051949123100", "id_number.length"),
        (" 11010519491231002X", "id_number.length"),
        ("x1010519491231002X", "id_number.characters"),
        ("1101051949123100XX", "id_number.characters"),
        ("１１０１０５１９４９１２３１００２Ｘ", "id_number.characters"),
        ("11010519491231002\n", "id_number.characters"),
        ("01010519491231002X", "id_number.region"),
        ("110105194902310021", "id_number.birth_date"),
        ("110105000012310021", "id_number.birth_date"),
        ("110105194912310021", "id_number.check_digit"),
    ],
)
def test_what_breaks_a_rule_is_refused_with_the_rules_code(number: str, code: str) -> None:
    with pytest.raises(InvalidCode) as refused:
        id_number.parse(number)
    assert refused.value.code == code


def test_neither_error_nor_repr_shows_the_number() -> None:
    number = "110105194912310021"
    with pytest.raises(InvalidCode) as refused:
        id_number.parse(number)
    assert number not in str(refused.value)
    assert "1949" not in repr(id_number.parse("11010519491231002X"))


@given(st.text(max_size=20) | st.from_regex(r"[0-9]{17}[0-9xX]", fullmatch=True))
def test_any_text_gives_a_number_or_a_typed_error(text: str) -> None:
    try:
        parsed = id_number.parse(text)
    except InvalidCode:
        return
    assert id_number.parse(parsed.number) == parsed


@given(st.dates(min_value=date(1900, 1, 1)), st.integers(0, 999), st.integers(0, 16))
def test_one_wrong_digit_never_passes(birth: date, sequence: int, place: int) -> None:
    number = number_of(birth, sequence)
    wrong = number[:place] + str((int(number[place]) + 1) % 10) + number[place + 1 :]
    with pytest.raises(InvalidCode):
        id_number.parse(wrong)


def test_a_check_character_needs_17_digits() -> None:
    with pytest.raises(InvalidCode):
        id_number.check_digit("1101051949123100")


def test_a_person_is_a_year_older_on_the_birthday_itself() -> None:
    parsed = id_number.parse(number_of(date(2012, 2, 29)))
    assert parsed.age_on(date(2026, 2, 28)) == 13
    assert parsed.age_on(date(2026, 3, 1)) == 14
    assert parsed.age_on(date(2028, 2, 29)) == 16


def test_no_province_begins_with_the_invented_peoples_region() -> None:
    assert province_of(UNASSIGNED_REGION) is None
    assert province_of("440524") == "广东省"


def test_sex_goes_to_its_digit_and_back() -> None:
    assert [to_digit(from_digit(d)) for d in "0129"] == list("0129")
    with pytest.raises(InvalidCode) as refused:
        from_digit("3")
    assert refused.value.code == "sex.unknown_digit"
