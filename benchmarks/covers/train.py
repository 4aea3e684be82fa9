"""Train the weights of `models.quality_cover` and set their limit; `--check` does so again.

    python -m benchmarks.covers.train           writes models/packs/quality/covers.json
    python -m benchmarks.covers.train --check   trains, writes nothing, compares

Needs the folder of portraits that `SHUALIAN_SHARED` names. Pictures and what is painted on them
stay in memory. The same pictures, seed and locked libraries give the same bytes; on another
processor `--check` accepts what `Difference.tolerable` says and prints how near it came.
"""

import argparse
import hashlib
import platform
from collections.abc import Sequence
from dataclasses import asdict, replace
from importlib.metadata import version
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.accuracy import SHARED
from benchmarks.record import commit
from models.evaluation.dataset import Picture, pictures
from models.quality_cover import CoverModel, both_hands, features
from models.types import Image

from .examples import Example, examples
from .looks import fit_crops
from .network import train
from .people import Part, bare, digest, of_part
from .weights import WEIGHTS, difference, scores, written

COMMAND = "python -m benchmarks.covers.train"
DATA = "lfw-grey"
SEED = 31
ROUNDS = 2
"""How often each picture is painted anew."""

LOOKS = 8
FALSE_ALARMS = 0.005
"""The limit lets at most this share of bare looks be refused: what DESIGN allows a gate in all."""


def trained(portraits: Sequence[Picture]) -> tuple[CoverModel, list[Example]]:
    """The model of the training people's pictures, without a limit."""
    usable = [one for one in of_part(portraits, Part.TRAIN) if bare(one)]
    found = examples(usable, [SEED + number for number in range(ROUNDS)])
    rows = [both_hands(features(_misplaced(one.crop, n))) for n, one in enumerate(found)]
    label = np.array([one.label for one in found])
    return train(np.array(rows, np.float32), label, SEED), found


def limit_looks(portraits: Sequence[Picture]) -> NDArray[np.float32]:
    """Rows (N, 2, F) of the limit people's bare faces under random conditions, where the rest of
    the gate lets them pass."""
    usable = [one for one in of_part(portraits, Part.LIMIT) if bare(one)]
    crops = fit_crops(usable, SEED, LOOKS)
    return np.array([both_hands(features(crop)) for crop in crops], np.float32)


def limit_of(odds: NDArray[np.float64]) -> float:
    """The least tenth that at most `FALSE_ALARMS` of the looks exceed."""
    allowed = int(FALSE_ALARMS * len(odds))
    return float(np.ceil(np.sort(odds)[::-1][allowed] * 10) / 10)


def _misplaced(crop: Image, number: int) -> Image:
    # Landmarks of small and tilted faces are off by pixels: most crops that are trained on are
    # turned by up to 7 degrees, scaled by up to 7 % and moved by up to 3 pixels.
    random = np.random.default_rng([SEED, number, 1])
    if random.random() < 0.4:
        return crop
    turn, scale = random.uniform(-7, 7), random.uniform(0.93, 1.07)
    matrix = np.asarray(cv2.getRotationMatrix2D((56, 60), turn, scale), np.float64)
    matrix[:, 2] += random.uniform(-3, 3, 2)
    size = (crop.shape[1], crop.shape[0])
    moved = cv2.warpAffine(crop, matrix, size, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, np.uint8)


def head(portraits: Sequence[Picture], found: Sequence[Example], looks: int) -> dict[str, Any]:
    """How the weights were made, from what."""
    shown = hashlib.sha256()
    for one in found:
        shown.update(one.crop.tobytes() + bytes([one.label]))
    return {
        "command": COMMAND,
        "commit": commit(),
        "seed": SEED,
        "libraries": {
            name: version(name) for name in ("numpy", "opencv-python-headless", "onnxruntime")
        },
        "processor": platform.machine(),
        "data": {
            "name": DATA,
            "what": "Labeled Faces in the Wild, grey; covers are painted on; no picture is kept",
            "sha256": digest(portraits),
            "trained_on": _counted(portraits, Part.TRAIN),
            "limit_set_on": _counted(portraits, Part.LIMIT) | {"looks": looks},
            "split": "last byte of SHA-256 of `covers:` + name, see benchmarks/covers/people.py",
            "examples": len(found),
            "examples_sha256": shown.hexdigest(),
        },
        "limit_rule": f"at most {FALSE_ALARMS:.1%} of the bare looks of its people exceed it",
    }


def _counted(portraits: Sequence[Picture], part: Part) -> dict[str, int]:
    usable = [one for one in of_part(portraits, part) if bare(one)]
    return {"people": len({one.person for one in usable}), "pictures": len(usable)}


def main() -> int:
    """Train, then write or compare; 1 where the comparison fails."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--check", action="store_true", help="compare with the committed weights")
    asked = parser.parse_args()
    portraits = pictures(SHARED / "faces" / DATA)
    model, found = trained(portraits)
    looks = limit_looks(portraits)
    model = replace(model, limit=limit_of(scores(model, looks)))
    if not asked.check:
        WEIGHTS.write_text(written(model, head(portraits, found, len(looks))), encoding="utf-8")
        print(f"limit {model.limit}, {len(found)} examples: {WEIGHTS.name}")
        return 0
    apart = difference(CoverModel.parse(WEIGHTS.read_text(encoding="utf-8")), model, looks)
    print(asdict(apart), "accepted" if apart.tolerable() else "REFUSED")
    return not apart.tolerable()


if __name__ == "__main__":
    raise SystemExit(main())
