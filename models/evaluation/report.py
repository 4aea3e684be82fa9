"""What an evaluation found: aggregate figures only, for people to read and for machines."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ..types import PackInfo
from .comparisons import distinct_pairs
from .rates import Measured, Row, fta, table, table_at
from .split import Split
from .statistics import Estimate

FAR_OF_GBT_38671 = 1e-3


@dataclass(frozen=True)
class Report:
    """An evaluation.

    Attributes:
        data: the folder's name.
        refused: pictures by the reason for which they were refused.
        rows: by false match rate, thresholds set on these people.
        shipped: by false match rate, thresholds of the pack's own calibration.
        gbt_38671: the row at FAR 0.1 %, with FAR = FMR·(1 − FTA).
        split: None when it was not asked for.
    """

    pack: PackInfo
    data: str
    people: int
    pictures: int
    impostor_pairs: int
    genuine_pairs: int
    floor: float
    fta: Estimate
    refused: dict[str, int]
    rows: tuple[Row, ...]
    shipped: tuple[Row, ...]
    gbt_38671: Row | None
    split: Split | None

    @classmethod
    def of(
        cls,
        measured: Measured,
        pack: PackInfo,
        data: str,
        shipped: Iterable[tuple[float, float]],
        split: Split | None,
    ) -> "Report":
        """Gather everything; `shipped` are the calibration's (rate, cosine)."""
        acquired = 1 - fta(measured).value
        promised = list(shipped)
        far = table(measured, [FAR_OF_GBT_38671 / acquired]) if acquired else []
        impostor_pairs, genuine_pairs = distinct_pairs(measured.captured.embedded)
        return cls(
            pack=pack,
            data=data,
            people=len(measured.captured.people),
            pictures=len(measured.captured.owner),
            impostor_pairs=impostor_pairs,
            genuine_pairs=genuine_pairs,
            floor=measured.floor,
            fta=fta(measured),
            refused=measured.captured.refused,
            rows=tuple(table(measured)),
            shipped=tuple(table_at(measured, *zip(*promised, strict=True))) if promised else (),
            gbt_38671=far[0] if far else None,
            split=split,
        )

    def as_json(self) -> dict[str, Any]:
        """Plain data for JSON."""
        fields = asdict(self)
        if self.split is not None:
            fields["split"]["passed"] = self.split.passed
            for plain, tried in zip(fields["split"]["tried"], self.split.tried, strict=True):
                plain["ratio"] = tried.ratio
        return fields

    def as_tables(self) -> RenderableType:
        """Tables for a terminal."""
        parts: list[RenderableType] = [self._head()]
        if self.rows:
            parts.append(_rows("Thresholds set on these people", self.rows))
        if self.shipped:
            parts.append(_rows("Thresholds of the pack's calibration", self.shipped))
        if self.gbt_38671 is not None:
            frr = self.gbt_38671.frr
            parts.append(
                Text(
                    f"FRR at FAR 0.1 % (GB/T 38671): {_rate(frr['plain'])} plain, "
                    f"{_rate(frr['mirrored'])} mirrored"
                )
            )
        if self.split is not None:
            parts.append(_split(self.split))
        return Group(*parts)

    def _head(self) -> Text:
        refused = ", ".join(f"{code} {count}" for code, count in sorted(self.refused.items()))
        return Text(
            f"{self.pack.name} on {self.data}: {self.people} people, {self.pictures} pictures, "
            f"{self.impostor_pairs} impostor pairs, {self.genuine_pairs} genuine pairs; "
            f"floor {self.floor:.2g}\nFTA {_rate(self.fta)}" + (f" ({refused})" if refused else "")
        )


def _rows(title: str, rows: Iterable[Row]) -> Table:
    table = Table(title=title, title_justify="left")
    for name in ("FMR asked", "cosine", "FMR measured"):
        table.add_column(name, justify="right")
    for name in ("FNMR", "FRR"):
        for mode in ("plain", "mirrored"):
            table.add_column(f"{name} {mode}", justify="right")
    for row in rows:
        asked = f"{row.target:.0e}" + (" *" if row.extrapolated else "")
        rates = [row.fnmr["plain"], row.fnmr["mirrored"], row.frr["plain"], row.frr["mirrored"]]
        table.add_row(asked, f"{row.cosine:.4f}", _rate(row.fmr), *map(_rate, rates))
    if any(row.extrapolated for row in rows):
        table.caption = "* under the floor: the threshold comes from the tail fit"
    return table


def _rate(estimate: Estimate) -> str:
    value, low, high = (f"{100 * v:.3g}" for v in (estimate.value, estimate.low, estimate.high))
    return f"{value} % [{low}–{high}]"


def _split(split: Split) -> Text:
    verdict = "holds" if split.passed else "FAILS"
    people = f"{split.calibration_people} people's thresholds on {split.trial_people} others"
    lines = [f"Split check, {people}: {verdict}"]
    lines += [
        f"  FMR {tried.fmr:.0e} (cosine {tried.cosine:.4f}) measures {_rate(tried.measured)}, "
        f"{tried.ratio:.2f} times as much"
        for tried in split.tried
    ]
    return Text("\n".join(lines))
