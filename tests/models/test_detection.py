"""YuNet's decoding: against a plain loop, against OpenCV, and its own properties."""

import math
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import manifest as manifests
from models.detection import CHANNELS, STRIDES, Canvas, Detector, decode, iou, suppress
from models.engine import FaceEngine
from models.runtime import open_session
from models.types import Face, Image


def _levels(seed: int, height: int, width: int) -> list[np.ndarray]:
    random = np.random.default_rng(seed)
    sizes = [(height // stride, width // stride) for stride in STRIDES]
    return [random.normal(0, 1.5, (CHANNELS, *size)).astype(np.float32) for size in sizes]


def _decoded_plainly(levels: list[np.ndarray], least: float) -> list[list[float]]:
    """OpenCV's loop, word by word."""
    rows = []
    for level, stride in zip(levels, STRIDES, strict=True):
        for r, c in np.ndindex(level.shape[1:]):
            v = level[:, r, c].astype(np.float64)
            score = math.sqrt(1 / (1 + math.exp(-v[0])) / (1 + math.exp(-v[1])))
            if score < least:
                continue
            w, h = math.exp(v[4]) * stride, math.exp(v[5]) * stride
            x, y = (c + v[2]) * stride - w / 2, (r + v[3]) * stride - h / 2
            points = [(v[6 + i] + (c, r)[i % 2]) * stride for i in range(10)]
            rows.append([x, y, w, h, *points, score])
    return rows


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**31), st.sampled_from([(64, 96), (32, 32), (96, 64)]), st.floats(0.3, 0.95))
def test_the_vectorised_decoding_gives_what_a_plain_loop_gives(
    seed: int, size: tuple[int, int], least: float
) -> None:
    levels = _levels(seed, *size)
    expected = _decoded_plainly(levels, least)
    found = decode(levels, least)
    near = [row for row in expected if abs(row[14] - least) > 1e-5]
    assert len(near) <= len(found) <= len(expected) + 2
    if len(found) == len(expected) and expected:
        np.testing.assert_allclose(found, np.array(expected), rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("least", [0.0, 1.0])
def test_the_extreme_thresholds_take_everything_and_nothing(least: float) -> None:
    levels = _levels(5, 64, 64)
    cells = sum(level[0].size for level in levels)
    assert len(decode(levels, least)) == (cells if least == 0 else 0)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**31), st.integers(0, 60), st.floats(0.05, 0.9))
def test_after_suppression_no_two_boxes_overlap_more_and_each_dropped_one_had_a_better(
    seed: int, count: int, overlap: float
) -> None:
    random = np.random.default_rng(seed)
    rows = random.uniform(1, 100, (count, 15)).astype(np.float32)
    kept = suppress(rows, overlap)
    assert all(kept[i, 14] >= kept[i + 1, 14] for i in range(len(kept) - 1))
    for i in range(len(kept)):
        assert not (iou(kept[i], kept[i + 1 :]) > overlap).any()
    for row in rows:
        better = kept[kept[:, 14] >= row[14]]
        assert (iou(row, better) > overlap).any() or (row == kept).all(axis=1).any()


CANVAS = Canvas()


@given(st.integers(1, 200), st.integers(1, 200), st.floats(0.1, 1.0))
def test_a_frame_is_padded_to_the_right_and_below_whatever_was_on_the_canvas_before(
    height: int, width: int, scale: float
) -> None:
    image = np.full((height, width, 3), 255, np.uint8)
    data = CANVAS.blob(image, scale)
    assert data.dtype == np.float32
    assert data.shape[2] % 32 == 0
    assert data.shape[3] % 32 == 0
    high, wide = (max(1, round(n * scale)) if scale != 1 else n for n in (height, width))
    assert (data[0, :, :high, :wide] == 255).all()
    assert data.sum() == 255 * 3 * high * wide


@pytest.mark.parametrize("angle", [0, 10, -15])
@pytest.mark.parametrize("width", [1280, 900, 500])
def test_opencv_finds_the_same_faces(
    pack: Path, engine: FaceEngine, sample: Image, angle: int, width: int
) -> None:
    size = (width, round(sample.shape[0] * width / sample.shape[1]))
    turn = cv2.getRotationMatrix2D((width / 2, size[1] / 2), angle, 1)
    frame = cv2.warpAffine(cv2.resize(sample, size, interpolation=cv2.INTER_AREA), turn, size)
    ours = engine.detect(np.asarray(frame, np.uint8))
    theirs = _opencv(pack, np.asarray(frame, np.uint8))
    assert len(ours) == len(theirs) >= 5
    for mine in ours:
        rows = np.array([mine.box, *(other.box for other in theirs)], np.float32)
        assert iou(rows[0], rows[1:]).max() >= 0.9


def _opencv(pack: Path, frame: Image) -> list[Face]:
    role = manifests.load("opencv-zoo").roles["detector"]
    scale = min(1.0, role.input.side / max(frame.shape[:2]))
    size = (round(frame.shape[1] * scale), round(frame.shape[0] * scale))
    detector = cv2.FaceDetectorYN.create(
        str(pack / "files" / role.file), "", size, role.input.score, role.input.overlap, 5000
    )
    _, rows = detector.detect(cv2.resize(frame, size))
    return [
        Face(tuple(row[:4] / scale), row[4:14].reshape(5, 2) / scale, float(row[14]))
        for row in ([] if rows is None else rows)
    ]


@pytest.mark.parametrize("side", [320, 512, 1280])
def test_the_input_size_is_free(pack: Path, sample: Image, side: int) -> None:
    session = open_session(pack / "prepared" / "detector.onnx", "onnxruntime", 1)
    faces = Detector(session, side=side).detect(sample)
    assert len(faces) == 6


def test_landmarks_lie_in_the_order_eye_eye_nose_mouth_mouth(sample_faces: list[Face]) -> None:
    for face in sample_faces:
        right_eye, left_eye, nose, right_mouth, left_mouth = face.landmarks
        assert right_eye[0] < left_eye[0]
        assert right_mouth[0] < left_mouth[0]
        assert max(right_eye[1], left_eye[1]) < nose[1] < min(right_mouth[1], left_mouth[1])


@pytest.mark.parametrize("size", [(1, 1), (1, 2000), (33, 31), (720, 1280)])
def test_a_frame_without_a_face_has_none(engine: FaceEngine, size: tuple[int, int]) -> None:
    assert engine.detect(np.full((*size, 3), 40, np.uint8)) == []
