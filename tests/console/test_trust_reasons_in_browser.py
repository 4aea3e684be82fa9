"""Each reason to doubt a phone's position, brought about in a real browser: what the verifier says
of it, which sentence the person reads, and that the site's code opens the way all the same.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest

from tests.verifier.practice.clinic import EAST, WEST
from tests.verifier.serving.hospital import Hospital
from verifier.place.datums import Datum, forward
from verifier.place.reasons import Reason

from .physician import STEP, Physician, a_physician

pytestmark = pytest.mark.browser

FAR = (EAST[0] + 1.0, EAST[1])
"""Some 110 km north."""


def on_both_edges() -> tuple[float, float]:
    """A point 300 m from the fence's middle, whichever of the two datums it is meant in."""
    shifted = forward(*EAST, Datum.WGS84, Datum.GCJ02)
    degree = (111_195.0, 111_195.0 * math.cos(math.radians(EAST[0])))
    north, east = ((shifted[axis] - EAST[axis]) * degree[axis] / 2 for axis in (0, 1))
    half = math.hypot(north, east)
    aside = math.sqrt(300.0**2 - half**2) / half
    return (
        EAST[0] + (north - east * aside) / degree[0],
        EAST[1] + (east + north * aside) / degree[1],
    )


SHIFTED = """(seconds) => {
  const real = Geolocation.prototype.getCurrentPosition;
  Geolocation.prototype.getCurrentPosition = function (done, ...rest) {
    const later = ({ coords, timestamp }) =>
      done({ coords, timestamp: timestamp + seconds * 1000 });
    real.call(this, later, ...rest);
  };
}"""
"""A browser whose fix was made that much later than it says; a person can do that too."""


@dataclass(frozen=True)
class Doubt:
    """A position, and what becomes of it."""

    point: tuple[float, float]
    reason: Reason
    sentence: str
    accuracy: float = 20.0
    seconds: int = 0


DOUBTS = {
    "of which datum nobody knows": Doubt(EAST, Reason.DATUM_UNKNOWN, "不能单独证明在院内"),
    "near the boundary": Doubt(on_both_edges(), Reason.AT_THE_EDGE, "不能单独证明在院内"),
    "and nothing beside it": Doubt(EAST, Reason.BROWSER_ALONE, "不能单独证明在院内"),
    "measured minutes ago": Doubt(EAST, Reason.STALE, "手机位置太旧", seconds=-180),
    "measured after now": Doubt(EAST, Reason.FUTURE, "还不能确认您在院内", seconds=60),
    "of a district": Doubt(EAST, Reason.TOO_COARSE, "手机位置不够准", accuracy=900.0),
    "of half a metre": Doubt(EAST, Reason.IMPOSSIBLY_GOOD, "还不能确认您在院内", accuracy=0.5),
}


@pytest.fixture
def physician(chromium: str, hospital: Hospital) -> Iterator[Physician]:
    """On shift, with a phone that is enrolled."""
    with a_physician(chromium, hospital) as made:
        made.on_shift()
        made.stand(None)
        made.enrol()
        yield made
        assert [each for each in made.screen.complaints if "status of 40" not in each] == []


def reasons(physician: Physician, code: str) -> list[str]:
    """Touch 签到; the codes with which the verifier answered."""
    with physician.page.expect_response(re.compile("/phone/check-ins$")) as answered:
        physician.enter(code)
    said: list[str] = answered.value.json()["reasons"]
    return said


@pytest.mark.parametrize("name", DOUBTS)
def test_a_doubtful_position_is_said_and_the_code_proves(physician: Physician, name: str) -> None:
    doubt = DOUBTS[name]
    physician.stand(doubt.point, doubt.accuracy)
    if doubt.seconds:
        physician.page.evaluate(SHIFTED, doubt.seconds)
    assert doubt.reason.value in reasons(physician, "")
    assert doubt.sentence in physician.told()
    assert physician.count() == 0
    reasons(physician, physician.code())
    assert "已签到" in physician.told()
    assert physician.count("proof = 'site_code'") == 1


def test_no_position_is_a_reason_of_its_own(physician: Physician) -> None:
    assert Reason.NO_POSITION.value in reasons(physician, "")
    assert "还不能确认您在院内" in physician.told()


def test_a_position_outside_beats_the_code(physician: Physician) -> None:
    physician.stand(WEST)
    assert Reason.CONTRADICTED.value in reasons(physician, physician.code())
    assert "手机位置明显在院区外" in physician.told()
    assert physician.count() == 0


def test_faster_than_anybody_travels_is_a_reason_and_no_way_round_the_fence(
    physician: Physician,
) -> None:
    physician.stand(EAST)
    physician.enter(physician.code())
    physician.press("签退")
    physician.later(STEP + timedelta(minutes=5))
    physician.stand(FAR)
    found = reasons(physician, physician.code())
    assert {Reason.TOO_FAST.value, Reason.CONTRADICTED.value} <= set(found)
    assert physician.count() == 1
