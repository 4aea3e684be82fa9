"""Random covers painted on grey portraits, for training.

The tests' rendered cases are drawn by other code, with other shapes, on other people: they try what
was learned here.
"""

from collections.abc import Callable
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from models.types import Image

Grey = NDArray[np.float32]
Random = np.random.Generator
Painter = Callable[[Grey, "Frame", Random], Grey]


class Frame:
    """A face's coordinates: eyes' middle at 0, the eyes' line along x, one unit between the eyes
    of a head that faces the camera."""

    def __init__(self, landmarks: NDArray[np.float32]) -> None:
        points = landmarks.astype(np.float64)
        eyes, mouth = points[:2].mean(axis=0), points[3:].mean(axis=0)
        across = points[1] - points[0]
        self.unit = max(float(np.hypot(*across)), 0.87 * float(np.hypot(*(mouth - eyes))))
        self.x = across / np.hypot(*across) * self.unit
        self.y = np.array([-self.x[1], self.x[0]])
        self.origin = eyes
        self.points = np.array([self.of(point) for point in points])

    def of(self, pixel: NDArray[np.float64]) -> NDArray[np.float64]:
        """A pixel in the face's coordinates."""
        offset = pixel - self.origin
        return np.asarray(np.array([offset @ self.x, offset @ self.y]) / self.unit**2)

    def at(self, points: NDArray[np.float64]) -> NDArray[np.int32]:
        """Points in pixels, fixed point with four fractional bits."""
        pixels = self.origin + np.asarray(points) @ np.array([self.x, self.y])
        return np.asarray(np.round(pixels * 16), np.int32)


def lay(
    image: Grey,
    outline: NDArray[np.int32],
    level: float,
    random: Random,
    opacity: float = 1.0,
    surface: Grey | None = None,
) -> Grey:
    """A shape that looks like cloth, paper or plastic, or like `surface`, laid on the picture."""
    alpha = np.zeros_like(image)
    cv2.fillPoly(alpha, [outline], opacity, 8, 4)
    alpha = np.asarray(cv2.GaussianBlur(alpha, (0, 0), random.uniform(0.4, 1.2)), np.float32)
    if surface is None:
        surface = _surface(image.shape, level, random)
    return np.asarray(image * (1 - alpha) + surface * alpha, np.float32)


