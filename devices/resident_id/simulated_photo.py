"""A photo for simulated cards, which is *not* WLT: a colour picture as VP8 in 1,011 bytes.

So that the comparison of a live face with the chip's photo runs end to end where nobody has a WLT
decoder. A card's photo of 102 by 126 pixels with a plain ground fits at qualities from 65 to 78;
grey, JPEG and AVIF, tried with the same pictures, kept less of a face in as many bytes.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from . import simulated_mark
from .photo import PHOTO_SHAPE, PhotoUndecodable, Picture

_HEIGHT, _WIDTH, _ = PHOTO_SHAPE
_FACE_WIDTH = 0.54
"""Of the picture's width, about as on a real card's photo."""
_FACE_HEIGHT_AT = 0.47
_GROUND = 200
_FINE = 4
"""The picture is drawn this many times larger and then averaged, so that nothing aliases."""

_VP8_SIZE = _WIDTH.to_bytes(2, "little") + _HEIGHT.to_bytes(2, "little")
_VP8_KEY_FRAME = b"\x9d\x01\x2a" + _VP8_SIZE
"""Start code and size, three bytes into a key frame (RFC 6386, 9.1)."""
_RIFF_BYTES = 20
"""Of container before the key frame (WebP, simple lossy layout)."""


class SimulatedPhotoDecoder:
    """Decodes what `encode` made and nothing else. Implements `PhotoDecoder`."""

    def decode(self, wlt: bytes) -> Picture:
        """The picture, uint8 (126, 102, 3) BGR. Raises `PhotoUndecodable`."""
        frame = simulated_mark.content_of(wlt)
        if frame is None:
            raise PhotoUndecodable(note="not a simulator's photo")
        # The size is looked at before anything is decoded, so that no bytes ask for much memory.
        if frame[3:10] != _VP8_KEY_FRAME:
            raise PhotoUndecodable(note="no picture of a card's size")
        picture = cv2.imdecode(np.frombuffer(_contained(frame), np.uint8), cv2.IMREAD_COLOR)
        if picture is None or picture.shape != PHOTO_SHAPE:
            raise PhotoUndecodable(note="the picture is damaged")
        return np.asarray(picture, np.uint8)


def encode(picture: Picture) -> bytes:
    """A simulated card's photo, 1,024 bytes, at the best quality that fits.

    Args:
        picture: uint8 (126, 102, 3) BGR, such as `portrait` makes.

    Raises:
        ValueError: another shape, or a picture that fits at no quality.
    """
    if picture.shape != PHOTO_SHAPE or picture.dtype != np.uint8:
        raise ValueError("a card's photo is uint8 (126, 102, 3)")
    for quality in range(100, 0, -1):
        options = [cv2.IMWRITE_WEBP_QUALITY, quality]
        frame = cv2.imencode(".webp", picture, options)[1].tobytes()[_RIFF_BYTES:]
        if frame[3:10] == _VP8_KEY_FRAME and len(frame) <= simulated_mark.ROOM:
            return simulated_mark.padded(frame)
    raise ValueError("the picture does not fit into a card's photo")


def portrait(picture: Picture, box: tuple[float, float, float, float]) -> Picture:
    """A face in the form of a card's photo: in the middle, before a plain ground.

    Args:
        picture: uint8 (H, W, 3) BGR.
        box: the face's x, y, width and height in it.
    """
    x, y, width, height = box
    scale = _FACE_WIDTH * _WIDTH / width
    left = x + width / 2 - _WIDTH / 2 / scale
    top = y + height / 2 - _FACE_HEIGHT_AT * _HEIGHT / scale
    fine = scale * _FINE
    placing = np.array([[fine, 0, -left * fine], [0, fine, -top * fine]], np.float32)
    drawn = cv2.warpAffine(
        picture,
        placing,
        (_WIDTH * _FINE, _HEIGHT * _FINE),
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REPLICATE,
    )
    face = cv2.resize(drawn, (_WIDTH, _HEIGHT), interpolation=cv2.INTER_AREA)
    head = _head(height / width)[..., None]
    return np.asarray(np.round(face * head + _GROUND * (1 - head)), np.uint8)


def _head(slenderness: float) -> NDArray[np.float32]:
    """1 where a head is, falling to 0 around it: an oval, since what lies behind costs bytes."""
    rows, columns = np.mgrid[0:_HEIGHT, 0:_WIDTH]
    radius = 0.68 * _FACE_WIDTH * _WIDTH
    across = (columns - _WIDTH / 2) / radius
    down = (rows - (_FACE_HEIGHT_AT - 0.02) * _HEIGHT) / (radius * slenderness)
    return np.asarray(np.clip((1.15 - np.hypot(across, down)) / 0.3, 0, 1), np.float32)


def _contained(frame: bytes) -> bytes:
    """A key frame as a file of its own."""
    chunk = b"VP8 " + len(frame).to_bytes(4, "little") + frame + b"\x00" * (len(frame) % 2)
    return b"RIFF" + (len(chunk) + 4).to_bytes(4, "little") + b"WEBP" + chunk
