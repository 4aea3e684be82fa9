"""Lines of `ReadCardBas` and `ReadSFZ`: every form in use, and any bytes."""

import re
from collections.abc import Mapping
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codes import id_number
from codes.nations import NATIONS
from devices.errors import Refused
from devices.resident_id.invented import invented_card as invented_id
from devices.resident_id.layout import Certificate
from devices.social_security_card.bas import read_card_bas
from devices.social_security_card.invented import invented_card
from devices.vendor import lines

KINDS = ["social_security_card", "resident_id"]
PERSON = invented_id(3)


def items(kind: str, output: bytes, encoding: str = "gb18030") -> dict[str, str]:
    return lines.items(kind, output, encoding, "|", lines.PLACES[kind])


def sfz(**changes: str) -> dict[str, str]:
    said = {
        "name": PERSON.name,
        "sex": "1" if PERSON.sex == "male" else "2",
        "nation": "01",
        "birth": f"{PERSON.birth:%Y%m%d}",
        "address": "演示省演示市虚构路1号",
        "number": PERSON.number,
        "valid_from": "20200101",
        "valid_to": "长期",
        "authority": "演示市公安局",
    } | changes
    return {name: value for name, value in said.items() if value}


def bas(**changes: str) -> dict[str, str]:
    line = read_card_bas(invented_card(3).fields(), terminal="", device="")
    said = items("social_security_card", line.encode("gb18030")) | changes
    return {name: value for name, value in said.items() if value}


@given(st.integers(0, 999), st.sampled_from(["gb18030", "gbk", "utf-8"]), st.booleans())
def test_the_line_that_this_project_writes_is_read_back(
    index: int, encoding: str, noisy: bool
) -> None:
    card = invented_card(index)
    line = read_card_bas(card.fields(), terminal="1", device="2").encode(encoding)
    fields, simulated = lines.social_security_card(
        items("social_security_card", line + (b"\0\xff\xfe|" if noisy else b""), encoding)
    )
    lacking = {"nation", "birthplace", "card_class", "issuer"}
    assert fields == {name: v for name, v in card.fields().items() if name not in lacking}
    assert simulated


@pytest.mark.parametrize("change", [{"card_id": ""}, {"number": ""}, {"name": ""}])
def test_a_line_without_what_every_card_has_is_incomplete(change: Mapping[str, str]) -> None:
    with pytest.raises(Refused) as failure:
        lines.social_security_card(bas(**change))
    assert failure.value.code == "social_security_card.incomplete"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"card_id": "99"}, "record_malformed"),
        ({"card_id": "x" * 32}, "record_malformed"),
        ({"number": "99010119900101001"}, "number_invalid"),
        ({"valid_to": "20190101"}, "inconsistent"),
    ],
)
def test_a_line_that_cannot_be_a_card_is_refused(change: Mapping[str, str], code: str) -> None:
    with pytest.raises(Refused) as failure:
        lines.social_security_card(bas(**change))
    assert failure.value.code == f"social_security_card.{code}"


def test_items_that_no_decision_needs_are_left_out_where_they_are_malformed() -> None:
    fields, _ = lines.social_security_card(bas(issued="soon", valid_to="-", atr_history="xx"))
    assert not {"issued", "valid_to", "atr_history"} & set(fields)


def test_the_region_that_the_library_names_is_believed_before_the_cards_own() -> None:
    assert lines.social_security_card(bas(region="990102"))[0]["region"] == "990102"
    assert lines.social_security_card(bas(region="演示"))[0]["region"] == "990101"


def test_a_card_of_a_real_region_is_not_taken_for_simulated() -> None:
    first17 = "44052418800101001"
    number = first17 + id_number.check_digit(first17)
    card_id = "440524" + "D156000005" + "0" * 16
    fields, simulated = lines.social_security_card(
        bas(number=number, card_id=card_id, atr_history="00" * 13)
    )
    assert (fields["number"], simulated) == (number, False)


