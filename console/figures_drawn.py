"""The plots of the page of figures, in the visitor's words."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from verifier.figures.asked import SHANGHAI
from verifier.figures.counters import ENDED
from verifier.figures.scores import EDGES, Limit, Scores
from verifier.figures.spans import Span, Unit
from verifier.figures.visits import OUTCOMES
from verifier.identity.filing import FILE, WARN

from . import plots
from .figures_read import Read
from .plots import Plot

Words = Callable[..., str]
MOST_LABELS = 8
MOST_REASONS = 10
GAUGE = 120_000
"""People that a full gauge stands for; more, where there are more."""


@dataclass(frozen=True)
class Bar:
    """One row of bars: `width` of 1000; `part` of it is told apart."""

    name: str
    kind: str
    count: int
    width: float
    part: float = 0.0


@dataclass(frozen=True)
class Gauge:
    """People against the filing's marks, in 1000 units."""

    width: float
    marks: list[tuple[int, float]]


@dataclass(frozen=True)
class Drawn:
    """Its plots; `scores` are in the order of those that were read."""

    visits: Plot
    reasons: list[Bar]
    scores: list[Plot]
    machines: list[Bar]
    counter: list[Bar]
    enrolled: Plot
    gauge: Gauge


def drawn(seen: Read, words: Words) -> Drawn:
    """All of them."""
    return Drawn(
        visits=_visits(seen, words),
        reasons=_reasons(seen, words),
        scores=[_scores(each, words) for each in seen.scores],
        machines=_machines(seen),
        counter=_counter(seen, words),
        enrolled=_enrolled(seen, words),
        gauge=_gauge(seen.enrolled.now),
    )


def named(span: Span, unit: Unit) -> str:
    """A span of time as people read it: 11-27 08:00–09:00, 2026-11-27, or a week."""
    if unit == "hour":
        return f"{span.start:%m-%d %H:00}–{span.end:%H:00}"
    if unit == "day":
        return f"{span.start:%Y-%m-%d}"
    return f"{span.start:%Y-%m-%d} – {span.end - timedelta(days=1):%m-%d}"


def axis(found: Sequence[Span], unit: Unit) -> list[tuple[float, str]]:
    """A few labels, each at a place in columns."""
    if unit == "hour" and len(found) <= 24:
        said = [(float(n), f"{found[n].start:%H:00}") for n in range(0, 24, 3)]
        return [*said, (24.0, "24:00")]
    if unit == "hour":
        return [(float(n), _noon(found[n].start)) for n in range(0, len(found), 12)]
    return [(n + 0.5, f"{found[n].start:%m-%d}") for n in _some(len(found))]


def reason_name(code: str, refused: bool, words: Words) -> str:
    """A reason or a refusal in words; a code of another version as it stands."""
    rooms = ("figures.refused",) if refused else ("counter.reason", "figures.reason")
    for key in (f"console.{room}.{code}" for room in rooms):
        if (found := words(key)) != key:
            return found
    return code


def limit_name(limit: Limit, words: Words) -> str:
    """A threshold with its rate."""
    rate = f"{round(1 / limit.fmr):,}"
    return words("console.figures.limit", cosine=f"{limit.cosine:.3f}", rate=rate)


def day_of(at: datetime) -> date:
    """The hospital's day of a time."""
    return at.astimezone(SHANGHAI).date()


def _visits(seen: Read, words: Words) -> Plot:
    series = [(outcome, seen.visits.counts[outcome]) for outcome in OUTCOMES]
    said = [named(span, seen.unit) for span in seen.spans]
    names = [words(f"console.figures.outcome.{outcome}") for outcome in OUTCOMES]
    return plots.stacked(series, said, axis(seen.spans, seen.unit), names)


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


def _scores(one: Scores, words: Words) -> Plot:
    """Each threshold once; with the day from which it stood where there are several."""
    several = len({limit.cosine for limit in one.limits}) > 1
    lines: dict[float, str] = {}
    for limit in one.limits:
        said = limit_name(limit, words)
        if several:
            since = f"{day_of(limit.first):%m-%d}"
            said = words("console.figures.limit.since", limit=said, day=since)
        lines.setdefault(limit.cosine, said)
    names = [words("console.figures.below"), words("console.figures.reached")]
    series = [("below", one.below), ("reached", one.reached)]
    return plots.histogram(EDGES, series, list(lines.items()), names)


def _machines(seen: Read) -> list[Bar]:
    most = max((each.answers for each in seen.machines), default=0)
    return [
        Bar(
            each.label,
            "reached",
            each.answers,
            plots.share(each.answers, most),
            plots.share(each.faults, most),
        )
        for each in seen.machines
    ]


def _counter(seen: Read, words: Words) -> list[Bar]:
    ended = seen.counter.ended
    most = max(ended.values())
    kinds = {"document": "accepted", "let_pass": "counter", "passed": "accepted"}
    return [
        Bar(
            words(f"console.figures.ended.{each}"),
            kinds.get(each, "refer"),
            ended[each],
            plots.share(ended[each], most),
        )
        for each in ENDED
    ]


def _enrolled(seen: Read, words: Words) -> Plot:
    days = seen.enrolled.days
    across = [(float(n), f"{days[n]:%m-%d}") for n in _some(len(days))]
    marks = [(mark, words(f"console.figures.mark.{mark}")) for mark in (WARN, FILE)]
    return plots.course(seen.enrolled.people, across, marks)


def _gauge(people: int) -> Gauge:
    most = max(GAUGE, people)
    return Gauge(plots.share(people, most), [(m, plots.share(m, most)) for m in (WARN, FILE)])


def _some(count: int) -> range:
    """A few places of so many, the first among them."""
    return range(0, count, max(-(-count // MOST_LABELS), 1))


def _noon(at: datetime) -> str:
    return f"{at:%m-%d}" if at.hour == 0 else f"{at:%H:00}"
