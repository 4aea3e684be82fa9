"""The only door to the insightface package: SCRFD and ArcFace behind our own detector and embedder.

The package is imported when such a pack is loaded, never before. It is given paths of files, so it
has no reason to download any.
"""

import base64
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .align import SIDE
from .embedding import checked_crops, unit
from .errors import InferenceFailed, PackNotFetched, ProviderUnavailable
from .files import sha256
from .manifest import Manifest
from .types import Crops, Face, Floats, Image, PackInfo

_DETECTION_SIDE = 640
_SCORE = 0.5


@dataclass(frozen=True)
class InsightDetector:
    """SCRFD (Guo et al., 2021). `model` is insightface's, prepared."""

    model: Any

    def detect(self, image: Image) -> list[Face]:
        """The faces, best score first; its landmarks come in the order in which ours do."""
        size = (_DETECTION_SIDE, _DETECTION_SIDE)
        boxes, points = self.model.detect(image, input_size=size)
        faces = [_face(box, five) for box, five in zip(boxes, points, strict=True)]
        return sorted(faces, key=lambda face: -face.score)


@dataclass(frozen=True)
class InsightEmbedder:
    """ArcFace (Deng et al., 2019). `model` is insightface's."""

    model: Any

    def embed(self, crops: Crops, mirror: bool = False) -> Floats:
        """Unit rows, float32 (N, D); see `models.embedding.Embedder`."""
        pixels = checked_crops(crops, SIDE)
        vectors = self._vectors(pixels)
        return unit(vectors + self._vectors(pixels[:, :, ::-1])) if mirror else vectors

    def _vectors(self, crops: Crops) -> Floats:
        rows = self.model.get_feat([np.ascontiguousarray(crop) for crop in crops])
        return unit(np.asarray(rows, np.float32))


def load(manifest: Manifest, folder: Path) -> tuple[PackInfo, InsightDetector, InsightEmbedder]:
    """Load the files that stand in the pack's folder.

    Raises:
        PackNotFetched: they do not.
        ProviderUnavailable: the insightface package, or one that it needs, is not installed.
        InferenceFailed: it refuses the files.
    """
    paths = {role: folder / "files" / name for role, name in manifest.files.items()}
    absent = sorted(path.name for path in paths.values() if not path.is_file())
    if absent:
        raise PackNotFetched(
            f"{', '.join(absent)} must be laid into {folder / 'files'} by someone whom the licence "
            f"of {manifest.name} allows to use them"
        )
    detector, embedder = (_model(paths[role]) for role in ("detector", "embedder"))
    detector.prepare(ctx_id=-1, det_thresh=_SCORE)
    digest = _digest(manifest.name, {role: sha256(path) for role, path in paths.items()})
    info = PackInfo(manifest.name, digest, manifest.dim, manifest.commercial_use)
    return info, InsightDetector(detector), InsightEmbedder(embedder)


def _model(path: Path) -> Any:
    try:
        from insightface import model_zoo
    except ImportError as error:
        raise ProviderUnavailable(
            f"the insightface package cannot be used here: {error.name or error} is missing; "
            'pip install "shualian[insightface]"'
        ) from error
    try:
        model = model_zoo.get_model(str(path), providers=["CPUExecutionProvider"])
    except Exception as error:
        raise InferenceFailed(f"insightface refused {path.name}: {type(error).__name__}") from error
    if model is None:
        raise InferenceFailed(f"insightface does not know what {path.name} is")
    return model


def _digest(name: str, files: dict[str, str]) -> str:
    canonical = json.dumps(["insightface", name, files], sort_keys=True).encode()
    return base64.urlsafe_b64encode(hashlib.sha256(canonical).digest()).rstrip(b"=").decode()


def _face(box: Floats, points: Floats) -> Face:
    left, top, right, bottom, score = (float(value) for value in box[:5])
    landmarks = np.asarray(points, np.float32).reshape(5, 2)
    return Face((left, top, right - left, bottom - top), landmarks, score)
