"""What a camera is: frames, one after another, or a typed error when none comes."""

import time
from abc import abstractmethod
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from devices.closing import Closing
from devices.errors import DeviceError

Image = NDArray[np.uint8]
"""H x W x 3, BGR."""

_BLACK_MEAN, _BLACK_SPREAD = 16.0, 8.0
"""16 is black in video range; a covered sensor adds noise to it, and no picture."""


class CameraDead(DeviceError):
    """No frame came in time: unplugged, switched off, or the stream ended."""

    default_code = "camera.dead"


class CameraBlack(DeviceError):
    """Frames came and each was black: a covered lens, a closed shutter, no light."""

    default_code = "camera.black"


class CameraUnreadable(DeviceError):
    """A file that is no video and no picture."""

    default_code = "camera.unreadable"


@dataclass(frozen=True)
class Frame:
    """One picture."""

    image: Image = field(repr=False)
    """uint8, H x W x 3, BGR; the receiver's own."""
    taken_at: datetime
    """Aware, UTC."""
    camera: str
    """Which camera, at most 64 characters; no file names and no addresses."""
    simulated: bool
    """Whether the picture is not of what stands before a lens now: drawn, or played from a file."""


class Camera(Closing):
    """A source of frames. `read` is called by one thread at a time, `close` by any."""

    name: str
    simulated: bool

    def read(self, timeout: float = 1.0) -> Frame:
        """The next frame that is not black, within `timeout` seconds.

        The newest one, where the source is faster than its reader. Raises `CameraDead`, or
        `CameraBlack` if only black frames came.
        """
        until = time.monotonic() + timeout
        black = False
        while (image := self._next(until)) is not None:
            if not is_black(image):
                return Frame(image, datetime.now(UTC), self.name, self.simulated)
            black = True
        raise CameraBlack if black else CameraDead

    @abstractmethod
    def close(self) -> None:
        """Give the camera back; a read that waits ends. Closing twice is allowed."""

    @abstractmethod
    def _next(self, until: float) -> Image | None:
        """The next picture, or None when `until` (monotonic) passes or the camera is closed."""


def is_black(image: Image) -> bool:
    """Whether a picture shows nothing: dark and even in every 8th row and column."""
    sample = image[::8, ::8]
    return bool(sample.mean() < _BLACK_MEAN and sample.std() < _BLACK_SPREAD)
