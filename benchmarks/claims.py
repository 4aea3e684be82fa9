"""Claims a second, challenge included, durable, with the load generator on the same cores.

Each round has a store and processes of its own; the round with the median C is quoted whole and
every round's rates are kept, since a machine that is shared with others runs at half its speed for
seconds at a time.

C: embeddings answered from a recorded table. «As it ships»: by the models; compared with what C and
the embedder alone (E) allow together, 1 / (1/E + 1/C).
"""

import argparse
import gc
import os
import pickle
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from models.engine import FaceEngine, load_engine

from . import claims_world as world
from .claims_load import Asker, Load, press
from .claims_server import TABLE
from .record import recording

SEED = 20
WARM_S = 1.5


def main() -> None:
    """Measure and write `benchmarks/results/claims.json`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--terminals", type=int, default=4)
    parser.add_argument("--only", choices=["recorded", "shipping"])
    arguments = parser.parse_args()
    options = (
        f"--seconds {arguments.seconds:g} --rounds {arguments.rounds} "
        f"--terminals {arguments.terminals}"
    )
    with recording(
        "claims", f"python -m benchmarks.claims {options}", SEED, arguments.out
    ) as record:
        rounds = [_round(arguments) for _ in range(arguments.rounds)]
        record.figures = _median(rounds)
    _print(record.figures)


def _round(arguments: argparse.Namespace) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="shualian-bench-") as folder:
        figures = _measured(Path(folder), arguments)
    _print(figures)
    return figures


def _median(rounds: list[dict[str, Any]]) -> dict[str, Any]:
    """The median round by C, with what all rounds had."""
    asked = "recorded" if "recorded" in rounds[0] else "as_it_ships"
    ordered = sorted(rounds, key=lambda one: float(one[asked]["claims_per_s"]))
    every = [
        {name: one[name][what] for name in ("recorded", "as_it_ships") if name in one}
        | {"of": what}
        for one in ordered
        for what in ("claims_per_s", "p99_ms")
    ]
    ratios = [one["ratio"] for one in ordered if "ratio" in one]
    return ordered[len(ordered) // 2] | {"every_round": every, "every_ratio": ratios}


def _measured(folder: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    engine = load_engine(threads=2)
    everyone = world.sample_people(engine)
    said = world.settings(folder)
    keyring = world.furnish(said, engine.pack, everyone)
    registered = world.register_terminals(said, arguments.terminals)
    terminals = [Asker(*one) for one in registered]
    figures: dict[str, Any] = {"terminals": len(terminals), "seconds": arguments.seconds}

    def run(recorded: bool, most_a_second: int, seed: int) -> dict[str, Any]:
        count = int((arguments.seconds + WARM_S) * most_a_second)
        prepared = list(world.prepare(everyone, engine.pack, keyring, count, seed))
        table = {p.crop_sha256: p.person for p in prepared}
        embeddings = np.stack([someone.embedding for someone in everyone])
        (folder / TABLE).write_bytes(pickle.dumps((engine.pack, table, embeddings)))
        evidence = iter([p.sealed for p in prepared])
        with _server(folder, recorded) as (port, process):
            return _pressed(folder, port, process, terminals, evidence, arguments.seconds)

    if arguments.only != "shipping":
        figures["recorded"] = run(True, 450, SEED)
    if arguments.only != "recorded":
        figures["embedder_alone_per_s"] = round(_embedder_alone(engine, everyone), 1)
        figures["as_it_ships"] = run(False, 150, SEED + 1)
    if arguments.only is None:
        _add_ratio(figures)
    return figures


def _add_ratio(figures: dict[str, Any]) -> None:
    alone, claims = figures["embedder_alone_per_s"], figures["recorded"]["claims_per_s"]
    together = 1 / (1 / alone + 1 / claims)
    figures["together_per_s"] = round(together, 1)
    figures["ratio"] = round(figures["as_it_ships"]["claims_per_s"] / together, 3)


@contextmanager
def _server(folder: Path, recorded: bool) -> Iterator[tuple[int, psutil.Process]]:
    command = [sys.executable, "-m", "benchmarks.claims_server", str(folder)]
    with (folder / "server.log").open("w") as log:
        process = subprocess.Popen(
            [*command, *(["--recorded"] if recorded else [])],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        try:
            assert process.stdout is not None
            match = re.search(r":(\d+)$", process.stdout.readline().strip())
            if match is None:
                raise SystemExit((folder / "server.log").read_text())
            yield int(match[1]), psutil.Process(process.pid)
        finally:
            process.terminate()
            process.wait(30)


def _pressed(
    folder: Path,
    port: int,
    process: psutil.Process,
    terminals: list[Asker],
    evidence: Iterator[str],
    seconds: float,
) -> dict[str, Any]:
    gc.collect()
    before, mine = _cpu(process, folder), sum(os.times()[:2])
    began = time.perf_counter()
    load: Load = press(port, terminals, evidence, WARM_S, seconds)
    took = time.perf_counter() - began
    after = _cpu(process, folder)
    if set(load.outcomes) != {"accepted"}:
        raise SystemExit(f"not every claim was accepted: {load.outcomes}")
    scale = 1000 / (load.rate * took)
    return {
        "claims": len(load.seconds),
        "claims_per_s": round(load.rate, 1),
        **_percentiles(load.seconds),
        "cpu_ms_per_claim": {
            "verifier": round((after[0] - before[0]) * scale, 2),
            "postgres": round((after[1] - before[1]) * scale, 2),
            "load_generator": round((sum(os.times()[:2]) - mine) * scale, 2),
        },
        "verifier_rss_mib": round(process.memory_info().rss / 2**20),
        "load_average": [round(value, 2) for value in os.getloadavg()],
    }


def _cpu(process: psutil.Process, folder: Path) -> tuple[float, float]:
    """Seconds of the verifier, and of the PostgreSQL that it started."""

    def used(one: psutil.Process) -> float:
        times = one.cpu_times()
        return float(times.user + times.system)

    total = 0.0
    for one in psutil.process_iter(["name", "cmdline", "ppid"]):
        if one.info["name"] == "postgres" and _is_ours(one, folder):
            total += used(one)
    return used(process), total


def _is_ours(one: psutil.Process, folder: Path) -> bool:
    """The postmaster on this folder, or one of its children."""
    try:
        parent = one.parent()
        lines = [one.cmdline(), parent.cmdline() if parent else []]
    except psutil.Error:
        return False
    return any(str(folder) in " ".join(line) for line in lines)


def _percentiles(seconds: list[float]) -> dict[str, float]:
    quantiles = np.percentile(np.asarray(seconds) * 1000, [50, 95, 99, 100])
    names = ("p50_ms", "p95_ms", "p99_ms", "max_ms")
    return {name: round(float(value), 1) for name, value in zip(names, quantiles, strict=True)}


def _embedder_alone(engine: FaceEngine, everyone: list[world.Person]) -> float:
    """Crops a second, one at a time, with nothing beside it."""
    engine.embed(everyone[0].crop[None])
    done, began = 0, time.perf_counter()
    while time.perf_counter() - began < 4:
        engine.embed(everyone[done % len(everyone)].crop[None])
        done += 1
    return done / (time.perf_counter() - began)


def _print(figures: dict[str, Any]) -> None:
    for name in ("recorded", "as_it_ships"):
        if name in figures:
            found = figures[name]
            print(
                f"{name:12} {found['claims_per_s']:6.1f}/s   p50 {found['p50_ms']} ms   "
                f"p99 {found['p99_ms']} ms   cpu {found['cpu_ms_per_claim']}"
            )
    if "ratio" in figures:
        print(
            f"embedder alone {figures['embedder_alone_per_s']}/s, together "
            f"{figures['together_per_s']}/s, as it ships / together = {figures['ratio']}"
        )


if __name__ == "__main__":
    main()
