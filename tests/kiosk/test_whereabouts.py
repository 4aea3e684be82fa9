"""A terminal's fix, from the receiver's bytes to the verifier's answer on place."""

import asyncio
import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from devices.gnss.fix import Position
from devices.gnss.simulator import GnssSimulator
from devices.gnss.virtual import Fault, moved
from devices.manager import DeviceConfig
from kiosk import whereabouts
from kiosk.whereabouts import good_fix, receiver_of, said
from verifier.place import Answer, Circle, Datum, MultiFence
from verifier.place.reasons import Reason
from verifier.practice.placing import Placed, Placing, place
from verifier.practice.sites import HospitalSite

HERE = Position(38.9, 104.5)
SITE = HospitalSite(
    institution="H99010100001",
    code="east",
    name="东院区",
    licence=None,
    datum=Datum.WGS84,
    latitude=HERE.latitude,
    longitude=HERE.longitude,
    fence=MultiFence((Circle(HERE.latitude, HERE.longitude, 300.0, Datum.WGS84, "东院区"),), "东"),
    networks=(),
)


def at_port(port: str) -> DeviceConfig:
    found = receiver_of(port, [])
    assert found is not None
    return found


def placed(at: Position, *, demo: bool = True) -> Placed:
    """What a verifier makes of a fixed terminal whose receiver stands there."""
    with GnssSimulator((at,), interval=0.3) as receiver:
        fix, why = good_fix(at_port(receiver.url), 6.0)
    assert fix is not None, why
    asked = Placing(SITE, True, "127.0.0.1", said(fix), None, b"s" * 32)
    return place(asked, datetime.now(UTC), demo=demo)


def test_a_fix_inside_the_fence_stands_beside_the_surveyed_terminal() -> None:
    answer = placed(HERE).answer
    assert (answer.answer, answer.alert) == (Answer.INSIDE, False)


def test_a_terminal_that_was_carried_away_is_outside_and_raises_an_alert() -> None:
    answer = placed(moved(HERE, 2000, 0)).answer
    assert (answer.answer, answer.alert) == (Answer.OUTSIDE, True)
    assert Reason.TERMINAL_MOVED in answer.reasons


def test_a_simulated_fix_counts_in_the_demo_alone() -> None:
    away = moved(HERE, 2000, 0)
    assert placed(away, demo=True).answer.alert
    answer = placed(away, demo=False).answer
    assert (answer.answer, answer.alert) == (Answer.INSIDE, False)
    assert any("simulated" in str(reason) for reason in answer.reasons)


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (Fault.FEW_SATELLITES, "gnss.few_satellites"),
        (Fault.HIGH_HDOP, "gnss.poor_geometry"),
        (Fault.WEEK_ROLLOVER, "gnss.week_rollover"),
        (Fault.NO_FIX, "gnss.no_fix"),
    ],
)
def test_a_doubtful_fix_is_left_out_with_its_reason(fault: Fault, why: str) -> None:
    receiver = GnssSimulator((HERE,), interval=0.3)
    receiver.inject(fault, None)
    with receiver:
        fix, reason = good_fix(at_port(receiver.url), 2.0)
    assert (fix, reason) == (None, why)


def test_a_port_that_is_not_there_is_no_error() -> None:
    fix, why = good_fix(at_port("/dev/nothing"), 1.0)
    assert fix is None
    assert why


def test_the_receiver_is_the_one_of_the_settings_else_of_the_list_else_none() -> None:
    listed = [DeviceConfig("roof", "gnss", "/dev/roof", {"baudrate": 4800})]
    assert receiver_of(None, []) is None
    assert receiver_of(None, listed) == listed[0]
    named = receiver_of("/dev/own", listed)
    assert named is not None
    assert named.port == "/dev/own"


def test_a_fix_that_claims_to_be_exact_is_left_out_and_stops_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with GnssSimulator((HERE,), interval=0.3) as receiver:
        fix, _ = good_fix(at_port(receiver.url), 6.0)
    assert fix is not None
    exact = replace(fix, accuracy_m=0.0)
    monkeypatch.setattr(whereabouts, "good_fix", lambda *_: (exact, ""))
    here = whereabouts.Whereabouts(at_port("/dev/any"))
    assert asyncio.run(here.now()) is None
    assert here.health == (whereabouts.WARNING,)


def test_a_receiver_that_hangs_keeps_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whereabouts, "OPEN_SECONDS", 0.1)
    monkeypatch.setattr(whereabouts, "good_fix", lambda *_: time.sleep(1.0) or (None, ""))
    here = whereabouts.Whereabouts(at_port("/dev/any"), seconds=0.1)

    async def waited() -> float:
        began = time.monotonic()
        assert await here.now() is None
        return time.monotonic() - began

    assert asyncio.run(waited()) < 0.9
    assert here.missed == 1
