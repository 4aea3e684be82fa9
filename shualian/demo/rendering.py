"""Another rendering of a person: the head turned in 3-D, relit, softened, at most half the size.

The probe that stands before the demo's camera is never the enrolled picture. Its pixels are found
by following a ray from the camera to a generic head (`head`), and looking where the sample picture
shows that point of the head. What the picture hides is taken from the other half of the face. No
network, no learned model.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from devices.camera.simulated import Portrait

from . import head
from .bust import Bust, Colour, draw_bust
from .head import Floats, Pose
from .matte import Mask, head_matte

Picture = NDArray[np.uint8]

EYE_MM = 650.0
"""The camera's distance from the point between the eyes: as near as at a terminal."""

LEFT_MM, UP_MM, WIDTH_MM, HEIGHT_MM = 150.0, 165.0, 300.0, 330.0
"""The window that is rendered, about the point between the eyes."""

FACE_MM = 190.0
"""Hairline to chin."""

_SPINE_MM = (0.0, 95.0, 85.0)

_FINE = 2.0
"""Rays per output pixel and side."""


@dataclass(frozen=True)
class Look:
    """How a probe differs from the picture that it comes from.

    Attributes:
        turn: radians about the head's own vertical.
        shrink: how many times smaller, per side.
        light: where the light comes from, in camera axes (x right, y down, z away).
        ambient, direct: shares of light from everywhere and from `light`.
        gamma: exponent on values 0..1; above one darkens the middle tones.
        blur: standard deviation of the softening, output pixels.
        upright: how much of the head's roll is taken away, 0..1.
    """

    turn: float
    shrink: float = 2.02
    light: tuple[float, float, float] = (0.30, 0.60, -0.60)
    ambient: float = 0.76
    direct: float = 0.24
    gamma: float = 1.12
    blur: float = 0.6
    upright: float = 0.7


@dataclass(frozen=True, eq=False)
class Cutout:
    """A drawn or rendered head and shoulders.

    Attributes:
        picture: uint8 (H, W, 3), BGR.
        alpha: float32 (H, W), 0..1.
        pose: how the head stands in it.
    """

    picture: Picture
    alpha: Mask
    pose: Pose


def render(picture: Picture, pose: Pose, look: Look, neighbours: Sequence[Pose] = ()) -> Cutout:
    """One person's probe.

    Args:
        picture: uint8 (H, W, 3) BGR, in which the person stands with `pose`.
        neighbours: poses of the other people in it, kept out of the result.
    """
    scale = pose.scale / look.shrink
    target = Pose(
        pose.yaw + look.turn,
        pose.pitch,
        pose.roll * (1 - look.upright),
        scale * _FINE,
        (LEFT_MM * scale * _FINE, UP_MM * scale * _FINE),
    )
    points = _points(target)
    colour, alpha = _seen(picture, head_matte(picture, pose, neighbours), pose, points)
    lit = _relit(colour, points, target, look)
    return _on_shoulders(lit, alpha * _within(points), target, look)


def towards_camera(pose: Pose, turn: float) -> float:
    """A turn of this size, with the sign that leaves the head nearer to looking straight."""
    return -turn if pose.yaw > 0 else turn


def as_portrait(cutout: Cutout) -> Portrait:
    """What the simulated camera shows, a pixel of the cutout for a pixel of the frame."""
    return Portrait(cutout.picture, cutout.alpha, FACE_MM * cutout.pose.scale)


def silhouette(face_height: float = 240.0) -> Portrait:
    """A drawn, neutral head and shoulders: for screenshots, and to show that nobody is there."""
    bust = draw_bust(face_height / FACE_MM, with_head=True)
    return Portrait(bust.picture, bust.alpha, face_height)


def _points(target: Pose) -> Floats:
    """(h, w, 3) millimetres in the head's frame: what each ray of the output meets."""
    width, height = round(WIDTH_MM * target.scale), round(HEIGHT_MM * target.scale)
    x, y = np.meshgrid(
        (np.arange(width) + 0.5 - target.origin[0]) / target.scale,
        (np.arange(height) + 0.5 - target.origin[1]) / target.scale,
    )
    rays = np.stack([x, y, np.full_like(x, EYE_MM)], axis=-1)
    eye = np.array([0.0, 0.0, -EYE_MM])
    return head.intersect(eye @ target.rotation, rays @ target.rotation, 0.85, 1.30)


def _seen(picture: Picture, matte: Mask, pose: Pose, points: Floats) -> tuple[Floats, Floats]:
    """Colour (h, w, 3) and alpha (h, w) of points of the head, hidden ones from the other half."""
    layers = np.dstack([picture * matte[..., None], matte]).astype(np.float32)
    mirrored = points * np.array([-1.0, 1.0, 1.0])
    own, other = _sample(layers, pose, points), _sample(layers, pose, mirrored)
    trust = _visible(points, pose) * _face_only(points, own[..., 3])
    instead = _visible(mirrored, pose) * _face_only(points, other[..., 3])
    share = _soft(np.where(trust >= instead, 1.0, np.clip(trust / 0.35, 0, 1)), 4 * pose.scale)
    mixed = share[..., None] * own + (1 - share[..., None]) * other
    colour = mixed[..., :3] / np.maximum(mixed[..., 3:], 1e-2)
    return colour, np.clip((mixed[..., 3] - 0.2) / 0.6, 0, 1)


