"""A real verifier process, killed at the worst moment and stopped at a good one."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from joserfc.jwk import OKPKey

from verifier.identity import institutions
from verifier.store.database import Database, open_database
from verifier.trust import terminals

from ..fixtures import INSTITUTION
from .hospital import PURPOSES, Terminal, invent, visit_of
from .stalling_verifier import settings

REPOSITORY = Path(__file__).parents[3]
ZHANG = invent(1)
Process = subprocess.Popen[str]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Database]:
    """The database that verifier processes share with the test."""
    with open_database(settings(tmp_path / "data")) as database:
        database.migrate()
        with database.app.begin() as conn:
            institutions.ensure(conn, INSTITUTION, "演示医院", demo=True)
        yield database


@contextmanager
def running(folder: Path, *how: str) -> Iterator[tuple[Process, httpx.Client]]:
    module = "tests.verifier.serving.stalling_verifier"
    process = subprocess.Popen(
        [sys.executable, "-m", module, str(folder / "data"), *how],
        stdout=subprocess.PIPE,
        text=True,
        cwd=REPOSITORY,
    )
    try:
        with httpx.Client(base_url=line(process), timeout=30, trust_env=False) as http:
            yield process, http
    finally:
        process.kill()
        process.wait(30)
        assert process.stdout is not None
        process.stdout.close()


def line(process: Process) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def registered(store: Database, http: httpx.Client) -> Terminal:
    key = OKPKey.generate_key("Ed25519")
    with store.app.begin() as conn:
        public = key.as_dict(private=False)
        name = terminals.register(conn, INSTITUTION, "hall", "kiosk", public, PURPOSES)
    return Terminal(name, key, http)  # type: ignore[arg-type]


def rows(store: Database, table: str, where: str = "true") -> int:
    with store.app.connect() as conn:
        found = conn.exec_driver_sql(f"SELECT count(*) FROM {table} WHERE {where}")
        return int(found.scalar_one())


def test_a_verifier_killed_between_spending_and_deciding_leaves_no_half_decision(
    store: Database, tmp_path: Path
) -> None:
    evidence = visit_of(ZHANG)
    with running(tmp_path, "stall") as (process, http), ThreadPoolExecutor(1) as pool:
        terminal = registered(store, http)
        compact = terminal.sign(terminal.challenge(), evidence)
        cut_off = pool.submit(terminal.send, compact)
        assert line(process) == "stalled"
        assert terminal.send(compact).json()["code"] == "claim.in_progress"
        process.send_signal(signal.SIGKILL)
        with pytest.raises(httpx.TransportError):
            cut_off.result(30)
    assert rows(store, "challenges", "state = 'spent'") == 1
    for table in ("decisions", "receipts", "seen_crops"):
        assert rows(store, table) == 0
    with running(tmp_path) as (_, http):
        terminal.http = http  # type: ignore[assignment]
        assert terminal.send(compact).json()["code"] == "claim.undecided"
        answer = terminal.decide(evidence)
        assert answer.decision.outcome == "accepted"
        assert rows(store, "decisions") == 1


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_a_verifier_that_is_stopped_closes_its_parts(
    store: Database, tmp_path: Path, stop: signal.Signals
) -> None:
    with running(tmp_path) as (process, http):
        assert http.get("/healthz").status_code == 200
        process.send_signal(stop)
        assert line(process) == "stopped"
        assert process.wait(30) == 0
    assert rows(store, "challenges") == 0
