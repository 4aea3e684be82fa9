"""`make bench`: every measurement in turn, raw JSON to `benchmarks/results/`.

Accuracy and covers need the folder of portraits that `SHUALIAN_SHARED` names and are left out, and
said to be, where there is none. Nothing else should run on the machine meanwhile.
"""

import subprocess
import sys

from .accuracy import SHARED


def main() -> int:
    """Run each as a process of its own, so that none inherits another's threads or memory."""
    devices = ["benchmarks.devices_reading", "benchmarks.devices_idle"]
    modules = ["benchmarks.pipeline", "benchmarks.claims", *devices]
    if (SHARED / "faces").is_dir():
        modules += ["benchmarks.accuracy", "benchmarks.covers.trial"]
    else:
        print("accuracy and covers are left out: there are no portraits (SHUALIAN_SHARED)")
    failed = 0
    for module in modules:
        print(f"\n== {module}", flush=True)
        failed += subprocess.run([sys.executable, "-m", module]).returncode != 0
    return min(failed, 1)


if __name__ == "__main__":
    raise SystemExit(main())
