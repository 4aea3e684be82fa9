"""What a card's reading becomes on the terminal."""

from datetime import UTC, date, datetime

import pytest
import time_machine

from devices.base import Reading
from devices.errors import MESSAGES
from kiosk.claims import build_evidence, reading_from
from kiosk.reading import is_minor, trouble
from tests.kiosk.people import READING
from web import catalogue


def reading(birth: str) -> Reading:
    fields = {"name": "张三", "number": "990101", "birth": birth, "address": "某地", "nation": "01"}
    return Reading("resident_id", fields, "sam:1", datetime.now(UTC), True, True)


@pytest.mark.parametrize(
    ("birth", "minor"),
    [
        ("2012-03-02", False),
        ("2012-03-03", True),
        ("2020-01-01", True),
        ("1950-06-01", False),
        ("2012-02-29", False),
        ("", True),
        ("no date", True),
    ],
)
def test_under_fourteen_is_a_child_and_so_is_who_has_no_age(birth: str, minor: bool) -> None:
    assert is_minor(reading(birth), date(2026, 3, 2)) is minor


@time_machine.travel(datetime(2026, 3, 1, 17, 0, tzinfo=UTC))
def test_a_birthday_begins_at_midnight_in_china() -> None:
    assert not is_minor(reading("2012-03-02"))


def test_only_what_identity_needs_leaves_the_terminal() -> None:
    assert set(reading_from(reading("1950-06-01")).fields) == {"name", "number", "birth"}


def test_typed_digits_count_only_without_a_card() -> None:
    with_card = build_evidence(READING, "1234", None)
    assert with_card.narrowing is None
    alone = build_evidence(None, "1234", None)
    assert alone.narrowing is not None


@pytest.mark.parametrize("code", sorted(MESSAGES))
def test_every_device_code_has_a_sentence_on_the_screen(code: str) -> None:
    for language in ("zh", "en"):
        assert f"trouble.{trouble(code)}" in catalogue(language)
