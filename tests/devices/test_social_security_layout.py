"""What a card's records say: the published commands, round trips, every rule, any bytes."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codes.sex import Sex
from devices.errors import BadFrame, DeviceError, Refused
from devices.resident_id.invented import invented_card as resident_id_card
from devices.social_security_card import Addressing, Dialect, commands, forms, layout, read_card_bas
from devices.social_security_card.commands import SSSE
from devices.social_security_card.invented import invented_card
from devices.social_security_card.layout import LENGTHS, SocialSecurityCard, Tag
from devices.social_security_card.virtual import BANK, Kind, Quirks, VirtualCard

CARD = invented_card(3)
names = st.text(
    st.characters(codec="gb18030", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=12
).filter(lambda name: name.strip(" ") == name and len(name.encode("gb18030")) <= 50)


def recorded(card: VirtualCard) -> tuple[Callable[[bytes], bytes], list[str]]:
    """The card's answers, and what it was asked."""
    asked: list[str] = []

    def transmit(apdu: bytes) -> bytes:
        asked.append(apdu.hex().upper())
        return card.answer(apdu)

    return transmit, asked


def read(card: VirtualCard, dialect: Dialect | None = None) -> SocialSecurityCard:
    """The card as the driver reads it, without a reader."""
    commands.select(card.answer)
    return layout.parse(commands.read(card.answer, LENGTHS, dialect or Dialect()))


def with_record(tag: Tag, value: bytes) -> VirtualCard:
    return VirtualCard.of(CARD, records={tag: bytes((tag, len(value))) + value})


def refusal(card: VirtualCard) -> str:
    with pytest.raises(Refused) as refused:
        read(card)
    assert refused.value.detail.endswith("。")
    return refused.value.code


def test_the_application_is_selected_by_the_published_bytes() -> None:
    expected = "00A404000F7378312E73682EC9E7BBE1B1A3D5CF"
    assert commands.select_application().encode().hex().upper() == expected


@pytest.mark.parametrize(
    ("tag", "apdu"),
    [
        (Tag.CARD_ID, "00B2012812"),
        (Tag.ISSUED, "00B2052806"),
        (Tag.CARD_NUMBER, "00B207280B"),
        (Tag.NUMBER, "00B2083014"),
        (Tag.NAME, "00B2093020"),
        (Tag.NAME_REST, "00B24E3016"),
        (Tag.SEX, "00B20A3003"),
        (Tag.NATION, "00B20B3003"),
        (Tag.BIRTH, "00B20D3006"),
        (Tag.BIRTHPLACE, "00B20C3005"),
    ],
)
def test_records_are_read_by_the_published_bytes(tag: Tag, apdu: str) -> None:
    assert commands.read_record(tag, Dialect()).encode().hex().upper() == apdu


def test_a_cards_whole_reading_is_this_sequence_and_nothing_else() -> None:
    transmit, asked = recorded(VirtualCard.of(CARD))
    commands.select(transmit)
    layout.parse(commands.read(transmit, LENGTHS, Dialect()))
    assert asked[:2] == ["00A404000F7378312E73682EC9E7BBE1B1A3D5CF", "00C000001B"]
    assert [apdu[4:6] for apdu in asked[2:]] == [f"{tag:02X}" for tag in LENGTHS]
    assert {apdu[:4] for apdu in asked[2:]} == {"00B2"}
    assert {apdu[6:8] for apdu in asked[2:]} == {"28", "30"}  # EF05 and EF06, no other file


@pytest.mark.parametrize("p1", [0x02, 0x00])
def test_the_file_may_be_selected_first(p1: int) -> None:
    transmit, asked = recorded(VirtualCard.of(CARD))
    dialect = Dialect(Addressing.SELECT_FIRST, select_file_p1=p1)
    commands.select(transmit)
    assert layout.parse(commands.read(transmit, LENGTHS, dialect)) == CARD
    assert [apdu for apdu in asked if apdu.startswith("00A4")][1:] == [
        f"00A4{p1:02X}0002EF05",
        f"00A4{p1:02X}0002EF06",
    ]
    assert "00B2010012" in asked


