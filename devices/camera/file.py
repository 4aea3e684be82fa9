"""A video or a still picture in place of a camera. Its frames are stamped `simulated`."""

import threading
from pathlib import Path

import cv2
import numpy as np

from .base import CameraUnreadable, Image
from .paced import PacedCamera

_PICTURES = frozenset({".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"})
_STILL_FPS = 15.0
_FPS_RANGE = (1.0, 120.0)


class StillCamera(PacedCamera):
    """One picture, again and again, 15 times a second."""

    name = "still"

    def __init__(self, path: Path) -> None:
        """Raises `CameraUnreadable`."""
        super().__init__(_STILL_FPS)
        try:
            image = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR)
        except (OSError, cv2.error) as error:
            raise CameraUnreadable from error
        if image is None:
            raise CameraUnreadable
        self._image = np.asarray(image, np.uint8)

    def _make(self, skipped: int) -> Image | None:  # noqa: ARG002  every frame is the same
        return self._image.copy()


class VideoCamera(PacedCamera):
    """A video at its own rate, from the beginning again when it ends."""

    name = "video"

    def __init__(self, path: Path) -> None:
        """Raises `CameraUnreadable`."""
        self._path = str(path)
        self._using = threading.Lock()
        self._capture = cv2.VideoCapture(self._path)
        if not self._capture.isOpened() or not self._capture.grab():
            raise CameraUnreadable
        self._rewind()
        super().__init__(_sane(self._capture.get(cv2.CAP_PROP_FPS)))

    def close(self) -> None:
        """No more frames, and the file is given back."""
        super().close()
        with self._using:
            self._capture.release()

    def _make(self, skipped: int) -> Image | None:
        with self._using:
            return None if self._closed.is_set() else self._after(skipped)

    def _after(self, skipped: int) -> Image | None:
        for _ in range(min(skipped, round(1 / self._period))):  # not more than a second's worth
            if not self._capture.grab():
                self._rewind()
        for _ in range(2):
            ok, image = self._capture.read()
            if ok:
                return np.asarray(image, np.uint8)
            self._rewind()
        return None

    def _rewind(self) -> None:
        # Not every container can seek; every one can be opened again.
        self._capture.release()
        self._capture.open(self._path)


def open_file(path: Path) -> PacedCamera:
    """A still picture by its suffix, else a video. Raises `CameraUnreadable`."""
    return StillCamera(path) if path.suffix.lower() in _PICTURES else VideoCamera(path)


def _sane(fps: float) -> float:
    low, high = _FPS_RANGE
    return fps if low <= fps <= high else _STILL_FPS
