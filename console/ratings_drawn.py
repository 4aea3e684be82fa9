"""The plot, the bars and the files of the page of ratings, in the visitor's words."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from verifier.figures.sheets import Cell, Sheet, local
from verifier.protocol.rating import Grade
from verifier.ratings.figures import GRADES, Figures
from verifier.ratings.intakes import Intake

from . import plots
from .figures_drawn import MOST_LABELS, Bar
from .plots import Plot

if TYPE_CHECKING:
    from .ratings import Seen

Words = Callable[..., str]
KINDS = {
    Grade.VERY_SATISFIED: "accepted",
    Grade.SATISFIED: "counter",
    Grade.FAIRLY_SATISFIED: "retry",
    Grade.DISSATISFIED: "refer",
    Grade.VERY_DISSATISFIED: "rejected",
}
"""Patterns of the page of figures: told apart without colour."""
PARTS = ("weeks", "intakes")
COLUMNS = (
    "number", "kind", "door", "place", "received", "due", "state", "outcome", "grade", "reasons",
)  # fmt: skip
"""Of the file of matters: no owner, so that nobody's matters are added up from it."""


@dataclass(frozen=True)
class Drawn:
    """The weeks' columns, and one bar for each reason of poor ones."""

    weeks: Plot
    reasons: list[Bar]
    kinds: Mapping[Grade, str]


def drawn(seen: Figures, words: Words) -> Drawn:
    """All of it."""
    series = [(KINDS[grade], [week.counts[grade] for week in seen.weeks]) for grade in GRADES]
    said = [words("console.ratings.week_of", day=week.monday.isoformat()) for week in seen.weeks]
    names = [words(f"console.ratings.grade.{grade.value}") for grade in GRADES]
    step = max(-(-len(seen.weeks) // MOST_LABELS), 1)
    shown = range(0, len(seen.weeks), step)
    across = [(place + 0.5, f"{seen.weeks[place].monday:%m-%d}") for place in shown]
    most = max((count for _, count in seen.reasons), default=0)
    reasons = [
        Bar(words(f"console.ratings.because.{why}"), "refer", count, plots.share(count, most))
        for why, count in seen.reasons
    ]
    return Drawn(plots.stacked(series, said, across, names), reasons, KINDS)


def sheet(part: str, query: Mapping[str, str], seen: "Seen", words: Words) -> Sheet:
    """One of `PARTS`, with what was asked for and the time of making above it."""
    columns, rows = _weeks(seen.figures, words) if part == "weeks" else _intakes(seen, words)
    return Sheet(
        title=words(f"console.ratings.{part}"),
        about=[*_about(part, query, words), (words("console.ratings.made"), local(seen.at))],
        columns=columns,
        rows=rows,
    )


def _about(part: str, query: Mapping[str, str], words: Words) -> list[tuple[str, str]]:
    asked = {
        "weeks": [("range", f"{query['from']} – {query['to']}"), ("door", query["door"])],
        "intakes": [("kind", query["kind"]), ("state", query["state"])],
    }[part]
    every = words("console.ratings.every")

    def said(name: str, value: str) -> str:
        if name == "range" or not value:
            return value or every
        return words(f"console.ratings.{name}.{value}")

    return [(words(f"console.ratings.{name}"), said(name, value)) for name, value in asked]


def _weeks(seen: Figures, words: Words) -> tuple[list[str], list[list[Cell]]]:
    columns = [words("console.ratings.week")]
    columns += [words(f"console.ratings.grade.{grade.value}") for grade in GRADES]
    rows: list[list[Cell]] = [
        [week.monday.isoformat(), *(week.counts[grade] for grade in GRADES)] for week in seen.weeks
    ]
    return columns, rows


def _intakes(seen: "Seen", words: Words) -> tuple[list[str], list[list[Cell]]]:
    columns = [words(f"console.ratings.{name}") for name in COLUMNS]
    return columns, [_cells(each, words) for each in seen.intakes]


def _cells(each: Intake, words: Words) -> list[Cell]:
    state = "overdue" if each.overdue else each.state
    found: Sequence[Cell] = (
        each.number,
        words(f"console.ratings.kind.{each.kind}"),
        words(f"console.ratings.door.{each.door}"),
        each.terminal or each.site or "",
        local(each.received_at),
        local(each.due_at),
        words(f"console.ratings.state.{state}"),
        words(f"console.ratings.outcome.{each.outcome}") if each.outcome else "",
        words(f"console.ratings.grade.{each.grade}") if each.grade else "",
        words("console.comma").join(words(f"console.ratings.because.{w}") for w in each.reasons),
    )
    return list(found)
