"""Which pixels of a picture are one person's head: an alpha mask, so that no neighbour comes along.

GrabCut (Rother, Kolmogorov & Blake 2004) between what the generic head surely covers and what it
surely does not.
"""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from .head import CENTRE_MM, RADII_MM, Pose

Mask = NDArray[np.float32]

_SURE, _LIKELY, _POSSIBLE = 0.9, 1.2, 1.5
"""Parts of the head's ellipsoid: surely head, likely head or hair, perhaps hair or neck."""

_WORK_SCALE = 0.6
_ROUNDS = 3


def head_matte(picture: NDArray[np.uint8], pose: Pose, others: Sequence[Pose] = ()) -> Mask:
    """Alpha of one head, float32 (H, W) in 0..1; `others` are the neighbours' poses."""
    x0, y0, x1, y1 = _window(pose, picture.shape[:2])
    part = np.ascontiguousarray(picture[y0:y1, x0:x1])
    labels = _labels(part.shape[:2], (x0, y0), pose, others)
    found = _grab_cut(part, labels)
    alpha = np.zeros(picture.shape[:2], np.float32)
    alpha[y0:y1, x0:x1] = cv2.GaussianBlur(found, (0, 0), 1.6)
    return alpha


def _window(pose: Pose, shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    reach = 215 * pose.scale
    x, y = pose.origin
    return (
        max(int(x - reach), 0),
        max(int(y - reach), 0),
        min(int(x + reach), shape[1]),
        min(int(y + reach), shape[0]),
    )


def _labels(
    shape: tuple[int, ...], corner: tuple[int, int], pose: Pose, others: Sequence[Pose]
) -> NDArray[np.uint8]:
    labels = np.full(shape, cv2.GC_BGD, np.uint8)
    labels[outline(pose, shape, corner, _POSSIBLE)] = cv2.GC_PR_BGD
    labels[outline(pose, shape, corner, _LIKELY)] = cv2.GC_PR_FGD
    for other in others:
        labels[outline(other, shape, corner, _LIKELY)] = cv2.GC_BGD
    labels[outline(pose, shape, corner, _SURE)] = cv2.GC_FGD
    return labels


def outline(
    pose: Pose, shape: tuple[int, ...], corner: tuple[int, int], size: float
) -> NDArray[np.bool_]:
    """Pixels within the projection of the head's ellipsoid, grown `size` times about its centre."""
    turned = pose.rotation[:2] * (np.array(RADII_MM) * size * pose.scale)
    centre = pose.rotation[:2] @ np.array(CENTRE_MM) * pose.scale + np.array(pose.origin)
    inverse = np.linalg.inv(turned @ turned.T)
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float64)
    dx, dy = x + corner[0] - centre[0], y + corner[1] - centre[1]
    inside = inverse[0, 0] * dx * dx + 2 * inverse[0, 1] * dx * dy + inverse[1, 1] * dy * dy <= 1
    return np.asarray(inside)


def _grab_cut(part: NDArray[np.uint8], labels: NDArray[np.uint8]) -> Mask:
    """float32 0 or 1; found on a smaller copy, which is faster and as good."""
    small = cv2.resize(part, None, fx=_WORK_SCALE, fy=_WORK_SCALE, interpolation=cv2.INTER_AREA)
    background, foreground = np.zeros((1, 65)), np.zeros((1, 65))  # the two colour models
    marks = cv2.resize(labels, small.shape[1::-1], interpolation=cv2.INTER_NEAREST)
    cv2.setRNGSeed(7)
    nowhere = (0, 0, 0, 0)
    cv2.grabCut(small, marks, nowhere, background, foreground, _ROUNDS, cv2.GC_INIT_WITH_MASK)
    found = np.isin(marks, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.float32)
    sized = cv2.resize(found, part.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray(sized, np.float32)
