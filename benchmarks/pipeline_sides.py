"""The two sides that are compared: ours, and OpenCV's FaceDetectorYN with FaceRecognizerSF.

Both run the same weights, folded to FP32, and the same steps: reduce the frame, detect, align the
best face, embed it. A side's stages can be timed one by one.
"""

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
import onnx

from models import manifest as manifests
from models.cache import pack_folder
from models.engine import FaceEngine
from models.forms import folded
from models.types import Face, Floats, Image


class Side(Protocol):
    """Three stages, each on what the one before gave. Faces are in the frame's own pixels."""

    def detect(self, frame: Image) -> list[Face]:
        """Faces, best first."""
        ...

    def align(self, frame: Image, face: Face) -> Image:
        """An aligned crop."""
        ...

    def embed(self, crop: Image) -> Floats:
        """A unit vector."""
        ...


@dataclass(frozen=True)
class Ours:
    """The engine as it ships."""

    engine: FaceEngine

    def detect(self, frame: Image) -> list[Face]:
        return self.engine.detect(frame)

    def align(self, frame: Image, face: Face) -> Image:
        return self.engine.align(frame, face)

    def embed(self, crop: Image) -> Floats:
        return np.asarray(self.engine.embed(crop[None])[0], np.float32)


@dataclass
class OpenCv:
    """OpenCV as it ships. `side`: the frame's longer side is reduced to it; None takes it plain."""

    side: int | None
    detector: Any
    recogniser: Any
    _rows: dict[int, Any] = field(default_factory=dict)

    def detect(self, frame: Image) -> list[Face]:
        scale = 1.0 if self.side is None else min(1.0, self.side / max(frame.shape[:2]))
        size = (round(frame.shape[1] * scale), round(frame.shape[0] * scale))
        small = frame if scale == 1.0 else cv2.resize(frame, size)
        self.detector.setInputSize(size)
        _, rows = self.detector.detect(small)
        self._rows = {}
        faces = []
        for row in [] if rows is None else sorted(rows, key=lambda row: -row[14]):
            row[:14] /= scale
            x, y, width, height = (float(value) for value in row[:4])
            face = Face((x, y, width, height), row[4:14].reshape(5, 2), float(row[14]))
            self._rows[id(face)] = row
            faces.append(face)
        return faces

    def align(self, frame: Image, face: Face) -> Image:
        return np.asarray(self.recogniser.alignCrop(frame, self._rows[id(face)]), np.uint8)

    def embed(self, crop: Image) -> Floats:
        vector = self.recogniser.feature(crop)[0]
        return np.asarray(vector / np.linalg.norm(vector), np.float32)


def opencv(side: int | None, threads: int) -> OpenCv:
    """OpenCV with the default pack's weights and our thresholds."""
    cv2.setNumThreads(threads)
    manifest = manifests.load(manifests.DEFAULT_PACK)
    layout = manifest.roles["detector"].input
    with tempfile.TemporaryDirectory() as folder:
        paths = {role: _folded(role, Path(folder)) for role in manifest.roles}
        detector = cv2.FaceDetectorYN.create(
            paths["detector"], "", (640, 384), layout.score, layout.overlap, 5000
        )
        recogniser = cv2.FaceRecognizerSF.create(paths["embedder"], "")
    return OpenCv(side, detector, recogniser)


def folded_model(role: str) -> onnx.ModelProto:
    """The published model with its weights folded to FP32 and nothing else changed."""
    manifest = manifests.load(manifests.DEFAULT_PACK)
    model = onnx.load(str(pack_folder(manifest.name) / "files" / manifest.roles[role].file))
    folded(model)
    return model


def _folded(role: str, folder: Path) -> str:
    model = folded_model(role)
    sizes = {"detector": (384, 640), "embedder": (112, 112)}[role]
    for dimension, size in zip(
        model.graph.input[0].type.tensor_type.shape.dim, (1, 3, *sizes), strict=True
    ):
        dimension.dim_value = size
    onnx.save(model, str(folder / f"{role}.onnx"))
    return str(folder / f"{role}.onnx")
