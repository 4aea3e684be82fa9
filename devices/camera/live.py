"""A real camera, by number or by URL: the newest frame, and reconnection when it goes away."""

import logging
import os
import threading
import time

import cv2
import numpy as np

from .base import Camera, Image

_log = logging.getLogger(__name__)
_REOPEN_AFTER = 1.0
_STALL_MS = 3_000
"""How long OpenCV may wait for a stream to open or to give a frame, in milliseconds."""


class LiveCamera(Camera):
    """Reads in a thread of its own, so that a slow reader gets the newest frame and not the oldest.

    Loss and recovery are logged once each; between them the camera is opened again every second.
    """

    simulated = False

    def __init__(self, source: int | str, name: str, size: tuple[int, int] = (1280, 720)) -> None:
        """Start reading; opening may take its time.

        `source` is a camera's number or device file, or a URL that FFmpeg opens; `size` the width
        and height to ask a camera for.
        """
        self.name = name
        self._source, self._size = source, size
        self._newest: Image | None = None
        self._fresh = threading.Condition()
        self._stopping = threading.Event()
        self._lost = False
        _quieten()
        self._thread = threading.Thread(target=self._run, name=f"camera-{name}", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop the thread. One that hangs in a driver is left behind; it ends with the process."""
        self._stopping.set()
        with self._fresh:
            self._fresh.notify_all()
        self._thread.join(timeout=2.0)

    def _next(self, until: float) -> Image | None:
        def fresh_or_closed() -> bool:
            return self._newest is not None or self._stopping.is_set()

        with self._fresh:
            self._fresh.wait_for(fresh_or_closed, max(0.0, until - time.monotonic()))
            image, self._newest = self._newest, None
            return image

    def _run(self) -> None:
        while not self._stopping.is_set():
            capture = self._open()
            while not self._stopping.is_set():
                ok, image = capture.read()
                if not ok:
                    break
                self._publish(np.asarray(image, np.uint8))
            capture.release()
            self._note_loss()
            self._stopping.wait(_REOPEN_AFTER)

    def _open(self) -> cv2.VideoCapture:
        if isinstance(self._source, str) and "://" in self._source:
            stalls = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, _STALL_MS]
            stalls += [cv2.CAP_PROP_READ_TIMEOUT_MSEC, _STALL_MS]
            return cv2.VideoCapture(self._source, cv2.CAP_FFMPEG, stalls)
        capture = cv2.VideoCapture(self._source)
        # Over USB 2, cameras give 720p at full rate only as Motion JPEG.
        capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, self._size[0])
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, self._size[1])
        capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        return capture

    def _publish(self, image: Image) -> None:
        if self._lost:
            self._lost = False
            _log.info("camera %s gives pictures again", self.name)
        with self._fresh:
            self._newest = image
            self._fresh.notify()

    def _note_loss(self) -> None:
        if not self._lost and not self._stopping.is_set():
            self._lost = True
            _log.warning("camera %s gives no pictures; trying again", self.name)


def _quieten() -> None:
    """Keep OpenCV and FFmpeg from writing a line, with the address in it, for every new try."""
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)
