import pytest

from codes import nhsa
from codes.errors import InvalidCode
from codes.nations import NATIONS, name_of
from codes.nhsa import NhsaKind
from codes.regions import PROVINCES


def test_there_are_56_peoples_and_two_further_codes() -> None:
    assert len(NATIONS) == 58
    assert len(set(NATIONS.values())) == 58
    assert [name_of(c) for c in ("01", "03", "50", "56", "97")] == [
        "汉",
        "回",
        "塔塔尔",
        "基诺",
        "其他",
    ]
    assert name_of("57") is None


def test_there_are_34_provinces() -> None:
    assert len(PROVINCES) == 34


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("H99010100001", NhsaKind.INSTITUTION),
        ("P99010100001", NhsaKind.PHARMACY),
        ("D990101000001", NhsaKind.PHYSICIAN),
        ("N990101000001", NhsaKind.NURSE),
        ("HY990101000001", NhsaKind.PHARMACIST),
        ("HJ990101000001", NhsaKind.TECHNICIAN),
    ],
)
def test_a_code_tells_what_it_names(code: str, kind: NhsaKind) -> None:
    parsed = nhsa.parse(code)
    assert (parsed.kind, parsed.region) == (kind, "990101")
    assert parsed.code.endswith(parsed.region + parsed.sequence)
    assert nhsa.is_institution(code) is (kind is NhsaKind.INSTITUTION)


@pytest.mark.parametrize(
    "code",
    ["", "H9901010000", "H990101000011", "h99010100001", "HX990101000001", "D99010100000１"],
)
def test_a_malformed_code_is_refused(code: str) -> None:
    with pytest.raises(InvalidCode) as refused:
        nhsa.parse(code)
    assert refused.value.code == "nhsa_code.malformed"