def _visible(points: Floats, pose: Pose) -> Floats:
    """0..1: how well the picture shows these points; zero where the head stands before them."""
    facing = -(head.normals(points[..., 0], points[..., 1]) @ pose.rotation[2])
    hidden = head.covered(points, -pose.rotation[2])
    doubt = 1.4 * max(abs(pose.rotation[2, 0]) - 0.3, 0.0)
    least = 0.08 + doubt + 0.17 * np.clip((_reach(points) - 0.7) / 0.2, 0, 1)
    return np.where(hidden, 0.0, np.clip((facing - least) / 0.3, 0.0, 1.0))


def _face_only(points: Floats, matte: Floats) -> Floats:
    """Within the face only what the matte calls head is trusted; beyond it, all is."""
    return np.maximum(matte, np.clip((_reach(points) - 0.85) / 0.15, 0, 1))


def _reach(points: Floats) -> Floats:
    """How far from the middle of the face, 1 at the head's outline."""
    (cx, cy, _), (rx, ry, _) = head.CENTRE_MM, head.RADII_MM
    return np.hypot((points[..., 0] - cx) / rx, (points[..., 1] - cy) / ry)


def _sample(layers: NDArray[np.float32], pose: Pose, points: Floats) -> Floats:
    seen = points @ pose.rotation[:2].T * pose.scale + np.array(pose.origin)
    place = seen.astype(np.float32)
    return np.asarray(
        cv2.remap(layers, place[..., 0], place[..., 1], cv2.INTER_LINEAR), dtype=np.float64
    )


def _relit(colour: Floats, points: Floats, target: Pose, look: Look) -> Floats:
    """Lambert's law under one soft light beside the ambient, then gamma."""
    light = np.array(look.light) / np.linalg.norm(look.light)
    normal = head.normals(points[..., 0], points[..., 1]) @ target.rotation.T
    shade = _soft(look.ambient + look.direct * np.clip(normal @ light, 0, 1), 3 * target.scale)
    return np.asarray(255 * np.clip(colour * shade[..., None] / 255, 0, 1) ** look.gamma)


def _within(points: Floats) -> Floats:
    """1 on head and hair, falling to 0 beyond and down the neck."""
    return np.clip((1.5 - _reach(points)) / 0.12, 0, 1) * np.clip((150 - points[..., 1]) / 25, 0, 1)


def _soft(values: Floats, sigma: float) -> Floats:
    return np.asarray(cv2.GaussianBlur(values, (0, 0), max(sigma, 0.3)))


def _on_shoulders(colour: Floats, alpha: Floats, target: Pose, look: Look) -> Cutout:
    """The head over a drawn bust, at its final size."""
    scale = target.scale / _FINE
    bust = draw_bust(scale, _skin(colour, target))
    fine = np.dstack([colour * alpha[..., None], alpha])
    small = cv2.resize(fine, None, fx=1 / _FINE, fy=1 / _FINE, interpolation=cv2.INTER_AREA)
    return _compose(np.asarray(small, np.float64), bust, replace(target, scale=scale), look.blur)


def _skin(colour: Floats, target: Pose) -> Colour:
    """The cheeks' median colour, for the neck."""
    (x, y), scale = target.origin, target.scale
    rows = slice(int(y + 15 * scale), int(y + 60 * scale))
    cheeks = colour[rows, int(x - 45 * scale) : int(x + 45 * scale)]
    blue, green, red = np.median(cheeks.reshape(-1, 3), axis=0)
    return float(blue), float(green), float(red)


def _compose(small: Floats, bust: Bust, pose: Pose, blur: float) -> Cutout:
    """The head stands with the top of its spine over the middle of the neck."""
    lean = (pose.rotation @ np.array(_SPINE_MM) - np.array(_SPINE_MM))[:2] * pose.scale
    x = round(bust.origin[0] - lean[0] - LEFT_MM * pose.scale)
    y = max(round(bust.origin[1] - lean[1] - UP_MM * pose.scale), 0)
    area = np.s_[y : y + small.shape[0], x : x + small.shape[1]]
    canvas = bust.picture.astype(np.float64) * bust.alpha[..., None]
    canvas = np.dstack([canvas, bust.alpha.astype(np.float64)])
    canvas[area] = small + canvas[area] * (1 - small[..., 3:])
    canvas = _soft(canvas, blur)
    alpha = np.clip(canvas[..., 3], 0, 1)
    colour = canvas[..., :3] / np.maximum(alpha, 1e-3)[..., None]
    origin = (x + LEFT_MM * pose.scale, y + UP_MM * pose.scale)
    return Cutout(
        np.clip(colour, 0, 255).round().astype(np.uint8),
        alpha.astype(np.float32),
        replace(pose, origin=origin),
    )
