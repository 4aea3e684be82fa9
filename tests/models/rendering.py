"""Rendered cases: what happens to a face in front of a camera, drawn on a picture of a clean one.

Every function takes a uint8 (H, W, 3) BGR picture, mostly with the face in it, and gives a new one.
Sizes are in units of the distance between the eyes, so that a case looks alike on every face.
"""

from collections.abc import Iterable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from models.quality_measures import HEAD
from models.types import Face, Floats, Image

Colour = tuple[int, int, int]
Points = NDArray[np.float64]

GREY_WALL: Colour = (128, 132, 136)


def portrait(picture: Image, face: Face, margin: float = 0.7) -> Image:
    """The face cut out of a group picture, with `margin` box widths around its box."""
    x, y, width, height = face.box
    pad = margin * width
    top, left = max(0, int(y - pad)), max(0, int(x - pad))
    return picture[top : int(y + height + pad), left : int(x + width + pad)].copy()


def frame_of(*portraits: Image, size: tuple[int, int] = (1280, 720), noise: float = 1.5) -> Image:
    """A camera's frame with portraits side by side before a wall, and sensor noise."""
    width, height = size
    frame = np.full((height, width, 3), GREY_WALL, np.uint8)
    for number, one in enumerate(portraits):
        high, wide = one.shape[:2]
        top = (height - high) // 2
        left = width * (number + 1) // (len(portraits) + 1) - wide // 2
        frame[top : top + high, left : left + wide] = one
    grain = np.random.default_rng(7).normal(0, noise, frame.shape)
    return _byte(frame + grain)


class Axes:
    """A face's own coordinates: origin between the eyes, x along them, y to the mouth.

    One unit is the distance of the eyes of a head that faces the camera; a turned one shows less
    of it, so the distance from eyes to mouth stands in where it is larger.
    """

    def __init__(self, face: Face) -> None:
        points = np.asarray(face.landmarks, np.float64)
        self.origin, mouth = points[:2].mean(axis=0), points[3:].mean(axis=0)
        across = points[1] - points[0]
        self.unit = max(float(np.hypot(*across)), 0.87 * float(np.hypot(*(mouth - self.origin))))
        self.x = across / np.hypot(*across) * self.unit
        self.y = np.array([-self.x[1], self.x[0]])
        self.eyes = [self.of(point) for point in points[:2]]
        self.nose = self.of(points[2])
        self.down = float(self.of(mouth)[1])

    def of(self, point: Points) -> Points:
        """A pixel in the face's coordinates."""
        offset = point - self.origin
        pair = np.array([offset @ self.x, offset @ self.y], np.float64)
        return np.asarray(pair / (self.x @ self.x))

    def at(self, points: Iterable[tuple[float, float]]) -> Points:
        """Points of the face in pixels."""
        return np.array([self.origin + px * self.x + py * self.y for px, py in points])


def surgical_mask(picture: Image, face: Face, colour: Colour = (200, 170, 120)) -> Image:
    """A folded mask from the bridge of the nose to under the chin, with shaded pleats."""
    axes = Axes(face)
    painted = _fill(picture, axes.at(_mask_outline(axes)), colour)
    for part in (0.35, 0.55, 0.75):
        y = 0.3 + part * (axes.down + 0.35)
        ends = axes.at([(axes.nose[0] - 0.75, y), (axes.nose[0] + 0.75, y)])
        shade = tuple(int(value * 0.75) for value in colour)
        cv2.polylines(painted, [_pixels(ends)], False, shade, max(1, int(axes.unit / 25)), 8, 4)
    return painted


def photographed_mask(picture: Image, face: Face, texture: Image) -> Image:
    """A photographed mask laid on the face by a projective transform."""
    axes = Axes(face)
    shift, bottom = float(axes.nose[0]), axes.down + 0.75
    corners = axes.at(
        [(shift - 0.85, 0.3), (shift + 0.85, 0.3), (shift + 0.7, bottom), (shift - 0.7, bottom)]
    )
    high, wide = texture.shape[:2]
    source = np.array([[0, 0], [wide, 0], [wide, high], [0, high]], np.float32)
    matrix = cv2.getPerspectiveTransform(source, corners.astype(np.float32))
    size = picture.shape[1], picture.shape[0]
    laid = cv2.warpPerspective(texture, matrix, size, flags=cv2.INTER_AREA)
    alpha = _alpha(picture, axes.at(_mask_outline(axes)))
    return _byte(laid * alpha + picture * (1 - alpha))


