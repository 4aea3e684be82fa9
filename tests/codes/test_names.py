import pytest
from hypothesis import given
from hypothesis import strategies as st

from codes.names import masked, normalise


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("张三", "张*"),
        ("张三丰", "张**"),
        ("欧阳娜娜", "欧阳**"),
        ("司马光", "司马*"),
        ("欧阳", "欧*"),
        ("爱新觉罗启星", "爱新觉罗**"),
        ("阿卜杜拉•买买提", "阿***·***"),
        ("𠮷野家", "𠮷**"),
        ("JOHN SMITH", "J*** *****"),
        ("Anne-Marie O'Neil", "A***-***** *'****"),
        ("张", "*"),
        (" 张三 ", "张*"),
        ("", ""),
    ],
)
def test_a_masked_name_shows_the_surname_only(name: str, shown: str) -> None:
    assert masked(name) == shown


@given(st.text(max_size=40))
def test_a_masked_name_shows_at_most_four_of_its_characters(name: str) -> None:
    assert sum(c not in "* ·-'" for c in masked(name)) <= 4


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("阿卜杜拉·买买提", "阿卜杜拉•买买提"),
        ("阿卜杜拉·买买提", "阿卜杜拉．买买提"),
        ("阿卜杜拉·买买提", "阿卜杜拉 ・ 买买提"),
        ("阿卜杜拉·买买提", "阿卜杜拉.买买提"),
        ("张 三", "张三"),
        ("张\u3000三", "张三"),
        ("张三\u200b", "张三"),
        ("张三\x00", "张三"),
        ("ＪＯＨＮ　ＳＭＩＴＨ", "John  Smith"),
        ("José", "Jose\u0301"),
        ("\uf900", "豈"),
    ],
)
def test_two_spellings_of_one_name_compare_equal(one: str, other: str) -> None:
    assert normalise(one) == normalise(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("张三", "张山"), ("John Smith", "Johns Mith"), ("㛃", "洁"), ("\ue000", "\ue001")],
)
def test_two_names_stay_two(one: str, other: str) -> None:
    assert normalise(one) != normalise(other)


@given(st.text(max_size=40))
def test_normalising_twice_changes_nothing(name: str) -> None:
    assert normalise(normalise(name)) == normalise(name)


@given(st.text(alphabet=" ·.．•\u0308a\u1e9a\u00a8\u037a張\u200d\u0130ß", max_size=12))
def test_normalising_twice_changes_nothing_even_where_folding_makes_spaces(name: str) -> None:
    assert normalise(normalise(name)) == normalise(name)
