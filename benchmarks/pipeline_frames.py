"""720p frames with one face each: the sample picture's people, and the shared folder's if there."""

import importlib.util
import os
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from models.engine import FaceEngine
from models.types import Image

WIDTH, HEIGHT = 1280, 720
SHARED = Path(os.environ.get("SHUALIAN_SHARED", Path(__file__).parents[2] / "shared"))


def sample_frames(engine: FaceEngine, count: int, seed: int) -> list[Image]:
    """Renderings of the sample picture's six people: turned, scaled, relit, moved, with noise."""
    random = np.random.default_rng(seed)
    portraits = list(_sample_portraits(engine))
    return [_rendered(portraits[index % len(portraits)], random) for index in range(count)]


def shared_frames(count: int, seed: int) -> list[Image]:
    """The shared folder's colour pictures, laid into frames; none where it is absent."""
    random = np.random.default_rng(seed)
    paths = sorted((SHARED / "faces" / "lfw-colour").glob("*/*.jpg"))[:count]
    return [_rendered(np.asarray(cv2.imread(str(path)), np.uint8), random) for path in paths]


def _sample_portraits(engine: FaceEngine) -> Iterator[Image]:
    spec = importlib.util.find_spec("insightface")
    if spec is None or spec.origin is None:
        raise SystemExit("the benchmark needs the insightface package's sample picture")
    picture = cv2.imread(str(Path(spec.origin).parent / "data" / "images" / "t1.jpg"))
    image = np.asarray(picture, np.uint8)
    for face in engine.detect(image):
        x, y, width, height = face.box
        pad = 0.35 * width
        rows = slice(max(0, int(y - pad)), int(y + height + pad))
        columns = slice(max(0, int(x - pad)), int(x + width + pad))
        yield image[rows, columns].copy()


def _rendered(portrait: Image, random: np.random.Generator) -> Image:
    """A portrait before a grey wall: 220 to 420 pixels high, up to 12° turned, up to 40 % relit."""
    scale = random.uniform(220, 420) / portrait.shape[0]
    angle = random.uniform(-12, 12)
    centre = (portrait.shape[1] / 2, portrait.shape[0] / 2)
    matrix = cv2.getRotationMatrix2D(centre, angle, scale)
    reach = 0.5 * scale * float(np.hypot(*portrait.shape[:2]))
    matrix[0, 2] += random.uniform(reach, WIDTH - reach) - centre[0]
    matrix[1, 2] += (
        random.uniform(min(reach, HEIGHT / 2), max(HEIGHT - reach, HEIGHT / 2)) - centre[1]
    )
    wall = np.full((HEIGHT, WIDTH, 3), (128, 132, 136), np.uint8)
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    laid = cv2.warpAffine(
        portrait,
        matrix,
        (WIDTH, HEIGHT),
        wall,
        flags=interpolation,
        borderMode=cv2.BORDER_TRANSPARENT,
    )
    lit = laid.astype(np.float32) * random.uniform(0.6, 1.4)
    grain = random.normal(0, random.uniform(1, 4), laid.shape)
    return np.clip(lit + grain, 0, 255).astype(np.uint8)
