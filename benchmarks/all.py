"""`make bench`: every measurement in turn, raw JSON to `benchmarks/results/`.

Accuracy, covers and batches need the folder of portraits that `SHUALIAN_SHARED` names and are left
out, and said to be, where there is none. A batch of 5,000 takes minutes and is run by hand; here it
is a short one, with a result of its own. Nothing else should run on the machine meanwhile.
"""

import subprocess
import sys

from .accuracy import SHARED
from .record import RESULTS

SHORT_BATCH = ["--rows", "400", "--out", str(RESULTS / "batch-short.json")]


def main() -> int:
    """Run each as a process of its own, so that none inherits another's threads or memory."""
    devices = ["benchmarks.devices_reading", "benchmarks.devices_idle"]
    runs = [[name] for name in ("benchmarks.pipeline", "benchmarks.claims", *devices)]
    if (SHARED / "faces").is_dir():
        runs += [["benchmarks.accuracy"], ["benchmarks.covers.trial"]]
        runs += [["benchmarks.batch", *SHORT_BATCH]]
    else:
        print("accuracy, covers and batches are left out: no portraits (SHUALIAN_SHARED)")
    failed = 0
    for run in runs:
        print(f"\n== {run[0]}", flush=True)
        failed += subprocess.run([sys.executable, "-m", *run]).returncode != 0
    return min(failed, 1)


if __name__ == "__main__":
    raise SystemExit(main())
