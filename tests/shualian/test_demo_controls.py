"""The hand that lays cards and moves people: real serial bytes, real frames."""

from collections.abc import Iterator

import pytest

from devices import resident_id
from devices.base import NoCard
from kiosk.demo import DemoControls
from models.engine import FaceEngine
from shualian.demo.controls import FRAME_SIZE, SimulatedDevices
from shualian.demo.sample import SamplePerson


@pytest.fixture
def devices(people: tuple[SamplePerson, ...]) -> Iterator[SimulatedDevices]:
    with SimulatedDevices(people, seed=3) as opened:
        yield opened


def test_a_laid_card_is_read_over_the_serial_line(
    devices: SimulatedDevices, people: tuple[SamplePerson, ...]
) -> None:
    devices.present("li")
    with resident_id.open(devices.reader.url) as reader:
        reading = reader.read(timeout=5)
    assert reading.fields["number"] == people[1].invented.number
    assert reading.authenticated
    assert reading.simulated


def test_a_card_that_was_taken_away_is_not_read(devices: SimulatedDevices) -> None:
    devices.present("li")
    devices.take_away()
    with resident_id.open(devices.reader.url) as reader, pytest.raises(NoCard):
        reader.read(timeout=0.5)


def test_the_card_of_nobody_lays_no_card(devices: SimulatedDevices) -> None:
    devices.present("nobody")
    with resident_id.open(devices.reader.url) as reader, pytest.raises(NoCard):
        reader.read(timeout=0.5)


def test_whoever_stands_there_is_seen_and_nobody_after_they_left(
    devices: SimulatedDevices, engine: FaceEngine
) -> None:
    with devices.open_camera() as camera:
        devices.stand("wang")
        frame = camera.read(2.0)
        assert frame.simulated
        assert len(engine.detect(frame.image)) == 1
        devices.stand(None)
        assert engine.detect(camera.read(2.0).image) == []


def test_the_camera_stays_open_for_the_next_who_looks(devices: SimulatedDevices) -> None:
    for _ in range(2):
        with devices.open_camera() as camera:
            assert camera.read(2.0).image.shape == (*FRAME_SIZE[::-1], 3)


def test_with_silhouettes_only_no_face_is_ever_shown(
    people: tuple[SamplePerson, ...], engine: FaceEngine
) -> None:
    with SimulatedDevices(people, only_silhouettes=True) as drawn:
        drawn.stand("wang")
        assert engine.detect(drawn.camera.read(2.0).image) == []


def test_the_bar_offers_everybody_and_says_who_is_enrolled(devices: SimulatedDevices) -> None:
    controls: DemoControls = devices
    offered = controls.people()
    assert [person.id for person in offered] == ["zhang", "li", "wang", "zhao", "chen", "zhou"]
    assert [person.id for person in offered if not person.enrolled] == ["chen"]
