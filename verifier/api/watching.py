"""Where a running verifier's rules of 疑点 run: each night, and when somebody asks for it."""

from typing import TYPE_CHECKING

from verifier.watch import rules, running
from verifier.watch.running import Watch

if TYPE_CHECKING:
    from .site import Dependencies


def watch_of(parts: "Dependencies") -> Watch:
    """The rules that ship, with this hospital's keys, thresholds and region."""

    def cosine(fmr: float) -> float:
        return parts.calibration.threshold(fmr, allow_tail=True).cosine

    return Watch(parts.keyring, parts.gallery, rules.load(), cosine, parts.region_key)


def nightly(parts: "Dependencies") -> int:
    """Run what is switched on; how many new cases there are."""
    with parts.engine.begin() as conn:
        return running.run(watch_of(parts), conn, parts.clock())