def _surface(shape: tuple[int, ...], level: float, random: Random) -> Grey:
    rows, columns = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    angle = random.uniform(0, 2 * np.pi)
    along = (columns * np.cos(angle) + rows * np.sin(angle)).astype(np.float32)
    surface = level + random.uniform(0, 0.25) * (along - along.mean())
    if random.random() < 0.6:
        coarse = random.normal(0, 1, [side // random.integers(2, 9) for side in shape])
        size = shape[1], shape[0]
        surface += random.uniform(0, 8) * cv2.resize(coarse.astype(np.float32), size)
    if random.random() < 0.3:
        surface += random.uniform(0, 10) * np.sin(along * 2 * np.pi / random.uniform(3, 15))
    return np.asarray(surface, np.float32)


def strokes(
    image: Grey, lines: list[NDArray[np.int32]], levels: NDArray[np.float64], width: float
) -> Grey:
    """Thick lines."""
    painted = image.copy()
    for line, level in zip(lines, levels, strict=True):
        cv2.polylines(painted, [line], False, float(level), max(1, round(width)), 8, 4)
    return painted


def mask(image: Grey, face: Frame, random: Random) -> Grey:
    """A surgical mask, a respirator or a scarf, with or without folds."""
    u = random.uniform
    nose, mouth = face.points[2], face.points[3:].mean(axis=0)
    top, bottom, wide = u(0.12, 0.5), mouth[1] + u(0.35, 1.0), u(0.6, 1.0)
    middle = 0.6 * nose[0]
    half = np.array(
        [
            [0.5 * wide, top + u(0.0, 0.2)],
            [wide, top + u(0.15, 0.5)],
            [wide * u(0.9, 1.1), mouth[1]],
            [wide * u(0.4, 0.8), bottom],
        ]
    )
    tip = np.array([[u(0.7, 1.0) * nose[0] - middle, top]])
    outline = np.concatenate([tip, half, (half * [-1, 1])[::-1]]) + np.array([middle, 0])
    # In grey many a mask has the tone of skin, and its folds lie where lips would.
    level = np.clip(_tone(image) + u(-35, 35), 10, 250) if random.random() < 0.5 else u(10, 250)
    painted = lay(image, face.at(outline), level, random, u(0.95, 1.0))
    heights = u(top + 0.15, bottom - 0.1, random.integers(0, 5))
    folds = [
        face.at(np.array([[middle - wide, y], [middle + wide, y]]) * [0.9, 1]) for y in heights
    ]
    return strokes(painted, folds, level + u(-50, 25, len(folds)), face.unit * u(0.01, 0.05))


def _tone(image: Grey) -> float:
    # The face stands in the picture's middle.
    return float(np.median(cv2.resize(image, (40, 40))[15:25, 15:25]))


def dark_glasses(image: Grey, face: Frame, random: Random) -> Grey:
    """Sunglasses of many shapes, some tinted, with reflections; sometimes a visor."""
    u = random.uniform
    level, opacity, lift = u(3, 60), u(0.85, 1.0), u(-0.08, 0.12)
    wide, high, round_ = u(0.3, 0.5), u(0.2, 0.36), u(0.4, 1.0)
    turn = np.linspace(0, 2 * np.pi, 32, endpoint=False)
    lens = np.stack([_power(np.cos(turn), round_) * wide, _power(np.sin(turn), round_) * high], 1)
    painted = image
    if random.random() < 0.15:
        left, right = face.points[0, 0] - wide, face.points[1, 0] + wide
        visor = np.array([[left, -high], [right, -high], [right, high], [left, high]])
        return lay(painted, face.at(visor + np.array([0, lift])), level, random, opacity)
    fade = random.random() < 0.4
    for eye in face.points[:2]:
        rim = lens + eye + np.array([0, lift])
        painted = lay(painted, face.at(rim), level, random, opacity)
        if fade:
            # Tinted from above: through the lower half the cheek shows.
            lower = rim[rim[:, 1] >= eye[1] + lift]
            painted = lay(painted, face.at(lower), level + u(20, 70), random, u(0.3, 0.7))
        for _ in range(random.integers(0, 4)):
            glint = lens * u(0.1, 0.4, 2) + eye + u(-0.2, 0.2, 2)
            painted = lay(painted, face.at(glint), level + u(20, 170), random, u(0.2, 0.9))
    bridge = face.at(np.array([[-1.0, lift + u(-0.2, 0)], [1.0, lift + u(-0.2, 0)]]))
    return strokes(painted, [bridge], np.array([u(5, 90)]), face.unit * u(0.02, 0.09))


def _power(values: NDArray[np.float64], exponent: float) -> NDArray[np.float64]:
    return np.sign(values) * np.abs(values) ** exponent


def hair(image: Grey, face: Frame, random: Random) -> Grey:
    """A curtain of hair over one eye."""
    u = random.uniform
    side = random.choice([-1, 1])
    eye = face.points[0 if side < 0 else 1, 0]
    roots = np.linspace(
        eye - side * u(0.25, 0.5), eye + side * u(0.4, 0.9), random.integers(40, 90)
    )
    lean, end, sway = u(-0.2, 0.4) * side, u(0.4, 1.6), u(-0.15, 0.15)
    lines = [
        face.at(
            np.array(
                [
                    [root - lean + random.normal(0, 0.03), -1.1],
                    [root, -0.3],
                    [root + sway + random.normal(0, 0.03), 0.3],
                    [root + 2 * sway, end + random.normal(0, 0.12)],
                ]
            )
        )
        for root in roots
    ]
    levels = u(10, 215) + random.normal(0, u(4, 28), len(lines))
    return strokes(image, lines, levels, face.unit * u(0.03, 0.08))


def beside(image: Grey, face: Frame, random: Random) -> Grey:
    """What a bare face has around it: hair at its sides, a hand or a thing at cheek or chin."""
    u = random.uniform
    painted = image
    for side in (-1, 1):
        if random.random() < 0.6:
            painted = _curtain(painted, face, side, random)
    for _ in range(random.integers(0, 3)):
        turn = u(-0.1, np.pi + 0.1)
        centre = np.array([0, 0.4]) + np.array([np.cos(turn), np.sin(turn)]) * u(
            [1.3, 1.5], [1.8, 2]
        )
        blob = np.stack([np.cos(_RING), np.sin(_RING)], 1) * u(0.25, 0.7, 2)
        shape = face.at(centre + blob[:: random.integers(1, 8)] @ _rotation(u(0, np.pi)))
        painted = lay(painted, shape, u(5, 250), random)
    return painted


_RING = np.linspace(0, 2 * np.pi, 32, endpoint=False)


def _curtain(image: Grey, face: Frame, side: int, random: Random) -> Grey:
    u = random.uniform
    eye = face.points[0 if side < 0 else 1, 0]
    roots = np.linspace(
        eye + side * u(0.35, 0.5), eye + side * u(0.7, 1.2), random.integers(25, 50)
    )
    top, end, bow = u(-1.2, -0.6), u(0.8, 2.5), u(0.0, 0.3) * side
    middle = (top + end) / 2
    lines = [
        face.at(np.array([[x - bow, top], [x, middle], [x + random.normal(0, 0.05), end]]))
        for x in roots
    ]
    levels = u(10, 215) + random.normal(0, u(4, 28), len(lines))
    return strokes(image, lines, levels, face.unit * u(0.03, 0.08))


def patch(image: Grey, face: Frame, random: Random) -> Grey:
    """A thing, or a dressing, over an eye, the nose or the mouth."""
    centre = face.points[random.integers(5)] + random.normal(0, 0.1, 2)
    turn = np.sort(random.uniform(0, 2 * np.pi, random.integers(5, 12)))
    size = random.uniform([0.5, 0.45], [0.95, 0.8])
    blob = np.stack([np.cos(turn), np.sin(turn)], 1) * size @ _rotation(random.uniform(0, np.pi))
    return lay(image, face.at(centre + blob), random.uniform(5, 250), random)


def band(image: Grey, face: Frame, random: Random) -> Grey:
    """A bandage, or a strap, across the face."""
    u = random.uniform
    centre = face.points[random.integers(4)] * u(0.6, 1.1) + random.normal(0, 0.1, 2)
    before, behind, thick = u(0.6, 1.6), u(0.6, 1.6), u(0.22, 0.42)
    shape = [[before, thick], [before, -thick], [-behind, -thick], [-behind, thick]]
    outline = centre + np.array(shape) @ _rotation(u(0, np.pi))
    level = u(180, 250) if random.random() < 0.6 else u(5, 250)
    return lay(image, face.at(outline), level, random)


def fingers(image: Grey, face: Frame, random: Random) -> Grey:
    """Two to four fingers, of the face's own tone, before nose and mouth."""
    u = random.uniform
    tone = _tone(image) * u(0.8, 1.2)
    centre = face.points[random.integers(2, 5)] * u(0.8, 1.1) + random.normal(0, 0.12, 2)
    turn = _rotation(u(-0.6, 0.6) + random.choice([0, np.pi / 2]))
    count, width, reach = random.integers(2, 5), u(0.2, 0.32), u(0.2, 0.6)
    painted = image
    for finger in range(count):
        across = (finger - (count - 1) / 2) * width * 1.02
        line = face.at(centre + np.array([[reach + u(0, 0.2), across], [-1.6, across]]) @ turn)
        for part, shade in ((1.0, 0.65), (0.8, 1.0)):
            level = np.array([np.clip(tone * shade, 8, 248)])
            painted = strokes(painted, [line], level, part * width * face.unit)
    return painted


def fist(image: Grey, face: Frame, random: Random) -> Grey:
    """A closed hand or a palm before mouth and chin: round, shaded, creased."""
    u = random.uniform
    tone = float(np.clip(_tone(image) * u(0.75, 1.15), 20, 240))
    mouth = face.points[3:].mean(axis=0)
    centre = mouth + np.array([u(-0.35, 0.35), u(-0.15, 0.3)])
    size, turn = u([0.5, 0.35], [0.85, 0.6]), _rotation(u(-0.7, 0.7))
    wave = 1 + 0.08 * np.sin(_RING * random.integers(3, 7) + u(0, 6))
    blob = np.stack([np.cos(_RING), np.sin(_RING)], 1) * wave[:, None]
    skin = _skin(image, face, random) if random.random() < 0.6 else None
    arm = np.array([[-0.5, 0.2], [0.5, 0.2], [0.6, 3.0], [-0.6, 3.0]]) * size
    painted = lay(image, face.at(centre + arm @ _rotation(u(-0.8, 0.8))), tone * 0.85, random)
    rim = face.at(centre + (blob * size) @ turn)
    painted = lay(painted, rim, tone * u(0.4, 0.9), random)
    for part, shade in ((u(0.92, 1.0), u(0.85, 1.0)), (0.7, 1.0)):
        outline = face.at(centre + (blob * size * part) @ turn)
        painted = lay(painted, outline, tone * shade, random, surface=skin)
    knuckles = np.linspace(-0.6, 0.6, random.integers(3, 5))
    creases = [
        face.at(centre + (np.array([[x, -0.8], [x + u(-0.1, 0.1), u(0.0, 0.6)]]) * size) @ turn)
        for x in knuckles
    ]
    levels = tone * u(0.55, 0.95, len(creases))
    return strokes(painted, creases, levels, face.unit * u(0.02, 0.05))


def _skin(image: Grey, face: Frame, random: Random) -> Grey:
    # A piece of a cheek, blown up over the whole picture: the face's own light and texture.
    side = random.choice([-1, 1])
    column, row = face.at(np.array([side * 0.45, 0.55])) // 16
    reach = max(3, int(0.2 * face.unit))
    piece = image[max(0, row - reach) : row + reach, max(0, column - reach) : column + reach]
    if not piece.size:
        return _surface(image.shape, _tone(image), random)
    size, gain = (image.shape[1], image.shape[0]), random.uniform(0.75, 1.15)
    large = cv2.resize(piece, size, interpolation=cv2.INTER_CUBIC) * np.float32(gain)
    return np.asarray(large + random.normal(0, random.uniform(0, 6), image.shape), np.float32)


def _rotation(angle: float) -> NDArray[np.float64]:
    return np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])


PAINTERS: Final[dict[str, tuple[int, Painter]]] = {
    "beside": (0, beside),
    "mask": (1, mask),
    "dark_glasses": (2, dark_glasses),
    "hair": (3, hair),
    "patch": (3, patch),
    "band": (3, band),
    "fingers": (3, fingers),
    "fist": (3, fist),
}
"""By kind: the class (0 is a bare face) and who paints it."""


def bgr(image: Grey) -> Image:
    """A picture as the engine takes it."""
    grey = np.clip(np.round(image), 0, 255).astype(np.uint8)
    return np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), np.uint8)
