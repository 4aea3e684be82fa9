"""The camera's worker: open, look, select, capture. Runs in a thread of its own while the state is
`face`.
"""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from threading import Event as Stop

from devices.base import DeviceError
from devices.camera import Camera, CameraBlack, Frame
from models.engine import FaceEngine
from models.types import Observation

from . import events as e
from .capture import Selector, Shot, make_capture
from .preview import draw
from .settings import KioskSettings

OpenCamera = Callable[[], AbstractContextManager[Camera]]

FRAME_SECONDS = 2.0
"""A camera that gives nothing for so long has failed."""

NOTHING = Observation((), None, None)

HINT_SECONDS = 0.5
"""A hint stands at least so long: a sentence that flickers cannot be read."""


@dataclass(frozen=True)
class Reports:
    """Where a look says what it sees; both are called from the worker's thread."""

    event: Callable[[e.Event], None]
    preview: Callable[[bytes], None]


def look(
    serial: int,
    engine: FaceEngine,
    open_camera: OpenCamera,
    settings: KioskSettings,
    stop: Stop,
    reports: Reports,
) -> None:
    """Ends with `Captured`, `FaceNotFound` or `CameraFailed`, or silently when stopped."""
    try:
        with open_camera() as camera:
            _watch(_Look(serial, engine, camera, settings, stop, reports))
    except DeviceError:
        reports.event(e.CameraFailed(serial))


@dataclass(frozen=True)
class _Look:
    serial: int
    engine: FaceEngine
    camera: Camera
    settings: KioskSettings
    stop: Stop
    reports: Reports


def _watch(look: _Look) -> None:
    selector = Selector(look.settings.good_frames)
    hints = SteadyHints()
    began = time.monotonic()
    while not look.stop.is_set():
        turn = time.monotonic()
        if turn - began > look.settings.face_timeout:
            look.reports.event(e.FaceNotFound(look.serial))
            return
        reasons = _see(look, selector)
        if selector.done and selector.best is not None:
            capture = make_capture(look.engine, selector.best)
            look.reports.event(e.Captured(look.serial, capture))
            return
        shown = hints.see(reasons, turn)
        look.reports.event(e.Looking(look.serial, shown, selector.progress))
        look.stop.wait(max(0.0, turn + 1 / look.settings.frames_per_second - time.monotonic()))


def _see(look: _Look, selector: Selector) -> tuple[str, ...]:
    try:
        frame = look.camera.read(timeout=FRAME_SECONDS)
    except CameraBlack:
        return selector.see(NOTHING, None) and ("too_dark",)
    observation = look.engine.observe(frame.image)
    look.reports.preview(draw(frame.image, observation.face, look.settings))
    return selector.see(observation, _shot(frame, observation))


def _shot(frame: Frame, observation: Observation) -> Shot | None:
    if observation.face is None or observation.quality is None:
        return None
    return Shot(
        image=frame.image,
        face=observation.face,
        score=observation.quality.score,
        taken_at=frame.taken_at,
        camera=frame.camera,
        simulated=frame.simulated,
    )


@dataclass
class SteadyHints:
    """Lets a hint change only after it stood long enough to be read."""

    shown: tuple[str, ...] = ()
    _since: float = float("-inf")

    def see(self, reasons: tuple[str, ...], at: float) -> tuple[str, ...]:
        """The hints to show, given those of the frame that was seen at `at` seconds."""
        if reasons != self.shown and at - self._since >= HINT_SECONDS:
            self.shown, self._since = reasons, at
        return self.shown
