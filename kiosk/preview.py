"""What the person sees of the camera: a small mirrored JPEG, or a drawn silhouette in its place."""

import cv2
import numpy as np

from models.types import Face, Image

from .settings import KioskSettings

JPEG_QUALITY = 80

# Calm greys of the design tokens, BGR.
_GROUND = (238, 232, 224)
_FIGURE = (186, 172, 152)
_SMOOTH = cv2.LINE_AA


def draw(image: Image, face: Face | None, settings: KioskSettings) -> bytes:
    """JPEG, mirrored like a looking-glass, at most `preview_width` pixels wide."""
    height, width = image.shape[:2]
    scale = min(1.0, settings.preview_width / width)
    size = (round(width * scale), round(height * scale))
    if settings.silhouette:
        small = silhouette(size, face, scale)
    else:
        small = cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    _, data = cv2.imencode(".jpg", cv2.flip(small, 1), [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    return data.tobytes()


def silhouette(size: tuple[int, int], face: Face | None, scale: float) -> Image:
    """A neutral head and shoulders where the face stands; nothing of the picture goes in."""
    width, height = size
    picture = np.full((height, width, 3), _GROUND, np.uint8)
    if face is None:
        return picture
    x, y, w, h = (value * scale for value in face.box)
    centre = (round(x + w / 2), round(y + h / 2))
    shoulders = (centre[0], round(y + h * 1.95))
    broad, tall = round(w * 1.25), round(h * 0.75)
    cv2.ellipse(picture, centre, (round(w * 0.5), round(h * 0.56)), 0, 0, 360, _FIGURE, -1, _SMOOTH)
    cv2.ellipse(picture, shoulders, (broad, tall), 0, 180, 360, _FIGURE, -1, _SMOOTH)
    for half, top in ((round(w * 0.24), centre[1]), (broad, shoulders[1])):
        left, right = centre[0] - half, centre[0] + half
        bottom = height if half == broad else shoulders[1]
        cv2.rectangle(picture, (left, top), (right, bottom), _FIGURE, -1)
    return picture
