"""Error rates of the default pack on portraits: `python -m benchmarks.accuracy`.

Needs the folder of portraits that `SHUALIAN_SHARED` names. Figures are aggregates; no picture, no
name of a person goes into the record.
"""

import os
from pathlib import Path

from models.evaluation.cli import RESAMPLES, SEED, run

from .record import recording

SHARED = Path(os.environ.get("SHUALIAN_SHARED", Path(__file__).parents[2] / "shared"))

SETS = {"lfw-grey": True, "lfw-colour": False}
"""Folders under `faces`, and whether they show people enough for the split check."""


def main(name: str, split_check: bool) -> None:
    """Evaluate one folder and write `benchmarks/results/accuracy-<folder>.json`."""
    folder = SHARED / "faces" / name
    with recording(f"accuracy-{name}", "python -m benchmarks.accuracy", SEED) as record:
        report, _, _ = run(folder, split_check=split_check, resamples=RESAMPLES, seed=SEED)
        record.figures = report.as_json()
    print(f"{name}: FTA {report.fta.value:.3%}", end="")
    for row in report.shipped:
        print(f" · FRR {row.frr['plain'].value:.2%} at FMR {row.target:g}", end="")
    print()


if __name__ == "__main__":
    for each, enough in SETS.items():
        main(each, enough)
