"""A generic head in 3-D: its five landmarks, its surface, and the pose that a picture shows it in.

No model is learned. Sizes are rounded means of adult anthropometry in millimetres. The head's frame
is the camera's when the face looks straight into it: x to the picture's right, y down, z away from
the camera, its origin half-way between the eyes. So a nose stands at negative z.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LANDMARKS_MM: Floats = np.array(
    [
        (-31.5, 0.0, 0.0),  # the person's right eye
        (31.5, 0.0, 0.0),
        (0.0, 38.0, -32.0),  # nose tip
        (-25.0, 68.0, -6.0),
        (25.0, 68.0, -6.0),
    ]
)

CENTRE_MM = (0.0, 12.0, 78.0)
RADII_MM = (78.0, 112.0, 92.0)
_LARGEST_STEP = np.array([0.3, 0.3, 0.3, 0.3, 30.0, 30.0])
_PITCH_PRIOR = 0.15
"""Weight that draws pitch to zero: five points hardly tell it from the face's proportions."""


@dataclass(frozen=True)
class Pose:
    """How a head stands in a picture, by scaled orthography.

    Attributes:
        yaw, pitch, roll: radians. Positive yaw turns the nose to the picture's left, positive pitch
            lifts it, positive roll turns the head clockwise as the picture shows it.
        scale: pixels per millimetre.
        origin: pixels, where the point between the eyes falls.
    """

    yaw: float
    pitch: float
    roll: float
    scale: float
    origin: tuple[float, float]

    @property
    def rotation(self) -> Floats:
        """(3, 3): head frame to camera frame."""
        return rotation(self.yaw, self.pitch, self.roll)


def rotation(yaw: float, pitch: float, roll: float) -> Floats:
    """Yaw about the head's own vertical, then pitch, then roll: `Rz Rx Ry`."""
    (cy, sy), (cp, sp), (cr, sr) = ((np.cos(a), np.sin(a)) for a in (yaw, pitch, roll))
    about_y = np.array([(cy, 0, sy), (0, 1, 0), (-sy, 0, cy)])
    about_x = np.array([(1, 0, 0), (0, cp, -sp), (0, sp, cp)])
    about_z = np.array([(cr, -sr, 0), (sr, cr, 0), (0, 0, 1)])
    return np.asarray(about_z @ about_x @ about_y)


def estimate_pose(landmarks: NDArray[np.floating]) -> Pose:
    """The pose in which the generic head's landmarks fall closest to (5, 2) pixels.

    Gauss-Newton over six numbers; the detector's order of landmarks.
    """
    points = np.asarray(landmarks, dtype=np.float64)
    eyes = points[1] - points[0]
    down = points[3:].mean(0) - points[:2].mean(0)
    size = max(float(np.hypot(*eyes)), float(np.hypot(*down)))
    roll, log_scale = np.arctan2(eyes[1], eyes[0]), np.log(size / 65.0)
    state = np.array([0.0, 0.0, roll, log_scale, *points[:2].mean(0)])
    steps = np.diag([1e-4, 1e-4, 1e-4, 1e-4, 1e-3, 1e-3])
    for _ in range(40):
        residual = _residual(state, points)
        jacobian = np.stack(
            [(_residual(state + h, points) - residual) / h.sum() for h in steps], axis=1
        )
        change = np.linalg.lstsq(jacobian, -residual, rcond=None)[0]
        state = state + np.clip(change, -_LARGEST_STEP, _LARGEST_STEP)
        if np.abs(change).max() < 1e-6:
            break
    yaw, pitch, roll, log_scale, x, y = (float(v) for v in state)
    return Pose(yaw, pitch, roll, float(np.exp(log_scale)), (x, y))


def _residual(state: Floats, points: Floats) -> Floats:
    """Ten distances in units of the eyes' distance, and the prior."""
    scale = np.exp(state[3])
    seen = scale * (LANDMARKS_MM @ rotation(*state[:3]).T)[:, :2] + state[4:]
    return np.append((seen - points).ravel() / (63.0 * scale), _PITCH_PRIOR * state[1])


def surface(x: Floats, y: Floats) -> Floats:
    """Depth of the head's front at (x, y) millimetres: a dome with nose, mouth and chin.

    The dome is a paraboloid: unlike an ellipsoid it has no wall where it ends, and hair and neck
    find a place on its slope.
    """
    (cx, cy, _), (rx, ry, _) = CENTRE_MM, RADII_MM
    out = np.hypot((x - cx) / rx, (y - cy) / ry)
    dome = 62.0 * np.minimum(out, 1.6) ** 2 - 10.8
    nose = 19.3 * _bump(x, 0, 11) * np.where(y < 38, _bump(y, 38, 24), _bump(y, 38, 8))
    mouth = 22.0 * _bump(x, 0, 32) * _bump(y, 72, 20)
    chin = 24.0 * _bump(x, 0, 26) * _bump(y, 110, 18)
    return np.asarray(dome - nose - mouth - chin)


def normals(x: Floats, y: Floats) -> Floats:
    """Unit normals (..., 3) of the surface in the head's frame, pointing out of the face."""
    h = 1.0
    dx = (surface(x + h, y) - surface(x - h, y)) / (2 * h)
    dy = (surface(x, y + h) - surface(x, y - h)) / (2 * h)
    raw = np.stack([dx, dy, -np.ones_like(dx)], axis=-1)
    return np.asarray(raw / np.linalg.norm(raw, axis=-1, keepdims=True))


def _bump(value: Floats, middle: float, width: float) -> Floats:
    return np.asarray(np.exp(-0.5 * ((value - middle) / width) ** 2))


def intersect(origin: Floats, directions: Floats, near: float, far: float) -> Floats:
    """Where rays first meet the surface: (..., 3) points in the head's frame.

    Args:
        origin: (3,) the eye's place in the head's frame, millimetres.
        directions: (..., 3) rays, each followed from `near` to `far` times its length. A ray that
            never meets the surface ends at `far`.
    """
    steps = np.linspace(near, far, 40)
    low = np.full(directions.shape[:-1], near)
    high = np.full(directions.shape[:-1], far)
    met = np.zeros(low.shape, dtype=bool)
    for step in steps:
        inside = ~met & _behind(origin + step * directions)
        high[inside] = step
        met |= inside
        low[~met] = step
    for _ in range(8):
        middle = (low + high) / 2
        inside = _behind(origin + middle[..., None] * directions)
        high, low = np.where(inside, middle, high), np.where(inside, low, middle)
    return np.asarray(origin + high[..., None] * directions)


def covered(points: Floats, towards: Floats) -> NDArray[np.bool_]:
    """Whether the head itself stands between points (..., 3) on it and a far eye.

    Args:
        towards: (3,) unit direction to the eye in the head's frame.
    """
    hit = np.zeros(points.shape[:-1], dtype=bool)
    for distance in (6.0, 10.0, 16.0, 24.0, 34.0, 46.0, 60.0, 80.0, 105.0, 135.0, 170.0):
        hit |= _behind(points + distance * towards - np.array([0.0, 0.0, 2.0]))
    return hit


def _behind(points: Floats) -> NDArray[np.bool_]:
    return np.asarray(points[..., 2] >= surface(points[..., 0], points[..., 1]))
