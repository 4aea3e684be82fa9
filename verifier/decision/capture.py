"""A capture's crops as pixels: strictly lossless 112x112 pictures, each judged only once."""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models import images
from models.errors import ImageRefused
from models.types import Crops, Floats, Image
from verifier.protocol.claim import CROP_SIDE, MAX_PICTURE_BYTES, Capture, Crop
from verifier.protocol.errors import refusal
from verifier.protocol.values import b64url, from_b64url


@dataclass(frozen=True, eq=False)
class DecodedCapture:
    """What is judged.

    Attributes:
        crops: uint8 (K, 112, 112, 3) BGR.
        claimed: the terminal's embeddings, float32 (K, D).
        keys: a keyed hash of each crop's pixels, 43 characters.
    """

    crops: Crops
    claimed: Floats
    keys: tuple[str, ...]


def decode_capture(capture: Capture, crop_key: bytes) -> DecodedCapture:
    """The capture's pixels and what the terminal says of them. Raises as `decode_crops`."""
    return decode_crops(capture.crops, crop_key)


def decode_crops(sent: Sequence[Crop], crop_key: bytes) -> DecodedCapture:
    """The pixels of some crops and what the terminal says of them.

    Raises `Refused`: `capture.undecodable`; `capture.injected` where one picture comes twice;
    `capture.embedding_mismatch` where the vectors have different lengths.
    """
    crops = np.stack([decode_crop(crop) for crop in sent])
    keys = tuple(_key(crop_key, crop) for crop in crops)
    if len(set(keys)) != len(keys):
        raise refusal("capture.injected", note="the same crop twice in one capture")
    vectors = [np.frombuffer(from_b64url(crop.embedding), "<f4") for crop in sent]
    if len({len(vector) for vector in vectors}) != 1:
        raise refusal("capture.embedding_mismatch", note="vectors of different lengths")
    return DecodedCapture(crops, np.stack(vectors).astype(np.float32), keys)


def decode_crop(crop: Crop) -> Image:
    """uint8 (112, 112, 3) BGR. Raises `Refused` with `capture.undecodable`."""
    try:
        return images.decode(
            from_b64url(crop.png),
            max_bytes=MAX_PICTURE_BYTES,
            formats=("png",),
            size=(CROP_SIDE, CROP_SIDE),
        )
    except ImageRefused as error:
        raise refusal("capture.undecodable", note=error.code) from None
    except ValueError:
        raise refusal("capture.undecodable", note="not base64url") from None


def _key(crop_key: bytes, pixels: Image) -> str:
    return b64url(hmac.digest(crop_key, pixels.tobytes(), hashlib.sha256))