@pytest.mark.parametrize("announces", [True, False])
@pytest.mark.parametrize("corrects", [True, False])
@pytest.mark.parametrize("accepts_le_zero", [True, False])
@pytest.mark.parametrize("le_zero", [True, False])
@pytest.mark.parametrize("addressing", Addressing)
def test_a_card_is_read_whatever_its_habits(
    announces: bool, corrects: bool, accepts_le_zero: bool, le_zero: bool, addressing: Addressing
) -> None:
    quirks = Quirks(announces, corrects, accepts_le_zero)
    card = VirtualCard.of(CARD, quirks)
    assert read(card, Dialect(addressing, le_zero=le_zero)) == CARD


@given(st.integers(0, 10_000))
def test_invented_holders_are_the_people_of_the_invented_id_cards(index: int) -> None:
    card, person = read(VirtualCard.of(invented_card(index))), resident_id_card(index)
    assert card == invented_card(index)
    assert (card.name, card.number, card.birth) == (person.name, person.number, person.birth)
    assert card.fields().items() >= {
        (k, v) for k, v in person.fields().items() if k in ("name", "number", "sex", "birth")
    }


@given(names)
def test_any_name_that_fits_comes_out_as_it_went_in(name: str) -> None:
    assert read(VirtualCard.of(replace(CARD, name=name))).name == name


def test_a_name_cut_inside_a_character_is_joined_before_it_is_decoded() -> None:
    card = VirtualCard.of_kind(CARD, Kind.LONG_NAME)
    commands.select(card.answer)
    values = commands.read(card.answer, (Tag.NAME, Tag.NAME_REST), Dialect())
    with pytest.raises(UnicodeDecodeError):
        values[Tag.NAME].decode("gb18030")
    assert len(read(card).name) == 17


def test_an_old_card_without_the_names_rest_is_read() -> None:
    card = read(VirtualCard.of_kind(CARD, Kind.OLD))
    assert card == replace(CARD, version="1.00", card_class=None, issuer=None)
    assert "card_class" not in card.fields()


def test_an_expired_card_is_read_and_says_so() -> None:
    card = read(VirtualCard.of_kind(CARD, Kind.EXPIRED))
    assert card.fields()["valid_to"] == "2020-01-01"
    assert card.is_valid_on(date(2020, 1, 1))
    assert not card.is_valid_on(date(2020, 1, 2))


def test_a_bank_card_is_not_this_card_and_its_application_is_not_touched() -> None:
    transmit, asked = recorded(VirtualCard.of_kind(CARD, Kind.BANK))
    with pytest.raises(Refused) as refused:
        commands.select(transmit)
    assert refused.value.code == "social_security_card.not_this_card"
    assert not any(BANK.hex().upper() in apdu for apdu in asked)


@pytest.mark.parametrize(
    "tag", sorted(set(LENGTHS) - {Tag.CARD_ID, Tag.NUMBER, Tag.NAME, Tag.BIRTH, Tag.SEX})
)
def test_a_record_that_is_missing_is_left_out(tag: Tag) -> None:
    fields = read(VirtualCard.of(CARD, records={tag: None})).fields()
    gone = CARD.fields().keys() - fields.keys()
    assert gone <= {tag.name.lower()}
    assert fields.items() <= CARD.fields().items()


def test_birth_and_sex_follow_from_the_number_where_the_card_lacks_them() -> None:
    assert read(VirtualCard.of(CARD, records={Tag.BIRTH: None, Tag.SEX: None})) == CARD


@pytest.mark.parametrize("tag", [Tag.CARD_ID, Tag.NUMBER, Tag.NAME])
def test_a_card_without_what_every_card_has_is_incomplete(tag: Tag) -> None:
    assert refusal(VirtualCard.of(CARD, records={tag: None})) == "social_security_card.incomplete"
    with pytest.raises(BadFrame):
        read(VirtualCard.of(CARD, records={tag: bytes((tag,))}))


