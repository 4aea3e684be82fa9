"""离线登记 of a terminal that is killed at any step: sent once, in its order, and nothing lost.

A real verifier judges, real files are the disk. The terminal dies before or after every request
and every write; it starts again, and whoever was told a number is deferred exactly once.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from kiosk import chain as chains
from kiosk import spool as spools
from kiosk import tickets as stocks
from kiosk.chain import Chain
from kiosk.desk import Desk
from kiosk.errors import NoTicket, VerifierUnreachable
from kiosk.identity import TerminalIdentity
from kiosk.journal import Journal
from kiosk.offline import OfflineDesk
from kiosk.verifier_client import Patience, VerifierClient
from tests.kiosk.test_killed_terminal import Killed, Line, Power
from tests.verifier.fixtures import (  # noqa: F401
    INSTITUTION,
    database,
    gallery,
    institution,
    keyring,
)
from tests.verifier.serving.asked import asking_clinic
from tests.verifier.serving.hospital import STAFF_NOTICE, basis, visit_of
from tests.verifier.serving.physicians import HUA, Clinic
from verifier.identity.galleries import Gallery
from verifier.protocol.practice import PURPOSE
from verifier.protocol.values import Outcome, new_id
from verifier.store.database import Database
from verifier.trust import terminals
from verifier.trust.keys import KeyRing

PATIENCE = Patience(attempts=1, total=10.0)
STEPS = 30
"""More than keeping and sending has: two writes; challenge, three writes, claim, check-in."""


@pytest.fixture
def clinic(database: Database, keyring: KeyRing, gallery: Gallery) -> Iterator[Clinic]:  # noqa: F811
    with asking_clinic(database, keyring, gallery) as made:
        made.on_shift()
        yield made


class Cut(httpx.AsyncBaseTransport):
    """No way to the verifier."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("cut off")


class Disk:
    """A terminal's folder; each `with` is one life of its agent."""

    def __init__(self, clinic: Clinic, folder: Path) -> None:
        self.clinic, self.folder = clinic, folder
        public = TerminalIdentity.create(folder / "terminal.json", INSTITUTION, "http://127.0.0.1")
        with clinic.hospital.database.app.begin() as conn:
            name = terminals.register(conn, INSTITUTION, "east", "kiosk", public, [PURPOSE])
        self.identity = TerminalIdentity.register(folder / "terminal.json", name)
        self.told: list[str] = []

    async def lives(self, act: Any, line: httpx.AsyncBaseTransport) -> Any:
        with Chain(self.folder / "chain.json") as chain:
            async with VerifierClient(self.identity, patience=PATIENCE) as client:
                await client._http.aclose()
                client._http = httpx.AsyncClient(transport=line, base_url="http://verifier")
                desk = Desk(client, chain, PURPOSE)
                journal = Journal(self.folder / "journal.jsonl")
                return await act(OfflineDesk(desk, self.folder, journal), desk)

    def live(self, act: Any, line: httpx.AsyncBaseTransport | None = None) -> Any:
        return asyncio.run(self.lives(act, line or self.line(Power())))

    def line(self, power: Power) -> Line:
        return Line(self.clinic.hospital.http.app, power)

    def keep(self, offline: OfflineDesk) -> None:
        visit = new_id()
        offline.keep(visit, basis(notice=STAFF_NOTICE), visit_of(HUA), self.clinic.now())
        self.told.append(visit)

    @property
    def left(self) -> list[Path]:
        return list((self.folder / "spool").glob("*"))

    def deferred(self) -> int:
        where = f"terminal = '{self.identity.terminal}' AND state = 'deferred'"
        return self.clinic.hospital.count("practice_windows", where)

    def assert_sound(self) -> None:
        with self.clinic.hospital.database.app.connect() as conn:
            record = terminals.get(conn, self.identity.terminal)
        assert record is not None
        assert record.active, "never taken for a copied key"


async def fill(offline: OfflineDesk, _: Desk) -> None:
    offline.stock.fill(await offline._desk.client.tickets())


async def flush(offline: OfflineDesk, _: Desk) -> None:
    await offline.flush()


async def claim(_: OfflineDesk, desk: Desk) -> str:
    exchange = await desk.submit(new_id(), basis(notice=STAFF_NOTICE), visit_of(HUA))
    return str(exchange.answer.decision.outcome)


@contextmanager
def cutting(power: Power) -> Iterator[None]:
    """Every write of the terminal is a step too, before and after."""
    modules = (chains, spools, stocks)
    real = chains.write_private

    def write(path: Path, data: bytes) -> None:
        power.step()
        real(path, data)
        power.step()

    try:
        for module in modules:
            module.write_private = write  # type: ignore[assignment]
        yield
    finally:
        for module in modules:
            module.write_private = real  # type: ignore[assignment]


