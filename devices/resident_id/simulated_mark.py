"""The mark in front of a photo that no chip ever held.

A WLT photo of a real card does not begin so. It tells a reading of a simulator even where the
reader has no number of its own to tell it by.
"""

from .codec import BASE_PHOTO_BYTES

MARK = b"\x00SIMULATED\x00"
_FILLING = bytes(range(256)) + bytes.fromhex("AAAAAA96690508000090") + b"\x02\x00\x03\xca\x01\x00"
"""Every byte value, and beginnings of frames, so that a reader that searches inside a frame fails.
"""


def is_simulated(photo: bytes) -> bool:
    """Whether a photo is a simulator's."""
    return photo.startswith(MARK)


def padded(content: bytes) -> bytes:
    """A simulator's photo with this content: mark, two bytes of length, content; 1,024 bytes.

    Raises `ValueError` if it does not fit.
    """
    photo = MARK + len(content).to_bytes(2, "big") + content
    if len(photo) > BASE_PHOTO_BYTES:
        raise ValueError("the content does not fit into a card's photo")
    return (photo + _FILLING * 4)[:BASE_PHOTO_BYTES]


def content_of(photo: bytes) -> bytes | None:
    """What a simulator's photo holds, empty for a card without one; None if it is no such photo."""
    if not is_simulated(photo) or len(photo) != BASE_PHOTO_BYTES:
        return None
    start = len(MARK) + 2
    length = int.from_bytes(photo[len(MARK) : start], "big")
    return photo[start : start + length] if start + length <= len(photo) else None


ROOM = BASE_PHOTO_BYTES - len(MARK) - 2
"""Bytes of content at most."""
BLANK = padded(b"")
"""A card without a picture."""
