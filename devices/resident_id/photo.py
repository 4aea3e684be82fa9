"""The chip's photo as this package knows it: 1,024 bytes, and a port for whoever can decode them.

WLT is a licensed codec of which no open decoder is known. A hospital that has a licence puts its
vendor's library behind `PhotoDecoder`; this package brings only a decoder of its own simulators'
photos (`simulated_photo`), which are not WLT.
"""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from devices.errors import Refused

Picture = NDArray[np.uint8]
"""uint8 (126, 102, 3), BGR."""

PHOTO_SHAPE = (126, 102, 3)


class PhotoUndecodable(Refused):
    """The bytes are no photo that this decoder reads. Its note holds none of them."""

    default_code = "resident_id.photo_undecodable"


class PhotoDecoder(Protocol):
    """Decodes the photos of one codec."""

    def decode(self, wlt: bytes) -> Picture:
        """The picture of a card's 1,024 bytes, uint8 (126, 102, 3) BGR.

        Raises `PhotoUndecodable`.
        """
        ...