def _mask_outline(axes: Axes) -> list[tuple[float, float]]:
    nose, bottom = float(axes.nose[0]), axes.down + 0.7
    return [
        (nose, 0.3),
        (nose + 0.75, 0.5),
        (nose + 0.8, axes.down),
        (nose + 0.4, bottom),
        (nose - 0.4, bottom),
        (nose - 0.8, axes.down),
        (nose - 0.75, 0.5),
    ]


def dark_glasses(picture: Image, face: Face, colour: Colour = (22, 20, 20)) -> Image:
    """Sunglasses: two opaque lenses, a bridge and temples."""
    axes = Axes(face)
    painted = picture.copy()
    for eye in axes.eyes:
        angles = np.linspace(0, 2 * np.pi, 24, endpoint=False)
        # A lens: a rounded rectangle (superellipse) around the eye.
        cos, sin = np.cos(angles), np.sin(angles)
        lens = [
            (eye[0] + 0.4 * np.sign(c) * abs(c) ** 0.6, 0.03 + 0.27 * np.sign(s) * abs(s) ** 0.6)
            for c, s in zip(cos, sin, strict=True)
        ]
        painted = _fill(painted, axes.at(lens), colour)
    bar = axes.at([(-1.0, -0.12), (1.0, -0.12)])
    cv2.polylines(painted, [_pixels(bar)], False, colour, max(1, int(axes.unit / 14)), 8, 4)
    return painted


def hair_over_eye(picture: Image, face: Face, colour: Colour = (30, 40, 60)) -> Image:
    """A lock of hair from the forehead over one eye down to the cheek."""
    axes, random = Axes(face), np.random.default_rng(3)
    painted = picture.copy()
    eye = float(axes.eyes[0][0])
    for offset in np.linspace(eye - 0.45, eye + 0.38, 70):
        strand = axes.at(
            [
                (offset + 0.25 + random.normal(0, 0.02), -0.95),
                (offset + 0.08, -0.3),
                (offset + random.normal(0, 0.03), 0.3),
                (offset - 0.08, 0.95 + random.normal(0, 0.1)),
            ]
        )
        shade = tuple(int(np.clip(value + random.normal(0, 10), 0, 255)) for value in colour)
        cv2.polylines(painted, [_pixels(strand)], False, shade, max(1, int(axes.unit / 18)), 8, 4)
    return painted


def bandage(picture: Image, face: Face, colour: Colour = (225, 232, 236)) -> Image:
    """A white bandage across one eye and the cheek, woven."""
    axes = Axes(face)
    band = axes.at([(-1.1, 0.15), (0.15, -0.75), (0.55, -0.35), (0.1, 0.25), (-0.75, 0.95)])
    painted = _fill(picture, band, colour)
    for step in np.linspace(0.1, 0.9, 8):
        thread = np.array(
            [band[0] + step * (band[4] - band[0]), band[1] + step * (band[2] - band[1])]
        )
        cv2.polylines(painted, [_pixels(thread)], False, (200, 208, 212), 1, 8, 4)
    return painted


def hand_before_mouth(picture: Image, face: Face, colour: Colour = (140, 165, 210)) -> Image:
    """Four fingers over the mouth and the nose."""
    axes = Axes(face)
    painted = picture.copy()
    for finger in range(4):
        y = 0.35 + 0.27 * finger
        ends = axes.at([(-1.0, y + 0.12), (float(axes.nose[0]) + 0.55, y)])
        for thick, tone in ((0.3, 0.6), (0.25, 1.0)):
            shade = tuple(int(value * tone) for value in colour)
            width = max(1, int(thick * axes.unit))
            cv2.polylines(painted, [_pixels(ends)], False, shade, width, 8, 4)
    return painted


def lit(picture: Image, gain: float, offset: float = 0.0) -> Image:
    """More or less light on the sensor, which saturates."""
    return _byte(picture.astype(np.float32) * gain + offset)


def out_of_focus(picture: Image, sigma: float) -> Image:
    """Gaussian blur, sigma in pixels."""
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma), np.uint8)


