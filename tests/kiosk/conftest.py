"""Real models, a person made of the sample picture, a terminal's settings."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import structlog

from devices.camera.simulated import Portrait
from kiosk.settings import KioskSettings
from models.engine import FaceEngine, load_engine
from models.fetch import fetch


@pytest.fixture(autouse=True)
def _plain_logs() -> None:
    """No test writes to the log of a command that another test ran in this process."""
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def engine() -> FaceEngine:
    """The default pack."""
    fetch()
    return load_engine()


@pytest.fixture(scope="session")
def portrait(engine: FaceEngine, sample_picture: Path) -> Portrait:
    """One of the sample's people, cut out by an oval and enlarged, as a camera would see them."""
    image = np.asarray(cv2.imread(str(sample_picture)), np.uint8)
    x, y, w, h = max(engine.detect(image), key=lambda face: face.area).box
    left, top = max(0, round(x - 0.35 * w)), max(0, round(y - 0.4 * h))
    cut = image[top : round(y + 1.3 * h), left : round(x + 1.35 * w)]
    scale = 200 / h
    cut = cv2.resize(cut, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    mask = np.zeros(cut.shape[:2], np.float32)
    centre = (mask.shape[1] // 2, mask.shape[0] // 2)
    cv2.ellipse(mask, centre, (int(centre[0] * 0.92), int(centre[1] * 0.96)), 0, 0, 360, 1.0, -1)
    return Portrait(np.asarray(cut, np.uint8), cv2.GaussianBlur(mask, (0, 0), 3), 200.0)


@pytest.fixture
def settings(tmp_path: Path) -> KioskSettings:
    """A terminal that is quick, and lets people identify without a card."""
    return KioskSettings(
        data=tmp_path, identify=True, good_frames=3, face_timeout=4.0, frames_per_second=20.0
    )
