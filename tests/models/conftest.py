"""The default pack, fetched once into the cache, and the sample picture's faces."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from models.cache import pack_folder
from models.engine import FaceEngine, load_engine
from models.fetch import fetch
from models.types import Face, Image


@pytest.fixture(scope="session")
def pack() -> Path:
    """The folder of the default pack, fetched and prepared."""
    fetch()
    return pack_folder("opencv-zoo")


@pytest.fixture(scope="session")
def engine(pack: Path) -> FaceEngine:
    """The default pack on the providers that `auto` chooses."""
    assert pack.is_dir()
    return load_engine()


@pytest.fixture(scope="session")
def sample(sample_picture: Path) -> Image:
    """The sample picture, BGR."""
    return np.asarray(cv2.imread(str(sample_picture)), np.uint8)


@pytest.fixture(scope="session")
def sample_faces(engine: FaceEngine, sample: Image) -> list[Face]:
    """Its six faces."""
    return engine.detect(sample)
