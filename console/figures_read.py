"""What the page of figures is made from, read in one go, and its plots."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from verifier.api.site import Site
from verifier.figures import visits
from verifier.figures.asked import Asked
from verifier.figures.spans import Span, Unit, spans, unit_of
from verifier.figures.visits import OUTCOMES, Reason, Visits

from . import plots
from .plots import Plot

Words = Callable[..., str]
MOST_LABELS = 8
MOST_REASONS = 10


@dataclass(frozen=True)
class Read:
    """The figures of one range."""

    at: datetime
    asked: Asked
    unit: Unit
    spans: list[Span]
    visits: Visits
    reasons: list[Reason]


@dataclass(frozen=True)
class Bar:
    """One row of bars: `width` of 1000."""

    name: str
    kind: str
    count: int
    width: float


@dataclass(frozen=True)
class Drawn:
    """Its plots."""

    visits: Plot
    reasons: list[Bar]


def read(site: Site, asked: Asked) -> Read:
    """Everything, in one connection."""
    mine = site.parts.institution
    with site.parts.engine.connect() as conn:
        return Read(
            at=site.parts.clock(),
            asked=asked,
            unit=unit_of(asked),
            spans=spans(asked),
            visits=visits.visits(conn, mine, asked),
            reasons=visits.reasons(conn, mine, asked),
        )


def drawn(seen: Read, words: Words) -> Drawn:
    """The plots, with words in the visitor's language."""
    return Drawn(_visits(seen, words), _reasons(seen, words))


def named(span: Span, unit: Unit) -> str:
    """A span of time as people read it: 11-27 08:00, 2026-11-27, or a week from–to."""
    if unit == "hour":
        return f"{span.start:%m-%d %H:00}–{span.end:%H:00}"
    if unit == "day":
        return f"{span.start:%Y-%m-%d}"
    return f"{span.start:%Y-%m-%d} – {span.end - timedelta(days=1):%m-%d}"


def axis(found: list[Span], unit: Unit) -> list[tuple[float, str]]:
    """A few labels, each at a place in columns."""
    if unit == "hour":
        every = 3 if len(found) <= 24 else 12
        hours = [(n, span.start) for n, span in enumerate(found) if n % every == 0]
        alone = len(found) <= 24
        said = [(float(n), f"{at:%H:00}" if alone else _day_or_hour(at)) for n, at in hours]
        return [*said, (float(len(found)), "24:00")] if alone else said
    every = -(-len(found) // MOST_LABELS)
    return [(n + 0.5, f"{span.start:%m-%d}") for n, span in enumerate(found) if n % every == 0]


def _visits(seen: Read, words: Words) -> Plot:
    series = [(outcome, seen.visits.counts[outcome]) for outcome in OUTCOMES]
    said = [named(span, seen.unit) for span in seen.spans]
    names = [words(f"console.figures.outcome.{outcome}") for outcome in OUTCOMES]
    return plots.stacked(series, said, axis(seen.spans, seen.unit), names)


def reason_name(code: str, refused: bool, words: Words) -> str:
    """A reason or a refusal in words; a code of another version as it stands."""
    key = f"console.figures.refused.{code}" if refused else f"console.counter.reason.{code}"
    found = words(key)
    return code if found == key else found


def _reasons(seen: Read, words: Words) -> list[Bar]:
    shown = [each for each in seen.reasons if each.other][:MOST_REASONS]
    most = shown[0].other if shown else 0
    return [
        Bar(
            reason_name(each.code, each.refused, words),
            "refused" if each.refused else "refer",
            each.other,
            plots.share(each.other, most),
        )
        for each in shown
    ]


def _day_or_hour(at: datetime) -> str:
    return f"{at:%m-%d}" if at.hour == 0 else f"{at:%H:00}"
