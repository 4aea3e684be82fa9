import pytest
from hypothesis import given
from hypothesis import strategies as st

from codes.errors import InvalidCode
from codes.qr import MAX_PATTERN_TEXT, QrKind, QrPatterns, classify
from codes.regions import PROVINCES

UNIQUE = "12345678901234567" + "89"
WRISTBANDS = QrPatterns(hospital_number=(r"ZY[0-9]{8}", r"HN\|(?P<number>[0-9]{6})\|[0-9]"))


@pytest.mark.parametrize("province", PROVINCES)
def test_28_digits_with_the_platforms_mark_and_a_province_are_an_insurance_code(
    province: str,
) -> None:
    code = classify(f"424{UNIQUE}{province}0000")
    assert (code.kind, code.province, code.invented) == (QrKind.NHSA_QR, province, False)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (f"ano{UNIQUE}130000", QrKind.FACE_AUTHORISATION),
        (f"opc{UNIQUE}130000", QrKind.MINI_PROGRAM),
        ("E1D1" * 16 + ":1", QrKind.HEALTH_CARD),
        ("e1d1" * 16 + ":0", QrKind.HEALTH_CARD),
        (f"424{UNIQUE}830000", QrKind.OPAQUE),
        (f"425{UNIQUE}130000", QrKind.OPAQUE),
        (f"ANO{UNIQUE}130000", QrKind.OPAQUE),
        (f"424{UNIQUE}13000", QrKind.OPAQUE),
        (f"424{UNIQUE}130000\n", QrKind.OPAQUE),
        (f" 424{UNIQUE}130000", QrKind.OPAQUE),
        (f"424{UNIQUE}13０000", QrKind.OPAQUE),
        (f"shualian:receipt:H99010100001:{'A' * 22}", QrKind.RECEIPT),
        (f"shualian:receipt:H99010100001:{'A' * 21}", QrKind.OPAQUE),
        ("E1D1" * 16, QrKind.OPAQUE),
        ("E1D1" * 16 + ":12", QrKind.OPAQUE),
        ("https://example.invalid/?c=1", QrKind.OPAQUE),
        ("", QrKind.OPAQUE),
    ],
)
def test_other_shapes_have_their_kind_and_the_rest_is_opaque(text: str, kind: QrKind) -> None:
    assert classify(text).kind is kind


def test_a_code_of_province_99_is_invented() -> None:
    code = classify(f"424{UNIQUE}990000")
    assert (code.kind, code.province, code.invented) == (QrKind.NHSA_QR, "99", True)


def test_a_platforms_further_province_is_taken_where_the_hospital_names_it() -> None:
    text = f"424{UNIQUE}660000"
    assert classify(text).kind is QrKind.OPAQUE
    patterns = QrPatterns(further_provinces=frozenset({"66"}))
    assert classify(text, patterns).kind is QrKind.NHSA_QR


def test_a_hospitals_patterns_tell_its_numbers() -> None:
    whole, part = classify("ZY12345678", WRISTBANDS), classify("HN|123456|7", WRISTBANDS)
    assert (whole.kind, whole.number) == (QrKind.HOSPITAL_NUMBER, "ZY12345678")
    assert (part.kind, part.number) == (QrKind.HOSPITAL_NUMBER, "123456")
    assert classify("xZY12345678", WRISTBANDS).kind is QrKind.OPAQUE


def test_an_electronic_social_card_is_known_only_by_the_hospitals_pattern() -> None:
    assert classify("SSC.abc").kind is QrKind.OPAQUE
    patterns = QrPatterns(e_social_card=(r"SSC\..*",))
    assert classify("SSC.abc", patterns).kind is QrKind.E_SOCIAL_CARD


def test_no_pattern_takes_an_insurance_code_for_its_own() -> None:
    greedy = QrPatterns(hospital_number=(r".*",))
    assert classify(f"424{UNIQUE}130000", greedy).kind is QrKind.NHSA_QR
    assert classify("x" * MAX_PATTERN_TEXT, greedy).kind is QrKind.HOSPITAL_NUMBER
    assert classify("x" * (MAX_PATTERN_TEXT + 1), greedy).kind is QrKind.OPAQUE


def test_a_pattern_that_is_none_is_refused_when_it_is_set() -> None:
    with pytest.raises(InvalidCode):
        QrPatterns(hospital_number=("(",))
    with pytest.raises(InvalidCode) as refused:
        QrPatterns(e_social_card=("(",))
    assert refused.value.code == "qr_pattern.malformed"


def test_neither_text_nor_number_shows_in_the_repr() -> None:
    assert UNIQUE not in repr(classify(f"424{UNIQUE}130000"))
    assert "12345678" not in repr(classify("ZY12345678", WRISTBANDS))


@given(st.text())
def test_any_text_has_a_kind(text: str) -> None:
    assert classify(text, WRISTBANDS).kind in QrKind
