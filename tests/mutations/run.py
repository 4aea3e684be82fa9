"""Apply each mutation to a copy of the tree and see its test fail: `python -m tests.mutations`."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from .table import ROOT, Mutation

TIMEOUT_S = 300
_FAILED = 1  # pytest's exit code where tests ran and one did not hold
_BROKEN = 2  # where none could run: a mutation that only breaks an import proves nothing

Verdict = Literal["caught", "survived", "not run", "fails unmutated"]


@dataclass(frozen=True)
class Outcome:
    """What became of one mutation."""

    name: str
    line: int
    breaks: str
    file: str
    test: str
    verdict: Verdict
    seconds: float


def copied(into: Path) -> Path:
    """The files under version control, and new ones, in a folder of their own."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    for name in filter(None, listing.stdout.split("\0")):
        if (ROOT / name).is_file():
            (into / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, into / name)
    return into


def passes(tree: Path, tests: Sequence[str]) -> int:
    """pytest's exit code for these tests in this tree: 0 all hold, 1 one does not."""
    command = [sys.executable, "-B", "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests]
    environment = os.environ | {"PYTHONPATH": str(tree)}
    try:
        done = subprocess.run(
            command, cwd=tree, env=environment, capture_output=True, timeout=TIMEOUT_S
        )
    except subprocess.TimeoutExpired:
        return -1
    broken = done.returncode == _FAILED and b"FAILED tests/" not in done.stdout
    return _BROKEN if broken else done.returncode


def tried(tree: Path, mutation: Mutation) -> Outcome:
    """Break the rule in the tree, run the test, mend the tree."""
    path, started = tree / mutation.file, time.perf_counter()
    source = path.read_text(encoding="utf-8")
    try:
        path.write_text(mutation.applied(source), encoding="utf-8")
        code = passes(tree, [mutation.test])
    finally:
        path.write_text(source, encoding="utf-8")
    verdict: Verdict = "caught" if code == _FAILED else "survived" if code == 0 else "not run"
    return told(mutation, verdict, time.perf_counter() - started)


def told(mutation: Mutation, verdict: Verdict, seconds: float) -> Outcome:
    """The outcome as it is written down."""
    known = {k: v for k, v in asdict(mutation).items() if k not in ("old", "new")}
    return Outcome(**known, verdict=verdict, seconds=round(seconds, 1))


def run(mutations: Sequence[Mutation]) -> list[Outcome]:
    """Each mutation's outcome. Its test is first seen to hold on the unchanged copy."""
    with tempfile.TemporaryDirectory(prefix="mutations-") as folder:
        tree = copied(Path(folder))
        whole = passes(tree, sorted({m.test for m in mutations})) == 0
        outcomes = []
        for mutation in mutations:
            if whole or passes(tree, [mutation.test]) == 0:
                outcomes.append(tried(tree, mutation))
            else:
                outcomes.append(told(mutation, "fails unmutated", 0.0))
            print(f"{outcomes[-1].verdict:16} {mutation.name}", file=sys.stderr, flush=True)
        return outcomes