def test_a_longer_record_is_cut_to_its_length_and_a_shorter_one_taken_as_it_is() -> None:
    assert read(with_record(Tag.CARD_NUMBER, b"Y00000003-AND-MORE")).card_number == "Y00000003"
    assert read(with_record(Tag.NAME, "张三".encode("gbk"))).name == "张三"
    assert read(with_record(Tag.CARD_NUMBER, b"Y1")).card_number == "Y1"


def test_a_records_length_counts_and_what_stands_behind_it_does_not() -> None:
    answer = bytes((Tag.VERSION, 4)) + b"3.00" + b"\xff\xff"
    assert commands.value_of(Tag.VERSION, answer) == b"3.00"
    assert commands.value_of(Tag.VERSION, b"\x03\x20" + b"2.0") == b"2.0"
    assert commands.value_of(Tag.VERSION, b"\x04\x01x") is None
    assert commands.value_of(Tag.VERSION, b"\x03") is None


@pytest.mark.parametrize(
    ("tag", "value", "code"),
    [
        (Tag.NUMBER, b"110105194912310021", "number_invalid"),
        (Tag.NUMBER, b"990101900101001" + bytes(3), "number_invalid"),
        (Tag.NAME, bytes(30), "name_malformed"),
        (Tag.NAME, b"\xd5".ljust(30, b"\0"), "name_malformed"),
        (Tag.NAME, b"A\0B".ljust(30, b"\0"), "name_malformed"),
        (Tag.NAME, b"A\nB".ljust(30, b"\0"), "name_malformed"),
        (Tag.CARD_ID, bytes(16), "record_malformed"),
        (Tag.CARD_ID, b"\xff" * 16, "record_malformed"),
        (Tag.CARD_ID, bytes.fromhex("990101D156000005"), "record_malformed"),
        (Tag.BIRTH, bytes.fromhex("19000101"), "inconsistent"),
        (Tag.VALID_TO, bytes.fromhex("20191231"), "inconsistent"),
    ],
)
def test_a_record_that_breaks_its_rule_is_refused(tag: Tag, value: bytes, code: str) -> None:
    assert refusal(with_record(tag, value)) == f"social_security_card.{code}"


def test_a_sex_that_is_not_the_numbers_is_refused() -> None:
    other = {Sex.MALE: b"2", Sex.FEMALE: b"1"}[CARD.sex]
    assert refusal(with_record(Tag.SEX, other)) == "social_security_card.inconsistent"
    assert read(with_record(Tag.SEX, b"9")).sex is Sex.NOT_STATED


@pytest.mark.parametrize(
    ("tag", "value"),
    [
        (Tag.VALID_TO, bytes(4)),
        (Tag.VALID_TO, b"\xff" * 4),
        (Tag.VALID_TO, bytes.fromhex("20401332")),
        (Tag.NATION, b"\x57"),
        (Tag.VERSION, b"\xff" * 4),
        (Tag.VERSION, b"2\x010"),
        (Tag.ISSUER, bytes(12)),
        (Tag.BIRTHPLACE, bytes(3)),
        (Tag.CARD_NUMBER, b"\xff" * 9),
    ],
)
def test_any_other_item_that_is_malformed_or_blank_is_left_out(tag: Tag, value: bytes) -> None:
    assert tag.name.lower() not in read(with_record(tag, value)).fields()


def test_padding_goes_as_its_form_says() -> None:
    assert forms.text(b"Y1" + bytes(7)) == "Y1"
    assert forms.bcd(bytes.fromhex("123FFF")) == "123"
    assert forms.bcd(bytes.fromhex("12A4")) is None
    assert forms.name(b"\xd5\xc5".ljust(30, b"\0"), b"\xc8\xfd" + bytes(18)) == "张三"


def test_a_card_that_wants_keys_first_or_is_blocked_says_so() -> None:
    def answering(status: str) -> Callable[[bytes], bytes]:
        return lambda _: bytes.fromhex(status)

    for status, code in (("6283", "blocked"), ("6F00", "card_error"), ("6A81", "card_error")):
        with pytest.raises(Refused) as refused:
            commands.select(answering(status))
        assert refused.value.code == f"social_security_card.{code}"
        assert refused.value.note == f"status {status}"
    with pytest.raises(Refused) as refused:
        commands.read(answering("6982"), LENGTHS, Dialect())
    assert refused.value.code == "social_security_card.access_denied"


