"""The photo on a card's chip beside the person at the counter: in the memory of one process.

For a clerk's eyes, or for the models where the person agreed: one comparison of three good frames
with the photo's only face. Everything goes two minutes after the clerk's last touch, and when the
visit is done.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from models.errors import FrameRefused, ImageRefused
from models.images import decode
from models.types import Floats
from verifier.counter.documents import Document
from verifier.counter.items import Item
from verifier.matching.embedding import cosine, probe_of
from verifier.protocol.claim import LegalBasis
from verifier.protocol.decision import Comparison

from .live import Look
from .samples import Faces

LIFE_S: Final = 120.0
MOST: Final = 256
SAMPLES: Final = 3


@dataclass
class Beside:
    """One card's photo at one visit, for the clerk who took the visit.

    Attributes:
        photo: PNG, as the desk's agent sent it.
        why_not: why no camera is asked for (`verifier.counter.chip.WhyNot`), `no_face` where the
            photo has none that can be found, `no_models`; empty where it may be.
        comparison: what the models found; one for each time that a card is laid.
    """

    account: str
    item: Item
    document: Document = field(repr=False)
    photo: bytes = field(repr=False)
    why_not: str = ""
    basis: LegalBasis | None = None
    comparison: Comparison | None = None
    vectors: list[Floats] = field(default_factory=list, repr=False)
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    touched: float = 0.0

    @property
    def looks(self) -> bool:
        """Whether the person agreed and nothing was compared yet."""
        return self.basis is not None and self.comparison is None and not self.why_not

    def take(self, look: Look, same_person: float) -> str:
        """Keep a good frame's sample; what the person is to mend. `another` begins anew."""
        with self.lock:
            if look.vector is None or not self.looks:
                return look.code
            if self.vectors and float(look.vector @ self.vectors[0]) < same_person:
                self._forget_face()
                return "another"
            self.vectors.append(look.vector)
            return ""

    def score(self, faces: Faces) -> float | None:
        """Cosine of the live face and the photo's, once there are samples enough; None before.

        The samples are dropped with it.
        """
        with self.lock:
            if len(self.vectors) < SAMPLES:
                return None
            chip = face_of(faces, self.photo)
            found = None if chip is None else cosine(chip, probe_of(np.stack(self.vectors)))
            self._forget_face()
            return found

    def forget(self) -> None:
        """Drop photo and samples."""
        with self.lock:
            self._forget_face()
            self.photo = b""

    def _forget_face(self) -> None:
        for vector in self.vectors:
            vector.fill(0.0)
        self.vectors = []


def face_of(faces: Faces, photo: bytes) -> Floats | None:
    """The photo's only face, unit, mirror-averaged as the live ones; None where there is no one."""
    try:
        picture = decode(photo)
        seen = faces.observe(picture)
    except (ImageRefused, FrameRefused):
        return None
    if seen.face is None or len(seen.faces) != 1:
        return None
    vector: Floats = faces.embed(np.stack([faces.align(picture, seen.face)]), mirror=True)[0]
    return vector


class Photos:
    """All that lie beside somebody now, one for a clerk; page and desk must reach this process."""

    def __init__(self, tick: Callable[[], float] = time.monotonic) -> None:
        self._tick = tick
        self._by_account: dict[str, Beside] = {}
        self._lock = threading.Lock()

    def put(self, beside: Beside) -> None:
        """In place of the clerk's last one."""
        with self._lock:
            self._drop(beside.account)
            while len(self._by_account) >= MOST:
                self._drop(min(self._by_account.values(), key=lambda one: one.touched).account)
            beside.touched = self._tick()
            self._by_account[beside.account] = beside

    def open(self, account: str, item: str) -> Beside | None:
        """The clerk's own of this visit, touched; None where it is over."""
        with self._lock:
            self._forget_old()
            found = self._by_account.get(account)
            if found is None or found.item.id != item:
                return None
            found.touched = self._tick()
            return found

    def drop(self, account: str) -> None:
        """The visit is done, or goes another way."""
        with self._lock:
            self._drop(account)

    def forget_old(self) -> None:
        """Drop what has had its time."""
        with self._lock:
            self._forget_old()

    def __len__(self) -> int:
        with self._lock:
            return len(self._by_account)

    def _drop(self, account: str) -> None:
        if found := self._by_account.pop(account, None):
            found.forget()

    def _forget_old(self) -> None:
        now = self._tick()
        for account, one in list(self._by_account.items()):
            if one.touched + LIFE_S <= now:
                self._drop(account)
