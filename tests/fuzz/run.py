"""`make fuzz`: so many inputs for every target, raw JSON to `benchmarks/results/fuzz.json`.

Each target's result is written as it ends, beside those of targets that are not run.

Each target runs in a process of its own under atheris (libFuzzer), from its seeds on, guided by the
coverage of `devices` and `codes`. An exception, an input that takes 10 seconds, and 1 GiB of memory
are failures; the input is kept in `.cache/fuzz/` beside the corpus.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.record import RESULTS, commit, recording

from .target import Target
from .targets import TARGETS

KEPT = Path(__file__).parents[2] / ".cache" / "fuzz"
SLOWEST_S, MOST_MIB = 10, 1024
_HANG = 70
"""libFuzzer's exit status for an input that takes too long."""


def main() -> int:
    """Fuzz and record; 1 if anything failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("targets", nargs="*", help="by default all")
    parser.add_argument("--runs", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    names = given.targets or list(TARGETS)
    path = given.out or RESULTS / "fuzz.json"
    results = _kept(path)
    for name in names:
        command = f"make fuzz RUNS={given.runs} TARGETS={name}"
        with recording("fuzz", command, given.seed, path) as record:
            found = _fuzzed(TARGETS[name], given.runs, given.seed)
            results[name] = found | {"commit": commit()}
            record.figures = {"targets": dict(sorted(results.items())), **_total(results)}
    return int(any(one["crashes"] or one["hangs"] for one in results.values()))


def _kept(path: Path) -> dict[str, dict[str, Any]]:
    """Results of targets that there still are: a run of some leaves the others' as they were."""
    if not path.is_file():
        return {}
    known = json.loads(path.read_text("utf-8"))["targets"]
    return {name: one for name, one in known.items() if name in TARGETS}


def _total(results: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return {
        "total": {
            key: round(sum(one[key] for one in results.values()), 1)
            for key in ("runs", "seconds", "crashes", "hangs")
        },
        "fewest_runs": min(one["runs"] for one in results.values()),
        "largest_mib": max(one["peak_rss_mib"] for one in results.values()),
    }


def _fuzzed(target: Target, runs: int, seed: int) -> dict[str, Any]:
    KEPT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as corpus:
        for number, bytes_ in enumerate(target.seeds()):
            (Path(corpus) / f"seed-{number}").write_bytes(bytes_)
        flags = [
            f"-runs={runs}", f"-seed={seed}", f"-max_len={target.longest}",
            f"-timeout={SLOWEST_S}", f"-rss_limit_mb={MOST_MIB}", "-print_final_stats=1",
            f"-artifact_prefix={KEPT}/{target.name}-", corpus,
        ]  # fmt: skip
        began = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-m", "tests.fuzz.one", target.name, *flags],
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
        seconds = time.perf_counter() - began
    result = _result(done, seconds)
    print(json.dumps({target.name: result}), flush=True)
    if done.returncode:
        print((done.stdout + done.stderr)[-4000:], file=sys.stderr, flush=True)
    return result


def _result(done: subprocess.CompletedProcess[str], seconds: float) -> dict[str, Any]:
    ran = re.search(r"stat::number_of_executed_units:\s+(\d+)", done.stderr)
    peak = re.search(r"stat::peak_rss_mb:\s+(\d+)", done.stderr)
    features = re.findall(r"cov: (\d+) ft: (\d+) corp: (\d+)", done.stderr)
    return {
        "runs": int(ran[1]) if ran else 0,
        "seconds": round(seconds, 1),
        "crashes": int(done.returncode not in (0, _HANG)),
        "hangs": int(done.returncode == _HANG),
        "peak_rss_mib": int(peak[1]) if peak else 0,
        "edges": int(features[-1][0]) if features else 0,
        "corpus": int(features[-1][2]) if features else 0,
    }


if __name__ == "__main__":
    raise SystemExit(main())
