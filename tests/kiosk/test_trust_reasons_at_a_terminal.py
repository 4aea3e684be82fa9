"""The same reasons at a terminal: a simulated receiver's bytes, through the terminal's own look at
them, to a real verifier's check-in.
"""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from devices.gnss.fix import Position
from devices.gnss.simulator import GnssSimulator
from devices.gnss.virtual import moved
from kiosk.whereabouts import Whereabouts, receiver_of
from tests.verifier.fixtures import database, gallery, institution, keyring
from tests.verifier.practice.clinic import EAST
from tests.verifier.serving.physicians import Clinic, clinic
from verifier.place.reasons import Reason
from verifier.protocol.practice import Outcome, Part, SaidPosition

__all__ = ["clinic", "database", "gallery", "institution", "keyring"]

HERE = Position(*EAST)
PROVED_BY_THE_TERMINAL = "proof = 'surveyed_terminal' AND state = 'confirmed'"


def fix(at: Position) -> SaidPosition:
    """What a terminal with this receiver sends."""
    with GnssSimulator((at,), interval=0.3) as receiver:
        found = asyncio.run(Whereabouts(receiver_of(receiver.url, [])).now())
    assert found is not None
    assert found.simulated
    return found


def check_in(clinic: Clinic, position: SaidPosition | None) -> Any:
    clinic.on_shift()
    return clinic.check(clinic.east, position=position)


def test_inside_nothing_is_said_against_it(clinic: Clinic) -> None:
    answer = check_in(clinic, fix(HERE))
    assert (answer.outcome, answer.place, answer.reasons) == (Outcome.CONFIRMED, Part.PROVED, [])
    assert clinic.hospital.count("practice_windows", PROVED_BY_THE_TERMINAL) == 1


def test_outside_the_terminal_was_carried_away_and_that_is_told(clinic: Clinic) -> None:
    answer = check_in(clinic, fix(moved(HERE, 2000, 0)))
    assert (answer.outcome, answer.place) == (Outcome.RETRY, Part.REFUTED)
    assert Reason.TERMINAL_MOVED in answer.reasons
    assert clinic.hospital.count("practice_windows") == 0
    assert clinic.hospital.count("ledger", "kind = 'terminal.moved'") == 1


def test_at_the_edge_the_survey_says_where_the_terminal_is(clinic: Clinic) -> None:
    answer = check_in(clinic, fix(moved(HERE, 299, 0)))
    assert (answer.outcome, answer.place) == (Outcome.CONFIRMED, Part.PROVED)
    assert Reason.AT_THE_EDGE in answer.reasons


@pytest.mark.parametrize(
    ("reason", "change"),
    [
        (Reason.STALE, lambda p: {"at": p.at - timedelta(minutes=5)}),
        (Reason.FUTURE, lambda p: {"at": p.at + timedelta(minutes=5)}),
        (Reason.TOO_COARSE, lambda _: {"accuracy_m": 900.0}),
        (Reason.IMPOSSIBLY_GOOD, lambda _: {"accuracy_m": 0.001}),
    ],
)
def test_a_doubtful_fix_counts_neither_for_nor_against(
    clinic: Clinic, reason: Reason, change: Any
) -> None:
    said = fix(moved(HERE, 2000, 0))
    answer = check_in(clinic, said.model_copy(update=change(said)))
    assert reason in answer.reasons
    assert answer.outcome is Outcome.CONFIRMED, "the survey stands"
    assert clinic.hospital.count("ledger", "kind = 'terminal.moved'") == 0


def test_the_very_same_degrees_again_are_a_recording(clinic: Clinic) -> None:
    first = fix(HERE)
    check_in(clinic, first)
    clinic.check(clinic.east, "out")
    again = clinic.check(clinic.east, position=first)
    assert Reason.REPEATED in again.reasons


def test_sooner_than_anybody_travels_is_said(clinic: Clinic) -> None:
    check_in(clinic, fix(HERE))
    clinic.check(clinic.east, "out")
    answer = clinic.check(clinic.east, position=fix(moved(HERE, 200_000, 0)))
    assert {Reason.TOO_FAST, Reason.TERMINAL_MOVED} <= set(answer.reasons)
