"""What a judge works with, and what one claim carries along while it is judged."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from sqlalchemy import Engine

from verifier.identity.resolver import CredentialResolver
from verifier.matching.embedding import Embedder
from verifier.matching.following import FollowedGallery
from verifier.policy.rules import Rules
from verifier.protocol.claim import Claim
from verifier.protocol.values import now
from verifier.trust.keys import KeyRing

from .challenges import Spent
from .expected import ExpectedVisits, NobodyExpected
from .records import Judged
from .terminals import TerminalDirectory

SKEW_WARNING_S = 30.0


@dataclass(frozen=True)
class Bench:
    """Every part is passed in by the composition."""

    engine: Engine
    keyring: KeyRing
    rules: Rules
    gallery: FollowedGallery
    embedder: Embedder
    directory: TerminalDirectory
    institution: str
    demo: bool
    mode: Literal["central", "on_device"]
    clock: Callable[[], datetime] = now
    resolver: CredentialResolver | None = None
    expected: ExpectedVisits = field(default_factory=NobodyExpected)
    on_clone: Callable[[str], None] = lambda _: None
    """Hears of a terminal that was just suspended since its key seems to be copied."""


@dataclass
class Case:
    """One claim being judged. `crops` are the keys of pixels that were judged, once they were."""

    judged: Judged
    spent: Spent
    crops: tuple[str, ...] = ()
    holds_lock: bool = True

    @property
    def claim(self) -> Claim:
        """The claim."""
        return self.judged.claim


def health(skew_s: float | None) -> list[str]:
    """What is odd about a terminal. A wrong clock is a warning, never a refusal."""
    return ["clock_skew"] if skew_s is not None and abs(skew_s) > SKEW_WARNING_S else []
