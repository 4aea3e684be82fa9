"""PostgreSQL is killed while people stand at the terminal, and comes back."""

import os
import signal
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from verifier.identity import galleries, institutions
from verifier.store.database import Database, open_embedded
from verifier.store.embedded import EmbeddedServer
from verifier.trust.keys import KeyRing

from ..fixtures import INSTITUTION, PACK
from .hospital import Hospital, Terminal, faceless, invent, open_hospital, visit_of
from .test_claim_again import HeldEmbedder

ZHANG = invent(1)


class Server:
    """A database server of the test's own, which may be killed."""

    def __init__(self, folder: Path) -> None:
        self.embedded = EmbeddedServer(folder / "postgres")
        self.database: Database = open_embedded(self.embedded)
        self.database.migrate()
        self.may_return = threading.Event()
        self.is_back = threading.Event()

    def kill(self) -> None:
        """As the kernel does when memory is short: the server, and each that serves a session."""
        pid = int((self.embedded.cluster / "postmaster.pid").read_text().split()[0])
        serving = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        for process in (pid, *map(int, serving)):
            os.kill(process, signal.SIGKILL)

    def revive(self) -> None:
        """What the verifier tries again and again."""
        if not self.may_return.is_set():
            raise RuntimeError("not yet")
        self.database.revive()
        self.is_back.set()


@pytest.fixture
def server() -> Iterator[Server]:
    with tempfile.TemporaryDirectory(prefix="shualian-test-") as folder:
        made = Server(Path(folder))
        yield made
        made.database.close()


@pytest.fixture
def own_hospital(server: Server, keyring: KeyRing) -> Iterator[Hospital]:
    with server.database.app.begin() as conn:
        institutions.ensure(conn, INSTITUTION, "演示医院", demo=True)
        gallery = galleries.open_gallery(conn, keyring, INSTITUTION, PACK)
    parts = {"embedder": HeldEmbedder(), "revive": server.revive}
    with open_hospital(server.database, keyring, gallery, **parts) as opened:
        yield opened


def test_nothing_is_lost_while_postgres_is_away_and_it_returns_by_itself(
    server: Server, own_hospital: Hospital, capsys: pytest.CaptureFixture[str]
) -> None:
    own_hospital.embedder.go_on.set()  # type: ignore[attr-defined]
    terminal = own_hospital.terminal()
    kept = terminal.sign(terminal.challenge(), faceless(ZHANG))
    before = terminal.send(kept).json()
    waiting = terminal.sign(terminal.challenge(), faceless(ZHANG))
    server.kill()
    for answer in (terminal.send(waiting), terminal.send(waiting), terminal.ask()):
        assert (answer.status_code, answer.json()["code"]) == (503, "verifier.unavailable")
        assert answer.json()["retry_after"] > 0
    assert own_hospital.http.get("/readyz").status_code == 503
    assert own_hospital.http.get("/healthz").status_code == 200
    assert "shualian_store_away 1.0" in own_hospital.http.get("/metrics").text
    server.may_return.set()
    assert server.is_back.wait(60)
    wait_until_served(own_hospital)
    # An open challenge may go with the crash, since nobody waits for the disk to open one; what was
    # answered never does, and a terminal whose challenge went asks anew.
    answer = terminal.send(waiting)
    assert answer.status_code == 200 or answer.json()["code"] == "challenge.unknown"
    assert terminal.decide(faceless(ZHANG)).decision.outcome
    assert terminal.send(kept).json() == before
    said = "".join(capsys.readouterr())
    assert said.count("store.away") == 1
    assert said.count("store.back") == 1


def test_a_claim_whose_store_vanished_in_the_middle_is_undecided_and_may_come_again(
    server: Server, own_hospital: Hospital
) -> None:
    embedder = own_hospital.embedder
    assert isinstance(embedder, HeldEmbedder)
    terminal = own_hospital.terminal()
    evidence = visit_of(ZHANG)
    compact = terminal.sign(terminal.challenge(), evidence)
    server.may_return.set()
    with ThreadPoolExecutor(1) as pool:
        cut_off = pool.submit(terminal.send, compact)
        assert embedder.reached.wait(30)
        server.kill()
        embedder.go_on.set()
        assert cut_off.result(60).json()["code"] == "verifier.unavailable"
    assert server.is_back.wait(60)
    wait_until_served(own_hospital)
    assert terminal.send(compact).json()["code"] == "claim.undecided"
    assert terminal.decide(evidence).decision.outcome == "accepted"
    assert own_hospital.count("decisions") == 1


def wait_until_served(hospital: Hospital) -> None:
    """The watch lets people in again just after the store has answered it."""
    for _ in range(1000):
        if hospital.http.get("/readyz").status_code == 200:
            return
    raise AssertionError("the verifier did not recover")


def test_connections_that_died_in_the_pool_are_replaced_without_a_refusal(
    hospital: Hospital, terminal: Terminal
) -> None:
    terminal.decide(faceless(ZHANG))
    with hospital.database.app.connect() as conn:
        conn.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE usename = current_user AND pid <> pg_backend_pid()"
        )
    terminal.decide(faceless(ZHANG))
    assert not hospital.site.store.away
