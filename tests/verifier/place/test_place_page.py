"""docs/place.md says what the code does."""

from dataclasses import fields
from pathlib import Path

import pytest

import verifier.place
from verifier.place import CheckLimits, Proof, Reason

PAGE = (Path(__file__).parents[3] / "docs" / "place.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("word", [*Reason, *Proof])
def test_the_page_explains_every_reason_and_every_proof(word: str) -> None:
    assert f"`{word}`" in PAGE or word == Proof.NONE


def test_the_page_tells_the_limits_that_ship() -> None:
    limits = CheckLimits()
    told = {
        "max_age_s": f"over {limits.max_age_s:.0f} s ago",
        "max_ahead_s": f"over {limits.max_ahead_s:.0f} s after now",
        "max_accuracy_m": f"accuracy over {limits.max_accuracy_m:.0f} m",
        "least_gnss_m": f"under {limits.least_gnss_m * 100:.0f} cm from a receiver",
        "least_browser_m": f"under {limits.least_browser_m:.0f} m from a browser",
        "max_speed_kmh": f"over {limits.max_speed_kmh:.0f} km/h",
        "slack_m": f"accuracies and {limits.slack_m:.0f} m",
        "allow_simulated": "but at the demo hospital",
    }
    assert set(told) == {limit.name for limit in fields(limits)}
    assert [phrase for phrase in told.values() if phrase not in PAGE] == []


def test_every_public_name_of_the_package_is_there() -> None:
    assert all(hasattr(verifier.place, name) for name in verifier.place.__all__)
    assert list(verifier.place.__all__) == sorted(verifier.place.__all__)
