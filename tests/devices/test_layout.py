"""The card's text: round trips, every rule, and any 256 bytes."""

from contextlib import suppress
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codes.id_number import check_digit
from codes.sex import Sex
from devices.errors import Refused
from devices.resident_id import layout
from devices.resident_id.invented import invented_card
from devices.resident_id.layout import CardData, Certificate
from devices.resident_id.layout.table import TABLE

CARD = invented_card(1)
PERMIT = invented_card(1, Certificate.HK_MACAO_TAIWAN)
OPTIONAL = {
    "address",
    "authority",
    "english_name",
    "nationality",
    "pass_number",
    "issue_count",
    "version",
    "previous_number_link",
}


def with_field(offset: int, text: str, card: CardData = CARD) -> bytes:
    raw, new = layout.encode(card), text.encode("utf-16-le", "surrogatepass")
    return raw[:offset] + new + raw[offset + len(new) :]


def refusal(text: bytes) -> str:
    with pytest.raises(Refused) as refused:
        layout.parse(text)
    return refused.value.code


def card_or_refusal(text: bytes) -> CardData | Refused:
    try:
        return layout.parse(text)
    except Refused as refused:
        return refused


def texts(longest: int) -> st.SearchStrategy[str]:
    """Whatever stands in a field: no control character, no space at an end, not too long."""
    alphabet = st.characters(exclude_categories=("Cc", "Cs"))
    fitting = st.text(alphabet, min_size=1, max_size=longest).map(lambda text: text.strip(" "))
    return fitting.filter(lambda text: text and len(text.encode("utf-16-le")) <= 2 * longest)


