"""Cameras that make their frames themselves, at a steady rate."""

import threading
import time
from abc import abstractmethod

from .base import Camera, Image


class PacedCamera(Camera):
    """Gives a frame every `1 / fps` seconds. A slow reader misses frames, as with a real camera."""

    simulated = True

    def __init__(self, fps: float) -> None:
        self._period = 1 / fps
        self._due = time.monotonic()
        self._closed = threading.Event()

    def close(self) -> None:
        """No more frames."""
        self._closed.set()

    @abstractmethod
    def _make(self, skipped: int) -> Image | None:
        """The frame that is due now, `skipped` frames after the last one; None if there is none."""

    def _next(self, until: float) -> Image | None:
        late = time.monotonic() - self._due
        skipped = max(0, int(late / self._period))
        self._due += skipped * self._period
        if not self._sleep_until(min(self._due, until)) or self._due > until:
            return None
        self._due += self._period
        image = self._make(skipped)
        if image is None:
            self._sleep_until(until)
        return image

    def _sleep_until(self, moment: float) -> bool:
        """Whether the camera is still open then."""
        return not self._closed.wait(max(0.0, moment - time.monotonic()))
