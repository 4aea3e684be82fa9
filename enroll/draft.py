"""An enrolment that is being made: in the memory of one process, and nowhere else.

Samples and picture go two minutes after the clerk's last touch, the rest after ten; all of it when
the enrolment is done, or given up.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal

import numpy as np

from codes.id_number import IdNumber
from models.types import Floats
from verifier.identity.desk_records import About
from verifier.protocol.values import new_id

from .application import Application, DocumentNumber, GivenConsent
from .live import Look
from .samples import Samples

FACE_LIFE_S: Final = 120.0
DRAFT_LIFE_S: Final = 600.0
MOST_DRAFTS: Final = 256
LEAST_SAMPLES: Final = 3
MOST_SAMPLES: Final = 5
GOOD: Final = 0.6
"""Quality of a sample; three of them are enough, of others five are taken."""


@dataclass(frozen=True)
class Guardian:
    """Who agrees for a child. The `repr` shows nothing."""

    number: IdNumber = field(repr=False)
    name: str = field(repr=False)
    relation: str


@dataclass
class Draft:
    """Who is being enrolled, and how far it is.

    Attributes:
        account: of the clerk; nobody else opens it.
        way: `card` as a reader read it, or `typed`.
        again: the person of a re-enrolment.
        refused: code with which saving was refused last.
    """

    account: str
    login: str
    site: str
    way: Literal["card", "typed"]
    number: IdNumber | DocumentNumber = field(repr=False)
    name: str = field(repr=False)
    about: About | None = field(default=None, repr=False)
    id: str = field(default_factory=new_id)
    again: str | None = None
    consent: GivenConsent | None = None
    guardian: Guardian | None = field(default=None, repr=False)
    told_apart: dict[str, str] = field(default_factory=dict)
    vectors: list[Floats] = field(default_factory=list, repr=False)
    scores: list[float] = field(default_factory=list)
    picture: bytes = field(default=b"", repr=False)
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    touched: float = 0.0

    @property
    def birth(self) -> date | None:
        """As the number or the document says it."""
        if isinstance(self.number, IdNumber):
            return self.number.birth
        return self.about.birth if self.about else None

    def age_on(self, day: date) -> int | None:
        """Whole years, where a birth date is known."""
        born = self.birth
        if born is None:
            return None
        return day.year - born.year - ((day.month, day.day) < (born.month, born.day))

    @property
    def enough(self) -> bool:
        """Whether the camera may rest."""
        good = sum(score >= GOOD for score in self.scores)
        return good >= LEAST_SAMPLES or len(self.scores) >= MOST_SAMPLES

    def take(self, look: Look, same_person: float) -> str:
        """Keep a good frame's sample; `another` where somebody else stands there, and all begins
        anew.
        """
        with self.lock:
            if look.vector is None or self.enough:
                return look.code
            if self.vectors and float(look.vector @ self.vectors[0]) < same_person:
                self._forget_face()
                return "another"
            if not self.scores or look.quality > max(self.scores):
                self.picture = look.picture
            self.vectors.append(look.vector)
            self.scores.append(look.quality)
            return ""

    def samples(self) -> Samples:
        """What was taken. Raises `ValueError` where nothing was."""
        with self.lock:
            return Samples(np.stack(self.vectors), max(self.scores), ())

    def application(self) -> Application:
        """What is asked for; the consent must have been given."""
        if self.consent is None:
            raise ValueError("no consent was given")
        return Application(
            self.number,
            self.name,
            self.consent,
            told_apart=tuple(self.told_apart),
            link_reason=next(iter(self.told_apart.values()), "listed"),
            by=self.login,
        )

    def forget_face(self) -> None:
        """Drop samples and picture."""
        with self.lock:
            self._forget_face()

    def _forget_face(self) -> None:
        for vector in self.vectors:
            vector.fill(0.0)
        self.vectors, self.scores, self.picture = [], [], b""


class Drafts:
    """All that are being made by this process; clerk and page must reach the same one."""

    def __init__(self, tick: Callable[[], float] = time.monotonic) -> None:
        self._tick = tick
        self._drafts: dict[str, Draft] = {}
        self._lock = threading.Lock()

    def put(self, draft: Draft) -> str:
        """Its id. A clerk has one at a time: the one before is given up."""
        with self._lock:
            for other in [d for d in self._drafts.values() if d.account == draft.account]:
                self._drop(other.id)
            while len(self._drafts) >= MOST_DRAFTS:
                self._drop(min(self._drafts.values(), key=lambda d: d.touched).id)
            draft.touched = self._tick()
            self._drafts[draft.id] = draft
            return draft.id

    def open(self, draft: str, account: str) -> Draft | None:
        """The clerk's own, touched; None where it is over or somebody else's."""
        with self._lock:
            self._forget_old()
            found = self._drafts.get(draft)
            if found is None or found.account != account:
                return None
            found.touched = self._tick()
            return found

    def of(self, account: str) -> Draft | None:
        """What this clerk has begun, not touched by asking."""
        with self._lock:
            self._forget_old()
            return next((d for d in self._drafts.values() if d.account == account), None)

    def drop(self, draft: str) -> None:
        """It is done, or given up: nothing of it stays."""
        with self._lock:
            self._drop(draft)

    def forget_old(self) -> None:
        """Drop what has had its time."""
        with self._lock:
            self._forget_old()

    def __len__(self) -> int:
        with self._lock:
            return len(self._drafts)

    def _drop(self, draft: str) -> None:
        if found := self._drafts.pop(draft, None):
            found.forget_face()

    def _forget_old(self) -> None:
        now = self._tick()
        for draft in list(self._drafts.values()):
            if draft.touched + DRAFT_LIFE_S <= now:
                self._drop(draft.id)
            elif draft.touched + FACE_LIFE_S <= now:
                draft.forget_face()
