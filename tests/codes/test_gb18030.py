import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codes import gb18030
from codes.errors import InvalidCode
from codes.names import normalise

PRIVATE = range(0xE000, 0xF900)
MOVED_IN_2022 = {
    "A6D9": 0xFE10, "A6DA": 0xFE12, "A6DB": 0xFE11, "A6DC": 0xFE13, "A6DD": 0xFE14, "A6DE": 0xFE15,
    "A6DF": 0xFE16, "A6EC": 0xFE17, "A6ED": 0xFE18, "A6F3": 0xFE19, "FE59": 0x9FB4, "FE61": 0x9FB5,
    "FE66": 0x9FB6, "FE67": 0x9FB7, "FE6D": 0x9FB8, "FE7E": 0x9FB9, "FE90": 0x9FBA, "FEA0": 0x9FBB,
}  # fmt: skip


@pytest.mark.parametrize("code", [*MOVED_IN_2022, "A8BC"])
def test_two_bytes_that_were_private_are_the_assigned_character_and_four_are_the_private_one(
    code: str,
) -> None:
    two = bytes.fromhex(code)
    private = two.decode("gb18030")
    assigned = gb18030.decode(two)
    assert ord(private) in PRIVATE
    assert ord(assigned) == MOVED_IN_2022.get(code, 0x1E3F)
    assert gb18030.encode(assigned) == two
    assert gb18030.decode(assigned.encode("gb18030")) == private
    assert gb18030.assigned(private) == assigned


@pytest.mark.parametrize(
    ("code", "four", "point"),
    [
        ("FE51", "95329031", 0x20087),
        ("FE52", "95329033", 0x20089),
        ("FE53", "95329730", 0x200CC),
        ("FE6C", "9536B937", 0x215D7),
        ("FE76", "9630BA35", 0x2298F),
        ("FE91", "9635B630", 0x241FE),
    ],
)
def test_six_ideographs_have_two_codes_and_are_one_character_in_names(
    code: str, four: str, point: int
) -> None:
    private = gb18030.decode(bytes.fromhex(code))
    assert gb18030.encode(private) == bytes.fromhex(code)
    assert gb18030.decode(bytes.fromhex(four)) == chr(point)
    assert gb18030.assigned(private) == chr(point)


def test_what_left_the_private_area_with_the_edition_of_2000_is_all_that_its_codec_displaced() -> (
    None
):
    displaced = {point for point in range(0xE766, 0xE865) if len(chr(point).encode("gb18030")) == 4}
    assert len(displaced) == 81
    assert displaced <= set(gb18030.ASSIGNED)
    still_private = set(gb18030.ASSIGNED) - displaced
    assert len(still_private) == 18 + 1 + 6


def test_every_private_code_point_stands_for_a_character_of_its_own_that_is_not_private() -> None:
    targets = [chr(point) for point in gb18030.ASSIGNED.values()]
    assert len(set(targets)) == len(targets) == 106
    assert all(unicodedata.category(target) not in ("Co", "Cn") for target in targets)
    assert gb18030.assigned("\ue863") == "䶮"


@given(st.text())
def test_any_text_goes_out_and_comes_back(text: str) -> None:
    assert gb18030.decode(gb18030.encode(text)) == text


@given(st.text(st.characters(min_codepoint=0xE760, max_codepoint=0xE870)))
def test_private_characters_go_out_and_come_back(text: str) -> None:
    assert gb18030.decode(gb18030.encode(text)) == text


@given(st.binary())
def test_any_bytes_are_a_text_or_a_typed_error(data: bytes) -> None:
    try:
        text = gb18030.decode(data)
    except InvalidCode:
        return
    assert gb18030.encode(text) == data


@pytest.mark.parametrize("data", [b"\x80", b"\xff", b"\xd5", bytes.fromhex("84318236")[:3]])
def test_bytes_that_are_none_are_refused_without_showing_them(data: bytes) -> None:
    with pytest.raises(InvalidCode) as refused:
        gb18030.decode(data)
    assert refused.value.__suppress_context__
    assert refused.value.code == "gb18030.malformed"


def test_half_a_surrogate_pair_is_refused() -> None:
    with pytest.raises(InvalidCode) as refused:
        gb18030.encode("\ud840")
    assert refused.value.code == "gb18030.surrogate"


@given(st.text(st.characters(min_codepoint=0xE766, max_codepoint=0xE864)))
def test_a_name_written_with_private_characters_equals_the_same_name_as_assigned(name: str) -> None:
    assert normalise(name) == normalise(gb18030.assigned(name))
    assert normalise(normalise(name)) == normalise(name)


@given(st.sampled_from(sorted(set(PRIVATE) - set(gb18030.ASSIGNED))))
def test_private_characters_that_no_standard_explains_stay(point: int) -> None:
    assert normalise(chr(point)) == chr(point)


@given(st.text(st.characters(min_codepoint=0xE000, max_codepoint=0xF8FF)))
def test_a_name_of_an_older_edition_equals_itself_read_by_the_newer_one(name: str) -> None:
    assert normalise(gb18030.decode(name.encode("gb18030"))) == normalise(name)