@st.composite
def cards(draw: st.DrawFn, certificate: Certificate) -> CardData:
    """Any card of a layout, with every field that its layout has a place for, or None."""
    card = invented_card(draw(st.integers(0, 10_000)), certificate)
    own = {
        name: draw(st.none() | texts(sum(length for _, length in places) // 2))
        for name, places in TABLE[certificate].items()
        if name in OPTIONAL
    }
    name = draw(texts(15)) if own.get("english_name") is None else draw(st.just("") | texts(15))
    start = draw(st.dates(date(1000, 1, 1)))
    end = draw(st.none() | st.dates(start))
    return replace(card, name=name, valid_from=start, valid_to=end, **own)


any_card = st.sampled_from(Certificate).flatmap(cards)


@given(any_card)
def test_a_card_of_any_layout_comes_out_as_it_went_in(card: CardData) -> None:
    text = layout.encode(card)
    assert len(text) == 256
    assert layout.certificate_of(text) is card.certificate
    assert layout.parse(text) == card


@given(any_card)
def test_every_card_gives_a_layout_a_name_and_a_number_and_nothing_empty(card: CardData) -> None:
    fields = card.fields()
    assert fields["layout"] == card.certificate.value
    assert fields["number"] == card.number
    assert all(fields.values())


def test_fields_are_iso_dates_and_words() -> None:
    card = replace(CARD, valid_from=date(2020, 1, 2), valid_to=date(2040, 1, 2), nation="03")
    fields = layout.parse(layout.encode(card)).fields()
    assert fields["birth"] == card.birth.isoformat()
    assert (fields["valid_from"], fields["valid_to"]) == ("2020-01-02", "2040-01-02")
    assert (fields["layout"], fields["nation"]) == ("citizen", "03")
    assert fields["sex"] in ("male", "female")


def test_a_card_without_end_is_valid_for_ever_and_says_long_term() -> None:
    card = layout.parse(layout.encode(replace(CARD, valid_to=None)))
    assert card.fields()["valid_to"] == "long_term"
    assert card.is_valid_on(date(9999, 12, 31))
    assert not card.is_valid_on(date(2019, 12, 31))


def test_a_card_is_valid_on_its_first_and_its_last_day() -> None:
    card = replace(CARD, valid_from=date(2020, 1, 2), valid_to=date(2030, 1, 2))
    valid = [
        card.is_valid_on(date(y, 1, d)) for y, d in ((2020, 1), (2020, 2), (2030, 2), (2030, 3))
    ]
    assert valid == [False, True, True, False]


@pytest.mark.parametrize(
    ("certificate", "letter", "kind"),
    [
        (Certificate.CITIZEN, " ", "resident_id"),
        (Certificate.HK_MACAO_TAIWAN, "J", "resident_id"),
        (Certificate.FOREIGNER_2017, "I", "permit"),
        (Certificate.FOREIGNER_2023, "Y", "permit"),
    ],
)
def test_the_letter_tells_the_layout_and_the_layout_tells_the_kind(
    certificate: Certificate, letter: str, kind: str
) -> None:
    card = invented_card(3, certificate)
    text = layout.encode(card)
    assert text[248:250].decode("utf-16-le") == letter
    assert layout.certificate_of(text) is certificate
    assert card.document_kind == kind


def test_a_permit_of_hong_kong_macao_or_taiwan_bears_a_pass_and_no_nation() -> None:
    card = replace(PERMIT, pass_number="H99123456", issue_count="02")
    text = with_field(220, "H99123456", card)
    assert text[238:242].decode("utf-16-le") == "02"
    fields = layout.parse(with_field(32, "99", card)).fields()  # reserved there
    assert fields["pass_number"] == "H99123456"
    assert "nation" not in fields


@pytest.mark.parametrize("region", ["810000", "820000", "830000"])
def test_a_permits_number_is_of_hong_kong_macao_or_taiwan(region: str) -> None:
    def numbered(region: str) -> bytes:
        first17 = region + PERMIT.number[6:17]
        return with_field(122, first17 + check_digit(first17), PERMIT)

    assert layout.parse(numbered(region)).number.startswith(region)
    assert refusal(numbered("110105")) == "resident_id.number_invalid"


def test_a_foreigners_card_of_2017_lies_as_published() -> None:
    card = invented_card(11, Certificate.FOREIGNER_2017)
    text = layout.encode(card)
    assert text[:120].decode("utf-16-le").rstrip() == card.english_name
    assert text[122:152].decode("utf-16-le") == card.number
    assert text[152:158].decode("utf-16-le") == "XXX"
    assert text[220:236].decode("utf-16-le") == f"{card.birth:%Y%m%d}"
    assert text[236:240].decode("utf-16-le") == "01"


@pytest.mark.parametrize("number", ["XX1990112345678", "xxx990112345678", "XXX99011234567 ", ""])
def test_a_number_of_2017_is_three_letters_and_twelve_digits(number: str) -> None:
    card = invented_card(11, Certificate.FOREIGNER_2017)
    assert refusal(with_field(122, number.ljust(15), card)) == "resident_id.number_invalid"


@pytest.mark.parametrize("wrong", ["8", "check"])
def test_a_number_of_2023_begins_with_9_and_ends_with_its_check_character(wrong: str) -> None:
    card = invented_card(11, Certificate.FOREIGNER_2023)
    first17 = ("8" if wrong == "8" else "9") + card.number[1:17]
    right = check_digit(first17)
    last = right if wrong == "8" else str((int(right.replace("X", "0")) + 1) % 10)
    assert refusal(with_field(122, first17 + last, card)) == "resident_id.number_invalid"


def test_a_number_of_2023_is_not_taken_apart_since_its_parts_are_not_confirmed() -> None:
    card = invented_card(11, Certificate.FOREIGNER_2023)
    first17 = "99010199999999000"
    text = with_field(122, first17 + check_digit(first17), card)
    assert layout.parse(text).birth == card.birth


def test_a_long_english_name_runs_over_its_two_places() -> None:
    name = "A" * 34 + " " + "B" * 11
    card = replace(invented_card(1, Certificate.FOREIGNER_2023), english_name=name)
    text = layout.encode(card)
    assert text[220:242].decode("utf-16-le") == "B" * 11
    assert layout.parse(text).english_name == name


def test_a_foreigner_without_a_chinese_name_is_named_in_english() -> None:
    card = replace(invented_card(1, Certificate.FOREIGNER_2017), name="")
    fields = layout.parse(layout.encode(card)).fields()
    assert fields["name"] == fields["english_name"] == card.english_name
    nobody = layout.encode(replace(card, english_name=None))
    assert refusal(nobody) == "resident_id.name_malformed"


def test_a_field_that_a_layout_has_no_place_for_is_an_error_that_names_it() -> None:
    with pytest.raises(ValueError, match=r"^pass_number has no place"):
        layout.encode(replace(CARD, pass_number="H99000000"))


@given(st.none() | texts(35), st.binary(max_size=20))
def test_an_appended_address_comes_out_as_it_went_in(address: str | None, more: bytes) -> None:
    assert layout.parse_appended(layout.encode_appended(address or "") + more) == address


@given(st.binary(max_size=100))
def test_any_appended_address_is_a_text_or_a_refusal(data: bytes) -> None:
    with suppress(Refused):
        address = layout.parse_appended(data)
        assert address is None or len(address) <= 35


def test_an_unknown_certificate_is_refused() -> None:
    assert refusal(with_field(248, "Z")) == "resident_id.certificate_unknown"


@pytest.mark.parametrize("mark", [" ", "\0", "预", "1", "\ud800"])
def test_what_is_no_letter_at_the_types_place_is_a_citizens_card(mark: str) -> None:
    assert layout.parse(with_field(248, mark)) == CARD


@pytest.mark.parametrize("name", ["张\0三", "\0", "张三\0", " " * 15, "\ud800张", "张\n三"])
def test_a_malformed_name_is_refused(name: str) -> None:
    assert refusal(with_field(0, name.ljust(15))) == "resident_id.name_malformed"


def test_a_name_keeps_its_private_use_and_rare_characters_and_inner_spaces() -> None:
    card = replace(CARD, name="\ue000𠮷 名")
    assert layout.parse(layout.encode(card)).name == "\ue000𠮷 名"


@pytest.mark.parametrize(
    ("offset", "text", "code"),
    [
        (30, "3", "text_malformed"),
        (32, "汉 ", "text_malformed"),
        (32, "１1", "text_malformed"),
        (36, "19900230", "text_malformed"),
        (36, "1990 101", "text_malformed"),
        (36, "19900101", "inconsistent"),
        (52, "路\0", "text_malformed"),
        (122, "110105194912310021", "number_invalid"),
        (122, " " * 18, "number_invalid"),
        (158, "局\t", "text_malformed"),
        (188, "长期      ", "text_malformed"),
        (204, "永久      ", "text_malformed"),
        (204, "20191231", "inconsistent"),
    ],
)
def test_a_field_that_breaks_its_rule_is_refused(offset: int, text: str, code: str) -> None:
    assert refusal(with_field(offset, text)) == f"resident_id.{code}"


def test_a_sex_that_is_not_the_numbers_is_refused_unless_it_is_not_stated() -> None:
    other = {Sex.MALE: "2", Sex.FEMALE: "1"}[CARD.sex]
    assert refusal(with_field(30, other)) == "resident_id.inconsistent"
    assert layout.parse(with_field(30, "9")).sex is Sex.NOT_STATED


def test_a_text_of_another_length_is_refused() -> None:
    assert refusal(layout.encode(CARD)[:-2]) == "resident_id.text_malformed"


@given(st.binary(min_size=256, max_size=256))
def test_any_256_bytes_give_a_card_or_a_refusal(text: bytes) -> None:
    assert isinstance(card_or_refusal(text), CardData | Refused)


@given(st.sampled_from(Certificate), st.integers(0, 255), st.binary(min_size=1, max_size=8))
def test_any_change_to_a_card_gives_a_card_or_a_refusal_without_its_content(
    certificate: Certificate, offset: int, change: bytes
) -> None:
    card = invented_card(1, certificate)
    text = layout.encode(card)
    result = str(card_or_refusal((text[:offset] + change + text[offset + len(change) :])[:256]))
    assert card.number[6:] not in result
    assert (card.address or card.english_name or "?") not in result


def test_a_field_too_long_for_its_place_is_an_error_that_names_it() -> None:
    with pytest.raises(ValueError, match=r"^name is longer than 15"):
        layout.encode(replace(CARD, name="长" * 16))


def test_neither_a_cards_nor_a_certificates_repr_shows_a_person() -> None:
    assert repr(CARD) == "CardData()"


def test_a_date_before_the_year_1000_comes_out_as_it_went_in() -> None:
    """Found by fuzzing: such a year was written with fewer than four digits."""
    card = layout.parse(with_field(188, "00500101"))
    assert card.valid_from == date(50, 1, 1)
    assert layout.parse(layout.encode(card)) == card
