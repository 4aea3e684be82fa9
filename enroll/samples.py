"""From a person's photos to samples: decoded, gated by quality, aligned, embedded, and dropped."""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from models.errors import FrameRefused, ImageRefused
from models.images import decode
from models.types import Crops, Face, Floats, Image, Observation, PackInfo
from verifier.identity.galleries import GallerySecrets
from verifier.protocol.values import b64url

from .errors import PersonRefused
from .photos import Photo


class Faces(Protocol):
    """What enrolment asks of a model pack (`models.engine.FaceEngine`)."""

    @property
    def pack(self) -> PackInfo:
        """Which pack it is."""

    def observe(self, image: Image) -> Observation:
        """Faces, the largest one, its quality."""

    def align(self, image: Image, face: Face) -> Image:
        """The aligned crop."""

    def embed(self, crops: Crops, mirror: bool = False) -> Floats:
        """Unit rows."""


@dataclass(frozen=True)
class LeftOut:
    """A photo that was not used, and why."""

    photo: str
    code: str


@dataclass(frozen=True, eq=False)
class Samples:
    """What is kept of a person's photos until the template is stored.

    Attributes:
        vectors: float32 (K, D), unit rows, mirror-averaged.
        quality: of the best sample, 0..1.
    """

    vectors: Floats = field(repr=False)
    quality: float
    left_out: tuple[LeftOut, ...]


def samples_of(faces: Faces, photos: Sequence[Photo]) -> Samples:
    """Samples from the photos that can be used.

    Raises:
        PersonRefused: none can be used; the code is the first photo's.
    """
    crops: list[Image] = []
    scores: list[float] = []
    left_out: list[LeftOut] = []
    for photo in photos:
        try:
            crop, score = _crop(faces, decode(photo.data))
        except PersonRefused as error:
            left_out.append(LeftOut(photo.name, error.code))
        except (ImageRefused, FrameRefused) as error:
            left_out.append(LeftOut(photo.name, _known(error.code)))
        else:
            crops.append(crop)
            scores.append(score)
    if not crops:
        raise PersonRefused(left_out[0].code if left_out else "photo_missing")
    vectors = faces.embed(np.stack(crops), mirror=True)
    return Samples(vectors, max(scores), tuple(left_out))


def source_key(secrets: GallerySecrets, photos: Sequence[Photo]) -> str:
    """Keyed hash of a set of photos, in any order: the same set again needs no new template."""
    digests = sorted({hashlib.sha256(photo.data).digest() for photo in photos})
    return b64url(hmac.digest(secrets.source_key, b"".join(digests), "sha256"))


def refuse_strangers(vectors: Floats, cosine: float) -> None:
    """A person's samples must look like one person: each pair at least at `cosine`."""
    if float((vectors @ vectors.T).min()) < cosine:
        raise PersonRefused("samples_differ")


def _crop(faces: Faces, image: Image) -> tuple[Image, float]:
    seen = faces.observe(image)
    if seen.face is None or seen.quality is None:
        raise PersonRefused("quality.no_face")
    if seen.quality.reasons:
        raise PersonRefused(f"quality.{seen.quality.reasons[0]}")
    return faces.align(image, seen.face), seen.quality.score


def _known(code: str) -> str:
    """A frame's own codes mean, of a photo, that it cannot be used as a picture."""
    return code if code.startswith("image.") else "image.undecodable"
