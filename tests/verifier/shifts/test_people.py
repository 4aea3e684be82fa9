"""Whom a row means."""

import pytest

from verifier.shifts import Directory, Physician
from verifier.shifts.people import Unrecognised

from .invented import CHEN, KNOWN, LIN, PEOPLE, PLACE, WU

NAMESAKES = Directory.of(
    (
        *PEOPLE,
        Physician("D990101000011", "陈甲", frozenset({"急诊科"}), "311"),
        Physician("D990101000012", "林乙", frozenset({PLACE.department}), "00000124"),
    )
)


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"code": CHEN}, CHEN),
        ({"code": f" {CHEN.lower()} "}, CHEN),
        ({"work_number": "00123"}, CHEN),
        ({"work_number": "123"}, CHEN),
        ({"work_number": "a0125"}, WU),
        ({"name": "陈 甲"}, CHEN),
        ({"code": LIN, "work_number": "124", "name": "林乙"}, LIN),
        ({"code": "", "work_number": "\u3000", "name": "吴丙"}, WU),
    ],
)
def test_somebody_is_found_by_code_number_or_name(cells: dict[str, str], code: str) -> None:
    assert KNOWN.find(cells, PLACE.department).code == code


@pytest.mark.parametrize(
    ("cells", "problem", "column"),
    [
        ({"code": "D990101999999"}, "roster.physician_unknown", "code"),
        ({"work_number": "999"}, "roster.physician_unknown", "work_number"),
        ({"name": "无此人"}, "roster.physician_unknown", "name"),
        ({"code": CHEN, "name": "无此人"}, "roster.physician_unknown", "name"),
        ({"code": CHEN, "name": "林乙"}, "roster.physician_mismatch", "name"),
        ({"code": CHEN, "work_number": "00124"}, "roster.physician_mismatch", "work_number"),
        ({"name": "林乙"}, "roster.physician_ambiguous", "name"),
        ({"work_number": "124"}, "roster.physician_ambiguous", "work_number"),
        ({}, "roster.physician_unknown", "code"),
    ],
)
def test_somebody_who_cannot_be_told_is_not_guessed(
    cells: dict[str, str], problem: str, column: str
) -> None:
    with pytest.raises(Unrecognised) as error:
        NAMESAKES.find(cells, PLACE.department)
    assert (error.value.code, error.value.column) == (problem, column)


def test_a_name_is_looked_for_in_its_department_only() -> None:
    assert NAMESAKES.find({"name": "陈甲"}, PLACE.department).code == CHEN
    assert NAMESAKES.find({"name": "陈甲"}, "急诊科").code == "D990101000011"
    with pytest.raises(Unrecognised):
        NAMESAKES.find({"name": "陈甲"}, "骨科")


def test_a_short_number_and_a_name_together_may_be_enough() -> None:
    directory = Directory.of((*PEOPLE, Physician("D990101000013", "郑丁", frozenset(), "0123")))
    assert directory.find({"work_number": "123", "name": "郑丁"}, "科").code == "D990101000013"
