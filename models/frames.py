"""Is this array a picture? Asked once, at the engine's door."""

from typing import Any

import numpy as np

from .errors import FrameRefused
from .types import Image

MAX_SIDE = 8192
MAX_PIXELS = 40_000_000


def checked(image: Any) -> Image:
    """The picture, contiguous.

    Raises:
        FrameRefused: it is None, no uint8 (H, W, 3) array, empty, or larger than 8192 pixels a side
            or 40 megapixels.
    """
    if image is None:
        raise FrameRefused("frame.none", "there is no frame")
    if not isinstance(image, np.ndarray) or image.ndim != 3 or image.shape[2] != 3:
        raise FrameRefused("frame.shape", "a frame is a height x width x 3 array")
    if image.dtype != np.uint8:
        raise FrameRefused("frame.dtype", f"a frame holds uint8, not {image.dtype}")
    height, width = image.shape[:2]
    if not height or not width:
        raise FrameRefused("frame.empty", "the frame has no pixels")
    if max(height, width) > MAX_SIDE or height * width > MAX_PIXELS:
        raise FrameRefused("frame.too_large", f"{width}x{height} pixels are too many")
    return np.ascontiguousarray(image)
