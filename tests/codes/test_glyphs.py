import pytest
from hypothesis import given
from hypothesis import strategies as st

from codes.glyphs import BOX, drawable, in_font_of

GB2312, GBK = in_font_of("gb2312"), in_font_of("gbk")


def reading(character: str) -> str | None:
    return {"䶮": "yǎn", "喆": "zhé", "呒": "ḿ"}.get(character)


@pytest.mark.parametrize(
    ("name", "drawn"),
    [
        ("张三", "张三"),
        ("龚䶮", "龚□(yǎn)"),
        ("龚\ue863", "龚□(yǎn)"),
        ("陶喆", "陶□(zhé)"),
        ("䶮䶮", "□(yǎn)□(yǎn)"),
        ("陈\ue000", "陈□"),
        ("陈\U0002298f", "陈□"),
        ("Jose\u0301", "José"),
        ("张祀\ufe00", "张祀"),
        ("张\u200b三", "张三"),
        ("陈\ud840", "陈□"),
        ("买买提·阿卜杜拉", "买买提·阿卜杜拉"),
        ("", ""),
    ],
)
def test_what_has_no_glyph_is_a_box_with_its_reading(name: str, drawn: str) -> None:
    assert drawable(name, GB2312, reading) == drawn


def test_a_font_that_has_the_character_draws_it_from_its_private_code_too() -> None:
    assert drawable("龚\ue863", lambda _: True, reading) == "龚䶮"
    assert drawable("陶喆", GBK, reading) == "陶喆"


def test_a_reading_whose_accent_cannot_be_drawn_is_written_without_it() -> None:
    assert drawable("呒", lambda c: c != "呒" and GB2312(c), reading) == "□(m)"


@given(st.text(st.characters(), max_size=20))
def test_any_text_is_drawn_with_nothing_but_what_can_be_drawn(text: str) -> None:
    drawn = drawable(text, GB2312, lambda _: "yǎn")
    assert all(GB2312(character) for character in drawn)
    assert BOX not in drawable(text, lambda _: True, reading) or BOX in text


def test_gb_2312_has_the_box_itself() -> None:
    assert GB2312(BOX)
