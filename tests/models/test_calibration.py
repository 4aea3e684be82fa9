"""Calibrations: thresholds, floors, tails."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.calibration import Calibration, CalibrationInvalid, PolicyBelowFloor, floor_of, path_of
from models.engine import FaceEngine

PAIRS = 30_000


def fields(**changes: Any) -> dict[str, Any]:
    points = [(1.0, -0.3), (0.1, 0.15), (1e-2, 0.26), (1e-3, 0.33), (3 / PAIRS, 0.39)]
    return {
        "name": "test/people",
        "pack": "test",
        "pack_digest": "d" * 43,
        "data": {
            "name": "people",
            "people": 246,
            "pictures": 500,
            "impostor_pairs": PAIRS,
            "genuine_pairs": 300,
            "protocol": "made for a test",
        },
        "floor": 3 / PAIRS,
        "interval": "none",
        "points": [{"fmr": f, "cosine": c, "low": f / 2, "high": min(1, 2 * f)} for f, c in points],
        "tail": {"above": 0.33, "rate": 1e-3, "scale": 0.03, "description": "exponential"},
    } | changes


def made(**changes: Any) -> Calibration:
    return Calibration.parse(json.dumps(fields(**changes)))


RATES = st.floats(3 / PAIRS, 1.0)


def test_a_measured_rate_gives_its_measured_threshold() -> None:
    threshold = made().threshold(1e-3)
    assert threshold.cosine == pytest.approx(0.33)
    assert threshold.fmr == 1e-3
    assert not threshold.extrapolated


@given(RATES, RATES)
def test_a_lower_rate_never_has_a_lower_threshold(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert made().threshold(low).cosine >= made().threshold(high).cosine


@given(RATES)
def test_the_rate_of_a_threshold_is_the_rate_that_it_was_asked_for(fmr: float) -> None:
    calibration = made()
    assert calibration.fmr_at(calibration.threshold(fmr).cosine) == pytest.approx(fmr, rel=1e-6)


def test_a_policy_under_the_floor_is_refused_with_a_stable_code() -> None:
    with pytest.raises(PolicyBelowFloor) as refusal:
        made().threshold(1e-5)
    assert refusal.value.code == "calibration.below_floor"
    assert refusal.value.floor == 3 / PAIRS


@given(st.floats(3 / PAIRS / 100, 3 / PAIRS, exclude_max=True))
def test_the_tail_fit_meets_a_rate_under_the_floor_and_says_so(fmr: float) -> None:
    threshold = made().threshold(fmr, allow_tail=True)
    assert threshold.extrapolated
    assert threshold.cosine >= made().threshold(3 / PAIRS).cosine


def test_not_even_the_tail_fit_promises_a_rate_a_hundred_times_under_the_floor() -> None:
    with pytest.raises(PolicyBelowFloor):
        made().threshold(3 / PAIRS / 101, allow_tail=True)


@given(st.floats(-1, 1))
def test_no_cosine_is_quoted_at_a_rate_under_the_floor(cosine: float) -> None:
    assert 3 / PAIRS <= made().fmr_at(cosine) <= 1


@given(st.floats(0.39, 1))
def test_with_its_tail_a_calibration_quotes_lower_rates_for_higher_cosines(cosine: float) -> None:
    calibration = made()
    rate = calibration.fmr_at(cosine, allow_tail=True)
    assert calibration.fmr_at(min(1, cosine + 0.01), allow_tail=True) <= rate <= calibration.floor


@pytest.mark.parametrize("rate", [0.0, -1.0, 1.5, math.nan])
def test_what_is_no_rate_is_no_threshold(rate: float) -> None:
    with pytest.raises(ValueError, match="no false match rate"):
        made().threshold(rate)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        json.dumps(fields(floor=1e-6)),
        json.dumps(fields(points=list(reversed(fields()["points"])))),
        json.dumps(fields(extra=1)),
    ],
    ids=["empty", "nothing", "a floor that its pairs cannot show", "points in disorder", "unknown"],
)
def test_a_calibration_that_contradicts_itself_is_refused(text: str) -> None:
    with pytest.raises(CalibrationInvalid) as refusal:
        Calibration.parse(text)
    assert refusal.value.code == "calibration.invalid"


def test_a_pack_without_a_calibration_has_none() -> None:
    assert Calibration.load("no-such-pack") is None


def test_the_default_pack_is_calibrated_on_named_data() -> None:
    calibration = Calibration.load("opencv-zoo")
    assert calibration is not None
    assert calibration.data.people >= 600
    pairs = calibration.data.people * (calibration.data.people - 1) // 2
    assert calibration.floor == floor_of(pairs)
    for point in calibration.points:
        assert point.low <= point.fmr * 1.01
        assert point.fmr <= point.high * 1.01


def test_the_default_packs_calibration_names_no_person() -> None:
    written = json.loads(path_of("opencv-zoo").read_text(encoding="utf-8"))
    assert set(written["data"]) == {
        "name",
        "people",
        "pictures",
        "impostor_pairs",
        "genuine_pairs",
        "protocol",
    }


def test_the_calibration_belongs_to_the_pack_that_runs(engine: FaceEngine) -> None:
    assert engine.calibration is not None
    assert engine.calibration.pack_digest == engine.pack.digest
