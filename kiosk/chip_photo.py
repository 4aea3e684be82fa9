"""The photo on a card's chip as a face that can be compared: decoded, aligned, never kept."""

from dataclasses import dataclass

import numpy as np
import structlog

from devices.errors import DeviceError
from devices.resident_id.photo import PhotoDecoder
from models.engine import FaceEngine
from verifier.protocol.claim import Crop, pack_vector
from verifier.protocol.values import b64url

from .capture import encode_png

log = structlog.get_logger("kiosk")


@dataclass(frozen=True)
class ChipPhotos:
    """Makes a crop of a chip's photo. A terminal without a decoder has none of these."""

    decoder: PhotoDecoder
    engine: FaceEngine

    def crop(self, photo: bytes) -> Crop | None:
        """The photo's only face; None where nobody could decode it or find one face in it."""
        try:
            picture = self.decoder.decode(photo)
        except DeviceError as error:
            log.info("kiosk.chip_photo", code=error.code)
            return None
        faces = self.engine.detect(picture)
        if len(faces) != 1:
            log.info("kiosk.chip_photo", faces=len(faces))
            return None
        crop = self.engine.align(picture, faces[0])
        vector = self.engine.embed(crop[np.newaxis], mirror=False)[0]
        return Crop(
            png=b64url(encode_png(crop)),
            embedding=pack_vector([float(x) for x in vector]),
            quality=faces[0].score,
        )