def moved(picture: Image, length: int, degrees: float = 0.0) -> Image:
    """Motion blur along a line of `length` pixels."""
    kernel = np.zeros((length, length), np.float32)
    kernel[length // 2] = 1
    middle = (length - 1) / 2
    turn = cv2.getRotationMatrix2D((middle, middle), degrees, 1)
    kernel = np.asarray(cv2.warpAffine(kernel, turn, (length, length)), np.float32)
    return np.asarray(cv2.filter2D(picture, -1, kernel / kernel.sum()), np.uint8)


def smaller(picture: Image, factor: float, sigma: float = 0.0) -> Image:
    """Farther from the camera: reduced, then blurred by `sigma` pixels of the smaller picture."""
    area = cv2.INTER_AREA
    reduced = np.asarray(
        cv2.resize(picture, None, fx=factor, fy=factor, interpolation=area), np.uint8
    )
    return out_of_focus(reduced, sigma) if sigma else reduced


def turned(picture: Image, face: Face, degrees: float) -> Image:
    """The head turned about its vertical axis, by a relief of a head under the picture.

    A point at x with depth z comes to x·cos + z·sin; what the relief hides is drawn over.
    Positive turns the nose to the right of the picture.
    """
    axes = Axes(face)
    high, wide = picture.shape[:2]
    columns, rows = np.meshgrid(np.arange(wide), np.arange(high))
    x = (columns - axes.origin[0]) / axes.unit
    y = (rows - axes.origin[1]) / axes.unit
    depth = _relief(x, y, axes)
    angle = np.radians(degrees)
    moved_to = x * np.cos(angle) + depth * np.sin(angle)
    order = np.maximum.accumulate(moved_to + 1e-6 * columns, axis=1)
    source = np.empty_like(x, np.float32)
    for row in range(high):
        source[row] = np.interp(x[row], order[row], columns[row])
    shown = cv2.remap(
        picture, source, rows.astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(shown, np.uint8)


def _relief(x: Points, y: Points, axes: Axes) -> Points:
    # Half an ellipsoid for the skull and a ridge for the nose, in eye distances.
    skull = 1.3 * np.sqrt(np.clip(1 - (x / 1.25) ** 2 - ((y - 0.35) / 1.9) ** 2, 0, None))
    nose_x, nose_y = axes.nose
    ridge_x = nose_x * np.clip(y / max(nose_y, 0.1), 0, 1)
    length = np.clip(y / max(nose_y, 0.1), 0, 1) * np.exp(
        -(np.clip(y - nose_y, 0, None) ** 2) / 0.02
    )
    return np.asarray(skull + 0.45 * length * np.exp(-((x - ridge_x) ** 2) / 0.03))


def head_landmarks(
    yaw: float, pitch: float, roll: float, scale: float, centre: Sequence[float] | Floats
) -> Floats:
    """Where an average head's landmarks are seen: degrees, pixels a millimetre, pixels."""
    y, p, r = np.radians([yaw, pitch, roll])
    about_y = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(p), np.sin(p)], [0, -np.sin(p), np.cos(p)]])
    about_z = np.array([[np.cos(r), -np.sin(r), 0], [np.sin(r), np.cos(r), 0], [0, 0, 1]])
    turned_head = HEAD @ (about_z @ about_x @ about_y).T
    return np.asarray(turned_head[:, :2] * scale + np.asarray(centre), np.float32)


def cut_at_border(picture: Image, face: Face, keep: float) -> Image:
    """The picture cut so that only the left `keep` of the face's box stays in it."""
    x, _, width, _ = face.box
    return picture[:, : int(x + keep * width)].copy()


def _fill(picture: Image, outline: Points, colour: Colour) -> Image:
    alpha = _alpha(picture, outline)
    return _byte(np.array(colour, np.float32) * alpha + picture * (1 - alpha))


def _alpha(picture: Image, outline: Points) -> NDArray[np.float32]:
    shape = np.zeros(picture.shape[:2], np.float32)
    cv2.fillPoly(shape, [_pixels(outline)], 1.0, 8, 4)
    return np.asarray(cv2.GaussianBlur(shape, (0, 0), 0.8), np.float32)[..., None]


def _pixels(points: Points) -> NDArray[np.int32]:
    # Fixed point with four fractional bits, as OpenCV's drawing takes it (shift=4).
    return np.round(np.asarray(points) * 16).astype(np.int32)


def _byte(values: NDArray[np.floating]) -> Image:
    return np.clip(np.round(values), 0, 255).astype(np.uint8)