@pytest.mark.parametrize("before", ["send", "claim"], ids=["sent first", "a patient first"])
def test_killed_at_any_step_it_is_deferred_once_and_the_chain_is_whole(
    clinic: Clinic, tmp_path: Path, before: str
) -> None:
    for step in range(STEPS):
        folder = tmp_path / str(step)
        folder.mkdir()
        disk = Disk(clinic, folder)
        disk.live(fill)
        power = Power(step)

        async def dies(offline: OfflineDesk, _: Desk) -> None:
            disk.keep(offline)  # noqa: B023
            await offline.flush()

        with cutting(power), suppress(Killed):
            disk.live(dies, disk.line(power))
        if before == "claim":
            assert disk.live(claim) == Outcome.ACCEPTED
        disk.live(flush)
        disk.live(flush)
        assert len(disk.told) <= disk.deferred() <= 1, step
        assert disk.left == [], step
        assert disk.live(claim) == Outcome.ACCEPTED, step
        disk.assert_sound()
    assert power.left is not None, "the last one was not killed at all"


def test_several_that_were_kept_are_sent_in_their_order_when_the_verifier_is_back(
    clinic: Clinic, tmp_path: Path
) -> None:
    disk = Disk(clinic, tmp_path)
    disk.live(fill)

    async def three(offline: OfflineDesk, _: Desk) -> None:
        for _each in range(3):
            disk.keep(offline)
        with pytest.raises(VerifierUnreachable):
            await offline.flush()

    disk.live(three, Cut())
    assert len(disk.left) == 3
    assert disk.deferred() == 0
    disk.live(flush)
    assert (disk.deferred(), disk.left) == (3, [])
    assert disk.live(claim) == Outcome.ACCEPTED
    disk.assert_sound()


def test_nothing_personal_lies_open_on_the_disk_and_it_is_private(
    clinic: Clinic, tmp_path: Path
) -> None:
    disk = Disk(clinic, tmp_path)
    disk.live(fill)

    async def one(offline: OfflineDesk, _: Desk) -> None:
        disk.keep(offline)

    disk.live(one)
    (kept,) = disk.left
    said = kept.read_bytes()
    assert kept.stat().st_mode & 0o777 == 0o600
    assert HUA.number.encode() not in said
    assert HUA.name.encode() not in said
    reading = visit_of(HUA).reading
    assert reading is not None
    for value in reading.fields.values():
        assert value.encode() not in said or len(value) < 3


def test_the_stock_is_bounded_and_renewed_when_the_verifier_is_there(
    clinic: Clinic, tmp_path: Path
) -> None:
    disk = Disk(clinic, tmp_path)
    disk.live(fill)

    async def all_of_them(offline: OfflineDesk, _: Desk) -> None:
        for _each in range(12):
            disk.keep(offline)
        with pytest.raises(NoTicket):
            offline.offered(clinic.now())
        with pytest.raises(NoTicket):
            disk.keep(offline)
        wait = await offline.look(lambda: True, clinic.now())
        assert (wait, offline.stock.left(clinic.now())) == (600.0, 12)

    disk.live(all_of_them)
    assert (disk.deferred(), disk.left) == (12, [])


def test_what_was_never_sent_goes_with_its_ticket_and_stands_in_the_journal(
    clinic: Clinic, tmp_path: Path
) -> None:
    disk = Disk(clinic, tmp_path)
    disk.live(fill)

    async def too_late(offline: OfflineDesk, _: Desk) -> None:
        disk.keep(offline)
        await offline.look(lambda: True, datetime.now(UTC) + timedelta(days=2))

    disk.live(too_late, Cut())
    assert disk.left == []
    (line,) = Journal(tmp_path / "journal.jsonl").referrals()
    assert (line.visit, line.reason) == (disk.told[0], "ticket.expired")


def test_who_is_not_known_as_a_practitioner_stands_in_the_journal(
    clinic: Clinic, tmp_path: Path
) -> None:
    disk = Disk(clinic, tmp_path)
    disk.live(fill)
    with clinic.hospital.database.owner.begin() as conn:
        conn.exec_driver_sql("UPDATE practice_registrations SET to_day = '2021-01-01'")

    async def one(offline: OfflineDesk, _: Desk) -> None:
        disk.keep(offline)
        await offline.flush()

    disk.live(one)
    assert (disk.deferred(), disk.left) == (0, [])
    (line,) = Journal(tmp_path / "journal.jsonl").referrals()
    assert line.reason == "practice.denied"


def test_off_shift_it_is_deferred_without_a_reason_that_nobody_could_ask_for(
    clinic: Clinic, tmp_path: Path
) -> None:
    with clinic.hospital.database.owner.begin() as conn:
        conn.exec_driver_sql("DELETE FROM roster_slots")
    disk = Disk(clinic, tmp_path)
    disk.live(fill)

    async def one(offline: OfflineDesk, _: Desk) -> None:
        disk.keep(offline)
        await offline.flush()

    disk.live(one)
    assert (disk.deferred(), disk.left) == (1, [])
