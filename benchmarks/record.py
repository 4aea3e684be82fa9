"""One form for raw results: what was run, on what, from which commit, for how long."""

import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"


@dataclass
class Record:
    """Figures gathered while `recording` runs."""

    figures: dict[str, Any] = field(default_factory=dict)


@contextmanager
def recording(name: str, command: str, seed: int, out: Path | None = None) -> Iterator[Record]:
    """Write `benchmarks/results/<name>.json` (or `out`) when the block ends without an error."""
    record, started = Record(), time.perf_counter()
    yield record
    head = {
        "command": command,
        "commit": commit(),
        "seed": seed,
        "machine": machine(),
        "duration_s": round(time.perf_counter() - started, 2),
    }
    path = out or RESULTS / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(head | record.figures, indent=2, ensure_ascii=False) + "\n")
    print(f"raw: {path}", file=sys.stderr)


def commit() -> str:
    """The commit measured, with `+` behind it where the tree was changed."""
    root = Path(__file__).parents[1]
    git = ["git", "-C", str(root)]
    head = subprocess.run([*git, "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True)
    dirty = subprocess.run(
        [*git, "status", "--porcelain", "--untracked-files=no", "--", ":!benchmarks/results"],
        capture_output=True,
        text=True,
    )
    return head.stdout.strip() + ("+" if dirty.stdout.strip() else "")


def machine() -> Mapping[str, Any]:
    """Processor, cores, memory and versions, without a name that says whose it is."""
    model = next(
        (line.split(":")[1].strip() for line in lines("/proc/cpuinfo") if "model name" in line),
        platform.processor(),
    )
    memory = next(
        (int(line.split()[1]) for line in lines("/proc/meminfo") if "MemTotal" in line), 0
    )
    return {
        "processor": model,
        "cores": os.cpu_count(),
        "memory_gib": round(memory / 2**20, 1),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
    }


def lines(path: str) -> list[str]:
    """A file's lines, none where there is no such file."""
    source = Path(path)
    return source.read_text(encoding="utf-8").splitlines() if source.is_file() else []