@given(
    sex=st.sampled_from(
        ["1" if PERSON.sex == "male" else "2", "男" if PERSON.sex == "male" else "女"]
    ),
    nation=st.sampled_from([*NATIONS, *NATIONS.values(), *(f"{n}族" for n in NATIONS.values())]),
    form=st.sampled_from(["%Y%m%d", "%Y-%m-%d", "%Y.%m.%d", "%Y/%m/%d", "%Y年%m月%d日"]),
)
def test_sex_people_and_dates_are_taken_in_every_form_in_use(
    sex: str, nation: str, form: str
) -> None:
    said = sfz(
        sex=sex,
        nation=nation,
        birth=PERSON.birth.strftime(form),
        valid_from=date(2020, 1, 1).strftime(form),
        valid_to=date(2040, 1, 1).strftime(form),
    )
    kind, fields, simulated = lines.resident_id(said)
    assert (kind, simulated) == ("resident_id", True)
    plain = nation if nation in NATIONS else nation.removesuffix("族")
    code = plain if plain in NATIONS else {v: k for k, v in NATIONS.items()}[plain]
    assert fields == PERSON.fields() | {"nation": code, "valid_to": "2040-01-01"}


def test_what_a_line_lacks_follows_from_a_citizens_number() -> None:
    _, fields, _ = lines.resident_id(sfz(sex="", birth="", nation="", address=""))
    assert (fields["sex"], fields["birth"]) == (PERSON.sex, PERSON.birth.isoformat())
    assert not {"nation", "address"} & set(fields)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"name": ""}, "name_malformed"),
        ({"number": ""}, "number_invalid"),
        ({"sex": "3"}, "text_malformed"),
        ({"nation": "火星"}, "text_malformed"),
        ({"birth": "19000101"}, "inconsistent"),
        ({"birth": "soon"}, "text_malformed"),
        ({"valid_from": ""}, "text_malformed"),
        ({"valid_to": "20190101"}, "inconsistent"),
    ],
)
def test_an_identity_card_that_cannot_be_one_is_refused(
    change: Mapping[str, str], code: str
) -> None:
    with pytest.raises(Refused) as failure:
        lines.resident_id(sfz(**change))
    assert failure.value.code == f"resident_id.{code}"


@pytest.mark.parametrize("certificate", [Certificate.HK_MACAO_TAIWAN, Certificate.FOREIGNER_2017])
def test_which_card_it_was_is_known_by_its_number(certificate: Certificate) -> None:
    card = invented_id(3, certificate)
    number = card.number
    if certificate is Certificate.HK_MACAO_TAIWAN:
        number = "810000" + number[6:17]
        number += id_number.check_digit(number)
    kind, fields, _ = lines.resident_id(sfz(number=number, nation=""))
    assert kind == card.document_kind.value
    assert fields["layout"] == certificate


def test_a_foreigners_number_of_2023_needs_birth_and_sex_beside_it() -> None:
    first17 = "91112319900101001"
    number = first17 + id_number.check_digit(first17)
    kind, fields, simulated = lines.resident_id(sfz(number=number))
    assert (kind, fields["layout"], simulated) == ("permit", "foreigner_2023", False)
    with pytest.raises(Refused):
        lines.resident_id(sfz(number=number, sex=""))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("output", [b"\xff\xff|", "张\x07三|".encode("gb18030")])
def test_a_line_that_is_no_text_is_refused(kind: str, output: bytes) -> None:
    with pytest.raises(Refused) as failure:
        items(kind, output)
    assert failure.value.code.endswith("_malformed")


@given(st.sampled_from(KINDS), st.binary(max_size=200) | st.text(max_size=99).map(str.encode))
def test_any_bytes_are_a_line_or_refused(kind: str, output: bytes) -> None:
    try:
        given_items = items(kind, output, "utf-8")
    except Refused as error:
        assert re.fullmatch(rf"{kind}\.(record|text)_malformed", error.code)  # noqa: PT017
        return
    assert all(given_items.values())


text = st.sampled_from(
    ["", "9" * 18, PERSON.number, "男", "20200230", "20200101", "XXX990101010100"]
)


@given(st.sampled_from(KINDS), st.data())
def test_any_items_are_a_card_or_refused(kind: str, data: st.DataObject) -> None:
    names = st.sampled_from([*lines.PLACES[kind]])
    said = (bas() if kind == "social_security_card" else sfz()) | data.draw(
        st.dictionaries(names, text | st.text(max_size=20), max_size=4)
    )
    said = {name: value for name, value in said.items() if value}
    try:
        if kind == "resident_id":
            fields = lines.resident_id(said)[1]
        else:
            fields = lines.social_security_card(said)[0]
    except Refused as error:
        assert error.code.startswith(f"{kind}.")  # noqa: PT017
        return
    assert {"name", "number", "birth", "sex"} <= set(fields)
