"""`python -m tests.mutations [NAME …]`: run, print a table, write benchmarks/results."""

import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks.record import recording

from .run import Outcome, run
from .table import load


def main(names: Sequence[str]) -> int:
    """Exit code 1 unless every mutation was caught. With names, nothing is written."""
    chosen = [m for m in load() if not names or m.name in names]
    if names:
        outcomes = run(chosen)
    else:
        with recording("mutations", "make mutations", seed=0) as record:
            outcomes = run(chosen)
            caught = [o for o in outcomes if o.verdict == "caught"]
            record.figures["mutations"] = len(outcomes)
            record.figures["caught"] = len(caught)
            record.figures["lines"] = len({o.line for o in caught})
            record.figures["outcomes"] = [asdict(o) for o in outcomes]
    for outcome in outcomes:
        print(_line(outcome))
    return 0 if outcomes and all(o.verdict == "caught" for o in outcomes) else 1


def _line(outcome: Outcome) -> str:
    test = Path(outcome.test.split("::")[0]).name
    return (
        f"{outcome.line:>3}  {outcome.verdict:16} {outcome.name:34} {outcome.seconds:6} s  {test}"
    )


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
