"""The tables of the page of figures in words: under each plot, and as a file."""

from collections.abc import Callable, Mapping, Sequence

from verifier.figures.asked import Known
from verifier.figures.sheets import Cell, Sheet, local
from verifier.figures.visits import OUTCOMES

from .figures_read import Read, Words, named, reason_name

Rows = Sequence[Sequence[Cell]]


def sheet(part: str, seen: Read, known: Known, purposes: Mapping[str, str], words: Words) -> Sheet:
    """One of `PARTS`, with range, filters and time above it."""
    columns, rows = PARTS[part](seen, words)
    return Sheet(
        title=words(f"console.figures.{part}"),
        about=_about(seen, known, purposes, words),
        columns=columns,
        rows=rows,
    )


def _about(
    seen: Read, known: Known, purposes: Mapping[str, str], words: Words
) -> list[tuple[str, str]]:
    asked = seen.asked
    every = words("console.figures.every")
    labels = {each.id: f"{each.label} ({each.site})" for each in known.terminals}
    return [
        (words("console.figures.range"), f"{asked.first} – {asked.last}"),
        (words("console.figures.purpose"), purposes.get(asked.purpose or "", every)),
        (words("console.figures.site"), asked.site or every),
        (words("console.figures.terminal"), labels.get(asked.terminal or "", every)),
        (words("console.figures.made"), local(seen.at)),
        (words("console.figures.means"), words("console.figures.law")),
    ]


def _visits(seen: Read, words: Words) -> tuple[list[str], Rows]:
    columns = [words("console.figures.when")]
    columns += [words(f"console.figures.outcome.{outcome}") for outcome in OUTCOMES]
    counts = [seen.visits.counts[outcome] for outcome in OUTCOMES]
    rows: Rows = [
        [named(span, seen.unit), *(each[place] for each in counts)]
        for place, span in enumerate(seen.spans)
    ]
    return columns, rows


def _reasons(seen: Read, words: Words) -> tuple[list[str], Rows]:
    columns = [
        words("console.figures.reason"),
        words("console.figures.reason.other"),
        words("console.figures.reason.accepted"),
        words("console.figures.code"),
    ]
    rows: Rows = [
        [reason_name(each.code, each.refused, words), each.other, each.accepted, each.code]
        for each in seen.reasons
    ]
    return columns, rows


PARTS: Mapping[str, Callable[[Read, Words], tuple[list[str], Rows]]] = {
    "visits": _visits,
    "reasons": _reasons,
}
"""By the name in an address."""
