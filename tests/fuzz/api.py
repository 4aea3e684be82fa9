"""`make fuzz-api`: 5,000 generated requests as each caller, raw JSON to `fuzz-api.json`.

Callers are nobody, a terminal, a machine client and each role of staff; a request is one of the
OpenAPI document, filled in by schemathesis. An undocumented answer or a 5xx ends a caller's run.
Each caller's result stands beside those of callers that are not run, with its own commit.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.record import RESULTS, commit, recording
from tests.verifier.serving.test_api_fuzzed import CALLERS

TEST = (
    "tests/verifier/serving/test_api_fuzzed.py::test_nothing_that_anybody_sends_is_a_server_error"
)


def main() -> int:
    """Send and record; 1 if anybody got what the document does not say."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("callers", nargs="*", help="by default all")
    parser.add_argument("--requests", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--at-once", type=int, default=2, help="callers side by side, a core each")
    given = parser.parse_args()
    some = f" CALLERS='{' '.join(given.callers)}'" if given.callers else ""
    command = f"make fuzz-api RUNS={given.requests}{some}"
    names = given.callers or list(CALLERS)
    with (
        recording("fuzz-api", command, given.seed) as record,
        tempfile.TemporaryDirectory() as room,
        ThreadPoolExecutor(given.at_once) as side_by_side,
    ):
        sent = partial(_sent, given.requests, given.seed, Path(room))
        callers = dict(zip(names, side_by_side.map(sent, names), strict=True))
        kept = _kept() | callers
        record.figures = {
            "at_once": given.at_once,
            "callers": {name: kept[name] for name in CALLERS if name in kept},
        }
    return int(any(one["failed"] for one in callers.values()))


def _kept() -> dict[str, dict[str, Any]]:
    """What stands in the record already."""
    path = RESULTS / "fuzz-api.json"
    if not path.is_file():
        return {}
    known: dict[str, dict[str, Any]] = json.loads(path.read_text("utf-8"))["callers"]
    return known


def _sent(requests: int, seed: int, room: Path, caller: str) -> dict[str, Any]:
    began = time.perf_counter()
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", f"{TEST}[{caller}]"]
    # A folder each: two sessions of pytest that share one sweep each other's old folders away.
    apart = f"--basetemp={room / caller}"
    done = subprocess.run(
        [*command, apart, f"--hypothesis-seed={seed}", "--hypothesis-show-statistics"],
        env={**os.environ, "SHUALIAN_API_REQUESTS": str(requests)},
        capture_output=True,
        text=True,
        check=False,
    )
    counted = re.search(r"(\d+) passing, (\d+) failing", done.stdout)
    found = {
        "requests": int(counted[1]) if counted else 0,
        "failed": int(done.returncode != 0),
        "seconds": round(time.perf_counter() - began, 1),
        "commit": commit(),
    }
    print(f"{caller:16} {found}", flush=True)
    if done.returncode:
        print(done.stdout[-4000:], file=sys.stderr, flush=True)
    return found


if __name__ == "__main__":
    raise SystemExit(main())
