"""The default pack and the demo's six people."""

import pytest

from models.engine import FaceEngine, load_engine
from models.fetch import fetch
from shualian.demo import sample
from shualian.demo.sample import SamplePerson


@pytest.fixture(scope="session")
def engine() -> FaceEngine:
    """The default pack."""
    fetch()
    return load_engine()


@pytest.fixture(scope="session")
def people(engine: FaceEngine) -> tuple[SamplePerson, ...]:
    """The six of the sample picture, left to right."""
    return sample.load(engine)
