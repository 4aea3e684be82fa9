"""A terminal keeps the ledger's checkpoint, and tells when history is not what it was."""

import asyncio
import json
import stat
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from kiosk.chain import Chain
from kiosk.desk import Desk
from kiosk.identity import TerminalIdentity
from kiosk.verifier_client import VerifierClient
from kiosk.witness import INCONSISTENT, Witness
from tests.verifier.fixtures import (  # noqa: F401
    INSTITUTION,
    database,
    gallery,
    institution,
    keyring,
)
from tests.verifier.serving.hospital import Hospital, basis, faceless, invent, open_hospital
from verifier.identity.galleries import Gallery
from verifier.ledger import append
from verifier.ledger.sealing import Sealer
from verifier.protocol.values import new_id, now
from verifier.store.database import Database
from verifier.trust import terminals
from verifier.trust.keys import KeyRing

ZHANG = invent(1)
Act = Callable[[Desk, Witness], Awaitable[None]]


@pytest.fixture
def hospital(database: Database, keyring: KeyRing, gallery: Gallery) -> Iterator[Hospital]:  # noqa: F811
    with open_hospital(database, keyring, gallery) as opened:
        yield opened


@pytest.fixture
def identity(hospital: Hospital, tmp_path: Path) -> TerminalIdentity:
    path = tmp_path / "terminal.json"
    public = TerminalIdentity.create(path, INSTITUTION, "http://127.0.0.1")
    with hospital.database.app.begin() as conn:
        name = terminals.register(conn, INSTITUTION, "hall", "kiosk", public, ["settlement"])
    return TerminalIdentity.register(path, name)


def at_the_terminal(
    hospital: Hospital, identity: TerminalIdentity, folder: Path, act: Act
) -> tuple[str, ...]:
    """Switch it on, act, switch it off; its health."""

    async def run() -> tuple[str, ...]:
        with Chain(folder / "chain.json") as chain:
            async with VerifierClient(identity) as client:
                await client._http.aclose()
                transport = httpx.ASGITransport(hospital.http.app)
                client._http = httpx.AsyncClient(transport=transport, base_url="http://verifier")
                witness = Witness(folder / "ledger", client)
                desk = Desk(client, chain, "settlement", witness)
                await act(desk, witness)
                await desk.shut()
                return desk.health

    return asyncio.run(run())


async def visit(desk: Desk, witness: Witness) -> None:
    """A person's visit; what the terminal sees beside it has ended when this returns."""
    exchange = await desk.submit(new_id(), basis(), faceless(ZHANG))
    assert exchange.answer.decision.outcome == "accepted", "whatever the ledger is"
    await witness.settled()


def happen(hospital: Hospital, *numbers: int) -> None:
    for number in numbers:
        with hospital.database.app.begin() as conn:
            append(conn, INSTITUTION, "test.happened", {"number": number})
    hospital.site.sealer.seal()


def kept(folder: Path) -> str:
    return str(json.loads((folder / "ledger" / "checkpoint.json").read_text())["checkpoint"])


def start_anew(hospital: Hospital, *numbers: int) -> None:
    """Somebody with the database and the keys writes another history and signs it."""
    hospital.site.sealer.close()
    with hospital.database.owner.begin() as conn:
        for table in ("ledger_leaves", "checkpoints", "ledger"):
            conn.execute(text(f"DELETE FROM {table}"))
    seal_with(hospital, hospital.site.parts.keyring)
    happen(hospital, *numbers)


def seal_with(hospital: Hospital, ring: KeyRing) -> None:
    """A sealer that knows nothing of what was before, in place of the verifier's own."""
    hospital.site.sealer = Sealer(hospital.site.parts.engine, ring, INSTITUTION, now)


def test_a_terminal_follows_a_ledger_that_grows(
    hospital: Hospital, identity: TerminalIdentity, tmp_path: Path
) -> None:
    happen(hospital, 1, 2)
    assert at_the_terminal(hospital, identity, tmp_path, visit) == ()
    first = kept(tmp_path)
    assert stat.S_IMODE((tmp_path / "ledger" / "checkpoint.json").stat().st_mode) == 0o600
    happen(hospital, 3)
    assert at_the_terminal(hospital, identity, tmp_path, visit) == ()
    assert kept(tmp_path) == hospital.site.sealer.newest != first


@pytest.mark.parametrize("numbers", [(1, 77, 3, 4, 5, 6), (1,)], ids=["rewritten", "cut off"])
def test_history_that_was_signed_anew_is_told_and_the_visit_goes_on(
    hospital: Hospital, identity: TerminalIdentity, tmp_path: Path, numbers: tuple[int, ...]
) -> None:
    happen(hospital, 1, 2, 3)
    at_the_terminal(hospital, identity, tmp_path, visit)
    before = kept(tmp_path)
    start_anew(hospital, *numbers)
    forged = hospital.site.sealer.newest
    assert at_the_terminal(hospital, identity, tmp_path, visit) == (INCONSISTENT,)
    assert kept(tmp_path) == before, "the good one is never overwritten"
    (line,) = (tmp_path / "ledger" / "evidence.jsonl").read_text().splitlines()
    told = json.loads(line)
    assert (told["kept"], told["seen"]) == (before, forged)


def test_the_terminal_still_says_so_after_it_was_switched_off(
    hospital: Hospital, identity: TerminalIdentity, tmp_path: Path
) -> None:
    async def nothing(_: Desk, __: Witness) -> None:
        return

    happen(hospital, 1, 2, 3)
    at_the_terminal(hospital, identity, tmp_path, visit)
    start_anew(hospital, 4, 5, 6, 7)
    at_the_terminal(hospital, identity, tmp_path, visit)
    assert at_the_terminal(hospital, identity, tmp_path, nothing) == (INCONSISTENT,)


def test_checkpoints_by_another_key_than_the_first_one_are_told(
    hospital: Hospital, identity: TerminalIdentity, tmp_path: Path
) -> None:
    happen(hospital, 1, 2, 3)
    at_the_terminal(hospital, identity, tmp_path, visit)
    parts = hospital.site.parts
    hospital.site.sealer.close()
    hospital.site.parts = replace(parts, keyring=KeyRing.new())
    with hospital.database.owner.begin() as conn:
        conn.execute(text("DELETE FROM checkpoints"))
    seal_with(hospital, hospital.site.parts.keyring)
    happen(hospital, 4)
    hospital.site.parts = parts
    assert at_the_terminal(hospital, identity, tmp_path, visit) == (INCONSISTENT,)


def test_an_older_checkpoint_of_the_same_history_is_no_contradiction(
    hospital: Hospital, identity: TerminalIdentity, tmp_path: Path
) -> None:
    """As of another verifier on the same database that has not looked for some seconds."""
    happen(hospital, 1, 2)
    older = hospital.site.sealer.newest
    happen(hospital, 3)
    at_the_terminal(hospital, identity, tmp_path, visit)
    newest = kept(tmp_path)
    hospital.site.sealer._newest = older
    assert at_the_terminal(hospital, identity, tmp_path, visit) == ()
    assert kept(tmp_path) == newest


def test_a_damaged_file_is_as_none(
    hospital: Hospital, identity: TerminalIdentity, tmp_path: Path
) -> None:
    happen(hospital, 1)
    (tmp_path / "ledger").mkdir()
    (tmp_path / "ledger" / "checkpoint.json").write_text("{")
    assert at_the_terminal(hospital, identity, tmp_path, visit) == ()
    assert kept(tmp_path) == hospital.site.sealer.newest
