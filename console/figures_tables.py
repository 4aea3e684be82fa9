"""The tables of the page of figures in words: under each plot, and as a file."""

from collections.abc import Callable, Mapping, Sequence

from verifier.figures.asked import Known
from verifier.figures.counters import ENDED
from verifier.figures.scores import EDGES
from verifier.figures.sheets import Cell, Sheet, local
from verifier.figures.visits import OUTCOMES

from .figures_drawn import Words, named, reason_name
from .figures_read import Read

Rows = Sequence[Sequence[Cell]]
Table = tuple[list[str], Rows]


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


def _visits(seen: Read, words: Words) -> Table:
    columns = [words("console.figures.when")]
    columns += [words(f"console.figures.outcome.{outcome}") for outcome in OUTCOMES]
    counts = [seen.visits.counts[outcome] for outcome in OUTCOMES]
    rows: Rows = [
        [named(span, seen.unit), *(each[place] for each in counts)]
        for place, span in enumerate(seen.spans)
    ]
    return columns, rows


def _reasons(seen: Read, words: Words) -> Table:
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


def _scores(seen: Read, words: Words) -> Table:
    columns = [
        words("console.figures.score"),
        words("console.figures.calibration"),
        words("console.figures.below"),
        words("console.figures.reached"),
    ]
    rows: list[Sequence[Cell]] = []
    for one in seen.scores:
        for place, low in enumerate(EDGES[:-1]):
            if one.below[place] or one.reached[place]:
                said = f"{low:.2f} – {EDGES[place + 1]:.2f}"
                rows.append([said, one.calibration, one.below[place], one.reached[place]])
    return columns, rows


def _limits(seen: Read, words: Words) -> Table:
    columns = [
        words("console.figures.threshold"),
        words("console.figures.rate"),
        words("console.figures.calibration"),
        words("console.figures.first"),
        words("console.figures.last"),
        words("console.figures.compared"),
        words("console.figures.reached"),
    ]
    rows: Rows = [
        [
            f"{limit.cosine:.4f}",
            f"1 / {round(1 / limit.fmr):,}" + (" *" if limit.extrapolated else ""),
            one.calibration,
            local(limit.first),
            local(limit.last),
            limit.times,
            limit.reached,
        ]
        for one in seen.scores
        for limit in one.limits
    ]
    return columns, rows


def _machines(seen: Read, words: Words) -> Table:
    columns = [
        words("console.figures.terminal"),
        words("console.figures.site"),
        words("console.state"),
        words("console.terminal.seen"),
        words("console.figures.skew"),
        words("console.figures.answers"),
        words("console.figures.faults"),
        words("console.figures.alarms"),
        words("console.figures.open_alarms"),
        words("console.figures.look"),
    ]
    rows: Rows = [
        [
            each.label,
            each.site,
            words(f"console.terminal.{each.state}"),
            local(each.seen_at) if each.seen_at else words("console.terminal.never"),
            "" if each.skew_s is None else round(each.skew_s, 1),
            each.answers,
            each.faults,
            each.alarms,
            each.open_alarms,
            words("console.comma").join(
                words(f"console.figures.flag.{flag}") for flag in each.flags(seen.at)
            ),
        ]
        for each in seen.machines
    ]
    return columns, rows


def _counter(seen: Read, words: Words) -> Table:
    columns = [words("console.figures.origin")]
    columns += [words(f"console.figures.ended.{each}") for each in ENDED]
    origins = sorted({origin for origin, _ in seen.counter.counts})
    rows: Rows = [
        [
            words(f"console.counter.reason.{origin}"),
            *(seen.counter.counts.get((origin, each), 0) for each in ENDED),
        ]
        for origin in origins
    ]
    return columns, rows


def _enrolled(seen: Read, words: Words) -> Table:
    columns = [words("console.figures.day"), words("console.figures.people")]
    told = zip(seen.enrolled.days, seen.enrolled.people, strict=True)
    rows: Rows = [[day.isoformat(), people] for day, people in told]
    return columns, rows


def _erasures(seen: Read, words: Words) -> Table:
    columns = [
        words("console.figures.when"),
        words("console.figures.what"),
        words("console.figures.why"),
        words("console.figures.templates"),
        words("console.figures.leaf"),
        words("console.figures.position"),
        words("console.figures.checkpoint"),
        words("console.figures.sealed"),
    ]
    rows: Rows = [
        [
            local(each.at),
            words(f"console.figures.gone.{each.kind}"),
            words(f"console.figures.by.{'time' if each.by_time else 'person'}"),
            each.templates,
            each.leaf,
            "" if each.position is None else each.position,
            "" if each.size is None else each.size,
            local(each.sealed_at) if each.sealed_at else words("console.figures.unsealed"),
        ]
        for each in seen.erasures.lines
    ]
    return columns, rows


PARTS: Mapping[str, Callable[[Read, Words], Table]] = {
    "visits": _visits,
    "reasons": _reasons,
    "scores": _scores,
    "limits": _limits,
    "machines": _machines,
    "counter": _counter,
    "enrolled": _enrolled,
    "erasures": _erasures,
}
"""By the name in an address."""
