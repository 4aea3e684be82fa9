"""The table of `shualian demo`, and its JSON."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from .playbill import Playbill
from .results import TITLES, Played, as_json
from .summary import Group, groups, narrowest

WIDTH = 100
_COLUMNS: tuple[tuple[str, int, Any], ...] = (
    ("情形 case", 22, "left"),
    ("结果 seen", 34, "left"),
    ("次数", 5, "right"),
    ("分数 scores", 12, "right"),
    ("阈值", 5, "right"),
    ("余量", 6, "right"),
    ("误率", 6, "right"),
    ("", 1, "left"),
)
"""Heading, width and side; with a space between them they are 98 wide."""

_MARKS = {True: Text("✓", style="green"), False: Text("✗", style="bold red")}


def show(bill: Playbill, console: Console) -> None:
    """Print one line for all rows that should end alike, what did not, and a summary below."""
    heading = _grid()
    heading.add_row(*(Text(title, style="bold") for title, _, _ in _COLUMNS))
    console.print(heading)
    for letter, parts in groupby(groups(bill.rows), key=lambda group: group.visit):
        chinese, english = TITLES[letter]
        console.print(Text(f"\n({letter}) {chinese} {english}", style="bold"))
        grid = _grid()
        for part in parts:
            grid.add_row(*_cells(part))
            for row in part.wrong:
                grid.add_row(f"  {row.who}", _wrong(row))
        console.print(grid)
    console.print(_summary(bill))


def _grid() -> Table:
    """Fixed columns, so that the parts stand under one heading."""
    grid = Table.grid(padding=(0, 1, 0, 0), pad_edge=False)
    for _, width, justify in _COLUMNS:
        grid.add_column(width=width, justify=justify, overflow="fold")
    return grid


def _cells(group: Group) -> tuple[str | Text, ...]:
    seen = Text(str(group.expected))
    if group.checks:
        seen.append(f" + {', '.join(group.checks)}", style="dim")
    return (
        _label(group),
        seen,
        f"{group.good}/{len(group.rows)}",
        _range(group.scores, "{:.2f}"),
        _range(group.thresholds, "{:.3f}"),
        f"{group.margin:+.3f}" if group.margin is not None else "—",
        _rate(group.rates),
        _MARKS[not group.wrong],
    )


def _label(group: Group) -> str:
    """The case, and whose it is where it is one person's."""
    who = group.rows[0].who if len(group.rows) == 1 else "" if group.case else "每人 each"
    return f"{group.case} {who}".strip()


def _range(values: Sequence[float], form: str) -> str:
    """Least and greatest, or the one that there is."""
    ends = (min(values), max(values)) if values else ()
    return "…".join(dict.fromkeys(form.format(value) for value in ends)) or "—"


def _rate(rates: Iterable[float]) -> str:
    """The worst: the greatest."""
    worst = max(rates, default=None)
    return "—" if worst is None else f"{worst:.1e}".replace("e-0", "e-")


def _wrong(row: Played) -> Text:
    """What was seen instead, and what did not hold."""
    text = Text(style="red")
    if row.seen != row.expected:
        text.append(f"✗ {row.seen}")
    for name, held in row.checks.items():
        if not held:
            text.append(f" ✗{name}")
    return text


def _summary(bill: Playbill) -> Text:
    good, tally = sum(row.ok for row in bill.rows), bill.tally
    stored = f"{tally.decisions}/{tally.decisions_expected}"
    receipts = f"{tally.receipts}/{tally.receipts_expected}"
    return Text(
        f"\n如预期 as expected {good}/{len(bill.rows)} · 入库结果 results stored {stored} · "
        f"凭据 receipts {receipts}\n"
        f"{_narrowest(bill)}"
        f"准备 made ready in {bill.made_ready:.0f} s · 演示 played in {bill.seconds:.0f} s · "
        "未做活体检测 liveness is not assessed\n"
        "余量 margin: 距阈值最近者 the nearest to the threshold, + on the expected side\n"
        "误率 rate: FMR; (c) (d) FPIR = 1 − (1 − FMR)^N · 每行 every row: --json",
        style="green" if bill.ok else "red",
    )


def _narrowest(bill: Playbill) -> str:
    said = [
        f"{outcome} {row.margin:+.3f} ({row.visit}) {row.who}"
        for outcome, row in narrowest(bill.rows).items()
    ]
    return f"最小余量 least margin: {' · '.join(said)}\n" if said else ""


def to_json(bill: Playbill) -> dict[str, Any]:
    """Everything, for `--json`."""
    tally = bill.tally
    return {
        "ok": bill.ok,
        "began": bill.began.isoformat(),
        "made_ready_s": round(bill.made_ready, 2),
        "played_s": round(bill.seconds, 2),
        "results_stored": tally.decisions,
        "results_expected": tally.decisions_expected,
        "receipts_stored": tally.receipts,
        "receipts_expected": tally.receipts_expected,
        "least_margin": {outcome: row.margin for outcome, row in narrowest(bill.rows).items()},
        "visits": [as_json(row) for row in bill.rows],
    }