def test_the_algorithm_stands_in_the_answer_to_select_or_is_the_first() -> None:
    assert commands.algorithm_of(commands.select(VirtualCard.of(CARD).answer)) == 3
    assert commands.algorithm_of(b"") == 1
    assert commands.algorithm_of(bytes.fromhex("9F0C038601")) == 1


def test_the_official_line_has_eleven_items_and_a_bar_behind_each() -> None:
    fields = CARD.fields() | {"atr_history": "00814A444686603906B1C2D3E4"}
    line = read_card_bas(fields, terminal="410100813475", device="D1")
    assert line == (
        f"990101|{CARD.number}|Y00000003|990101D1560000050000000000000003|{CARD.name}|"
        "00814A444686603906B1C2D3E4|2.00|20200101|20400101|410100813475|D1|"
    )
    assert read_card_bas({}, terminal="", device="") == "|" * 11


def test_an_item_with_a_bar_breaks_no_line_but_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        read_card_bas({"name": "A|B"}, terminal="", device="")
    assert refused.value.code == "social_security_card.record_malformed"


@given(st.dictionaries(st.sampled_from(list(Tag)), st.binary(max_size=40)))
def test_any_records_are_a_card_or_a_refusal(records: dict[Tag, bytes]) -> None:
    try:
        card = layout.parse(records)
    except Refused:
        return
    else:
        others = {name: value for name, value in card.fields().items() if name != "name"}
        assert all(value.isascii() and value.isprintable() for value in others.values())


@given(st.sampled_from(list(Tag)), st.binary(max_size=40))
def test_any_value_of_any_record_is_a_card_or_a_refusal_that_shows_nothing_of_it(
    tag: Tag, value: bytes
) -> None:
    shown = _card_or_refusal(with_record(tag, value))
    assert CARD.number not in shown
    assert CARD.name not in shown


def _card_or_refusal(card: VirtualCard) -> str:
    try:
        return str(read(card))
    except Refused as refused:
        return str(refused)


@given(st.lists(st.binary(max_size=30), min_size=1, max_size=8))
def test_a_virtual_card_answers_anything_with_a_status_word(asked: list[bytes]) -> None:
    card = VirtualCard.of(CARD)
    card.answer(commands.select_application().encode())
    for apdu in asked:
        assert 2 <= len(card.answer(apdu)) <= 258


@given(st.lists(st.binary(min_size=2, max_size=40), min_size=40, max_size=40))
def test_a_card_that_answers_anything_is_a_card_or_a_typed_error(answers: list[bytes]) -> None:
    left = iter(answers * 10)
    try:
        commands.select(lambda _: next(left))
        card = layout.parse(commands.read(lambda _: next(left), LENGTHS, Dialect()))
    except DeviceError:
        return
    assert isinstance(card, SocialSecurityCard)


def test_a_cards_repr_shows_nothing_personal() -> None:
    shown = repr(CARD) + repr(VirtualCard.of(CARD))
    for value in (CARD.name, CARD.number, CARD.card_number, CARD.card_id):
        assert value is not None
        assert value not in shown


def test_an_item_too_long_for_its_place_is_an_error_that_names_it() -> None:
    with pytest.raises(ValueError, match=r"^name is longer than 50"):
        layout.encode(replace(CARD, name="长" * 26))
    with pytest.raises(ValueError, match=r"^card_number is longer than 9"):
        layout.encode(replace(CARD, card_number="Y123456789"))


def test_the_application_is_named_in_fifteen_bytes() -> None:
    assert len(SSSE) == 15


def test_a_card_whose_file_cannot_be_selected_is_incomplete() -> None:
    def transmit(_: bytes) -> bytes:
        return bytes.fromhex("6A82")

    with pytest.raises(Refused) as refused:
        commands.read(transmit, LENGTHS, Dialect(Addressing.SELECT_FIRST))
    assert refused.value.code == "social_security_card.incomplete"
