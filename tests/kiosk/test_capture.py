"""Which frame is taken, what the person is told, and what the preview shows."""

from datetime import UTC, datetime

import cv2
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kiosk.capture import Selector, Shot, iou, make_capture
from kiosk.looking import HINT_SECONDS, SteadyHints
from kiosk.preview import draw
from kiosk.settings import KioskSettings
from models.engine import FaceEngine
from models.quality import Quality
from models.types import Face, Observation
from verifier.protocol.values import Liveness, from_b64url

IMAGE = np.zeros((48, 64, 3), np.uint8)


def face(x: float = 10.0) -> Face:
    return Face((x, 10.0, 20.0, 20.0), np.zeros((5, 2), np.float32), 0.9)


def seen(score: float, *reasons: str, x: float = 10.0) -> tuple[Observation, Shot]:
    found = face(x)
    observation = Observation((found,), found, Quality(score, reasons, {}))
    return observation, Shot(IMAGE, found, score, datetime.now(UTC), "test", simulated=True)


def test_the_best_of_a_run_is_taken() -> None:
    selector = Selector(3)
    for score in (0.5, 0.9, 0.7):
        assert selector.see(*seen(score)) == ()
    assert selector.done
    assert selector.best is not None
    assert selector.best.score == 0.9


def test_a_bad_frame_starts_the_run_again() -> None:
    selector = Selector(3)
    selector.see(*seen(0.9))
    selector.see(*seen(0.9))
    assert selector.see(*seen(0.9, "blurred")) == ("blurred",)
    assert (selector.run, selector.best, selector.progress) == (0, None, 0.0)


def test_another_face_in_the_middle_of_a_run_starts_it_again() -> None:
    selector = Selector(2)
    selector.see(*seen(0.9))
    selector.see(*seen(0.4, x=40.0))
    assert not selector.done
    assert selector.best is not None
    assert selector.best.score == 0.4


def test_an_empty_frame_asks_for_a_face() -> None:
    assert Selector(2).see(Observation((), None, None), None) == ("no_face",)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=30))
def test_a_run_is_done_only_after_so_many_good_frames_in_a_row(
    frames: list[tuple[float, bool]],
) -> None:
    selector, run = Selector(4), 0
    for score, good in frames:
        selector.see(*(seen(score) if good else seen(score, "too_dark")))
        run = run + 1 if good else 0
        assert selector.done == (run >= 4)
        assert 0.0 <= selector.progress <= 1.0


def test_overlap_of_boxes_is_that_of_the_field() -> None:
    assert iou(face(0.0), face(0.0)) == 1.0
    assert iou(face(0.0), face(10.0)) == 1 / 3
    assert iou(face(0.0), face(30.0)) == 0.0


def test_a_hint_stands_long_enough_to_be_read() -> None:
    hints = SteadyHints()
    assert hints.see(("too_dark",), 10.0) == ("too_dark",)
    assert hints.see((), 10.0 + HINT_SECONDS / 2) == ("too_dark",)
    assert hints.see((), 10.0 + HINT_SECONDS) == ()


def test_a_capture_says_what_it_is(engine: FaceEngine, portrait) -> None:  # type: ignore[no-untyped-def]
    image = cv2.copyMakeBorder(portrait.image, 150, 150, 150, 150, cv2.BORDER_REPLICATE)
    observation = engine.observe(image)
    assert observation.face is not None
    at = datetime.now(UTC)
    shot = Shot(np.asarray(image, np.uint8), observation.face, 0.8, at, "test", simulated=True)
    capture = make_capture(engine, shot)
    assert (capture.pack_digest, capture.captured_at) == (engine.pack.digest, at)
    assert (capture.liveness, capture.simulated) == (Liveness.NOT_ASSESSED, True)
    assert (capture.context_crops, capture.tracks) == ([], [])
    (crop,) = capture.crops
    assert from_b64url(crop.png)[:4] == b"\x89PNG"
    assert len(crop.vector()) == engine.pack.dim


def test_the_preview_is_small_and_mirrored() -> None:
    image = np.zeros((720, 1280, 3), np.uint8)
    image[:, :640] = 255
    jpeg = draw(image, None, KioskSettings())
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert picture.shape == (360, 640)
    assert picture[:, :300].mean() < 5
    assert picture[:, 340:].mean() > 250


def test_a_silhouette_shows_nothing_of_the_picture() -> None:
    settings = KioskSettings(silhouette=True)
    noise = np.random.default_rng(1).integers(0, 255, (480, 640, 3)).astype(np.uint8)
    found = Face((200.0, 100.0, 150.0, 200.0), np.zeros((5, 2), np.float32), 0.9)
    assert draw(noise, found, settings) == draw(np.zeros_like(noise), found, settings)
    assert draw(noise, found, settings) != draw(noise, None, settings)
