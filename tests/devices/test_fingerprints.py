"""Fingerprints are never asked for: no constant, no flow, no answer."""

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from enum import StrEnum
from pathlib import Path

import pytest
import serial

import devices
from devices import resident_id
from devices.base import DeviceError
from devices.resident_id import codec
from devices.resident_id.codec import Command, FrameBuffer, Reply
from devices.resident_id.driver import SamReader
from devices.resident_id.layout import CardData
from devices.resident_id.simulator import ResidentIdSimulator
from devices.resident_id.virtual import Fault, VirtualCard
from devices.simulation import LineFault

from .conftest import PATIENT

FINGERPRINTS = Command(0x30, 0x10)
EVERYTHING = replace(
    PATIENT,
    find_timeout=0.2,
    select_timeout=0.2,
    base_timeout=0.3,
    tries=2,
    appended_address=True,
    select_unfound=True,
)
WRITTEN = re.compile(r"(?i)30[\s_,]*(0x)?10(?![0-9])|0x30,\s*(0x10|16)\b|\b48,\s*(0x10|16)\b")


def test_no_source_of_this_package_writes_the_command_down() -> None:
    assert WRITTEN.search("Command(0x30, 0x10)")
    assert WRITTEN.search('fromhex("AAAAAA966900033010 23")')
    for source in Path(devices.__file__).parent.rglob("*.py"):
        assert not WRITTEN.search(source.read_text("utf-8")), source.name


def test_no_constant_of_the_codec_is_the_command() -> None:
    assert FINGERPRINTS not in vars(codec).values()


def test_a_simulator_that_is_asked_by_hand_does_not_know_the_command(
    simulator: ResidentIdSimulator,
) -> None:
    with serial.serial_for_url(simulator.url, 115_200, timeout=5) as port:
        port.write(FINGERPRINTS.encode())
        frames = FrameBuffer()
        frames.feed(port.read(11))
    assert FINGERPRINTS in simulator.heard
    answer = frames.pop()
    assert answer is not None
    assert Reply.decode(answer).sw3 == 0x21


FLOWS: list[Callable[[SamReader], object]] = [
    lambda reader: reader.read(1),
    lambda reader: reader.read_with_photo(1),
    lambda reader: reader.reset(),
    lambda reader: reader.check(),
]


@pytest.mark.parametrize("fault", [None, LineFault.SHORT, *Fault])
def test_no_flow_of_the_driver_asks_for_fingerprints(card: CardData, fault: StrEnum | None) -> None:
    lying = VirtualCard.of(card, appended_address="演示省虚构路3号")
    with ResidentIdSimulator() as simulator:
        with resident_id.open(simulator.url, settings=EVERYTHING) as reader:
            for flow in FLOWS:
                simulator.present(lying)
                if fault is not None:
                    simulator.inject(fault)
                with suppress(DeviceError):
                    flow(reader)
            simulator.clear()
            simulator.present(lying)
            assert "appended_address" in reader.read(5).fields
        heard = set(simulator.heard)
    assert codec.READ_BASE in heard
    assert {(one.code, one.parameter) for one in heard if one.code == 0x30} <= {
        (0x30, 0x01),
        (0x30, 0x03),
    }
