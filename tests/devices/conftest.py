"""A simulated reader with an invented person's card on it."""

from collections.abc import Iterator

import pytest

from devices.resident_id import ReaderSettings
from devices.resident_id.invented import invented_card
from devices.resident_id.layout import CardData
from devices.resident_id.simulator import ResidentIdSimulator

PATIENT = ReaderSettings(find_timeout=1.0, select_timeout=1.0, status_timeout=1.0)
"""For machines that do much else: no answer is late only because a core was busy."""


@pytest.fixture
def card() -> CardData:
    return invented_card(7)


@pytest.fixture
def simulator(card: CardData) -> Iterator[ResidentIdSimulator]:
    with ResidentIdSimulator(card, lateness=0.3) as simulator:
        yield simulator
