"""A phone's pictures as crops: found and aligned here, one face in each, each judged only once."""

import hashlib
import hmac
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from models import images
from models.errors import ImageRefused
from models.types import Crops, Face, Image
from verifier.protocol.claim import MAX_PICTURE_BYTES
from verifier.protocol.errors import refusal
from verifier.protocol.phone_claim import MOST_SIDE, PhoneCapture, PhoneFrame
from verifier.protocol.values import b64url, from_b64url


@runtime_checkable
class Finder(Protocol):
    """What finds faces in a picture (`models.engine.FaceEngine`)."""

    def detect(self, image: Image) -> list[Face]:
        """Every face."""

    def align(self, image: Image, face: Face) -> Image:
        """uint8 (112, 112, 3) BGR."""


@dataclass(frozen=True, eq=False)
class Found:
    """What is judged.

    Attributes:
        crops: uint8 (K, 112, 112, 3) BGR.
        keys: a keyed hash of each crop's pixels, 43 characters.
    """

    crops: Crops
    keys: tuple[str, ...]


def found_in(capture: PhoneCapture, finder: Finder, crop_key: bytes) -> Found:
    """The one face of each picture.

    Raises `Refused`: `capture.undecodable`; `capture.not_one_face`; `capture.injected` where one
    face comes twice, pixel for pixel, as no camera sees it.
    """
    crops = np.stack([_only_face(_decoded(frame), finder) for frame in capture.frames])
    keys = tuple(b64url(hmac.digest(crop_key, crop.tobytes(), hashlib.sha256)) for crop in crops)
    if len(set(keys)) != len(keys):
        raise refusal("capture.injected", note="the same picture twice in one capture")
    return Found(crops, keys)


def _only_face(picture: Image, finder: Finder) -> Image:
    faces = finder.detect(picture)
    if len(faces) != 1:
        raise refusal("capture.not_one_face", note=f"{len(faces)} faces")
    return finder.align(picture, faces[0])


def _decoded(frame: PhoneFrame) -> Image:
    try:
        return images.decode(
            from_b64url(frame.png),
            max_bytes=MAX_PICTURE_BYTES,
            max_pixels=MOST_SIDE * MOST_SIDE,
            formats=("png",),
        )
    except ImageRefused as error:
        raise refusal("capture.undecodable", note=error.code) from None
    except ValueError:
        raise refusal("capture.undecodable", note="not base64url") from None
