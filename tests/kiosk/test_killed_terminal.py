"""A terminal killed at any step is never taken for a copied key.

A real verifier judges, a real file is the chain. The terminal dies before or after every request
and every write, or its claim stays on the line and arrives when it has started again.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from kiosk import chain as chains
from kiosk.chain import Chain
from kiosk.desk import Desk
from kiosk.errors import VerifierRefused, VerifierUnreachable
from kiosk.identity import TerminalIdentity
from kiosk.verifier_client import Patience, VerifierClient
from tests.verifier.fixtures import (  # noqa: F401
    INSTITUTION,
    _admin,
    database,
    embedded_server,
    gallery,
    institution,
    keyring,
)
from tests.verifier.serving.hospital import (
    Hospital,
    basis,
    faceless,
    invent,
    open_hospital,
    visit_of,
)
from tests.verifier.serving.test_claim_again import HeldEmbedder
from verifier.identity.galleries import Gallery
from verifier.protocol.claim import Evidence
from verifier.protocol.values import Outcome, new_id
from verifier.store.database import Database
from verifier.trust import terminals
from verifier.trust.keys import KeyRing

ZHANG = invent(1)
CARD = faceless(ZHANG)
REFUSED = Evidence.model_construct(reading=None, narrowing=None, capture=None, chip_photo=None)
"""Refused with `evidence.empty`, a result that is stored."""

PATIENCE = Patience(attempts=1, total=10.0)
STEPS = 16
"""More than a visit after a crash has: challenge, question, two writes and a claim, before and
after each."""


class Killed(BaseException):
    """The power is cut."""


class Power:
    """Cuts the power at the n-th step; never where `at` is None."""

    def __init__(self, at: int | None = None) -> None:
        self.left = at

    def step(self) -> None:
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                self.left = None
                raise Killed


class Line(httpx.AsyncBaseTransport):
    """The way to the verifier. A claim may stay on it for `late` further requests."""

    def __init__(self, app: Any, power: Power, late: int | None = None) -> None:
        self._inner = httpx.ASGITransport(app)
        self._power = power
        self.late = late
        self._waiting: tuple[int, httpx.Request] | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await self.deliver()
        if self.late is not None and request.url.path == "/v1/claims":
            self._waiting, self.late = (self.late, request), None
            raise Killed
        self._power.step()
        answer = await self._inner.handle_async_request(request)
        await answer.aread()
        self._power.step()
        return answer

    async def deliver(self, *, all_: bool = False) -> None:
        if self._waiting is None:
            return
        left, request = self._waiting
        self._waiting = (left - 1, request)
        if left <= 0 or all_:
            self._waiting = None
            await (await self._inner.handle_async_request(request)).aread()


class Terminal:
    """A terminal on its disk, switched on for each visit."""

    def __init__(self, hospital: Hospital, folder: Path) -> None:
        self.hospital, self.folder = hospital, folder
        public = TerminalIdentity.create(folder / "terminal.json", INSTITUTION, "http://127.0.0.1")
        with hospital.database.app.begin() as conn:
            name = terminals.register(conn, INSTITUTION, "hall", "kiosk", public, ["settlement"])
        self.identity = TerminalIdentity.register(folder / "terminal.json", name)

    async def visit(
        self, power: Power, line: Line, evidence: Evidence = CARD, patience: Patience = PATIENCE
    ) -> str:
        """Start, claim once, stop. The outcome, a refusal's code, or `killed`."""
        with Chain(self.folder / "chain.json") as chain:
            async with VerifierClient(self.identity, patience=patience) as client:
                await client._http.aclose()
                client._http = httpx.AsyncClient(transport=line, base_url="http://verifier")
                desk = Desk(client, chain, "settlement")
                try:
                    return await claimed(desk, evidence)
                except Killed:
                    return "killed"

    def play(self, *crashes: "Crash") -> None:
        """Crash as said, and then claim twice as if nothing had been."""

        async def run() -> None:
            line = Line(self.hospital.http.app, Power())
            for crash in crashes:
                line._power = power = Power(crash.at)
                line.late = crash.late
                with cutting(power):
                    await self.visit(power, line, crash.evidence)
            line._power, line.late = Power(), None
            assert await self.visit(Power(), line) == Outcome.ACCEPTED
            await line.deliver(all_=True)
            assert await self.visit(Power(), line) == Outcome.ACCEPTED

        asyncio.run(run())
        self.assert_never_suspended()

    def assert_never_suspended(self) -> None:
        with self.hospital.database.app.connect() as conn:
            record = terminals.get(conn, self.identity.terminal)
            assert record is not None
            assert record.active
            rows = conn.execute(
                text(
                    "SELECT body->>'claim', body->>'previous' FROM ledger "
                    "WHERE body->>'terminal' = :terminal ORDER BY seq"
                ),
                {"terminal": self.identity.terminal},
            ).all()
        names = [None, *(claim for claim, _ in rows)]
        assert [previous for _, previous in rows] == names[:-1], "one chain without a gap"


class Crash:
    """Where a visit ends, and with what evidence it began."""

    def __init__(self, at: int | None, late: int | None = None, evidence: Evidence = CARD) -> None:
        self.at, self.late, self.evidence = at, late, evidence

    def __repr__(self) -> str:
        kind = "refused" if self.evidence is REFUSED else "card"
        return f"Crash(at={self.at}, late={self.late}, {kind})"


async def claimed(desk: Desk, evidence: Evidence) -> str:
    try:
        exchange = await desk.submit(new_id(), basis(), evidence)
    except VerifierRefused as refused:
        return refused.code
    return str(exchange.answer.decision.outcome)


class cutting:  # noqa: N801
    """While it lasts, writing the chain is a step too, before and after."""

    def __init__(self, power: Power) -> None:
        self._power = power

    def __enter__(self) -> None:
        self._real = chains.write_private

        def write(path: Path, data: bytes) -> None:
            self._power.step()
            self._real(path, data)
            self._power.step()

        chains.write_private = write  # type: ignore[assignment]

    def __exit__(self, *_: object) -> None:
        chains.write_private = self._real


@pytest.fixture
def hospital(database: Database, keyring: KeyRing, gallery: Gallery) -> Iterator[Hospital]:  # noqa: F811
    with open_hospital(database, keyring, gallery) as opened:
        yield opened


@pytest.mark.parametrize("evidence", [CARD, REFUSED], ids=["decided", "refused"])
def test_killed_at_any_step_once_it_goes_on(
    hospital: Hospital, tmp_path: Path, evidence: Evidence
) -> None:
    for step in range(STEPS):
        folder = tmp_path / str(step)
        folder.mkdir()
        Terminal(hospital, folder).play(Crash(step, evidence=evidence))


@pytest.mark.parametrize("late", range(6))
def test_a_claim_that_arrives_after_the_restart_is_one_claim_and_no_fork(
    hospital: Hospital, tmp_path: Path, late: int
) -> None:
    Terminal(hospital, tmp_path).play(Crash(None, late=late))


crashes = st.builds(
    Crash,
    at=st.none() | st.integers(0, STEPS - 1),
    late=st.none() | st.integers(0, 5),
    evidence=st.sampled_from([CARD, REFUSED]),
)


def test_killed_at_any_step_again_and_again_it_goes_on(
    hospital: Hospital, tmp_path_factory: pytest.TempPathFactory
) -> None:
    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(crashes, min_size=2, max_size=5))
    def killed(several: list[Crash]) -> None:
        Terminal(hospital, tmp_path_factory.mktemp("terminal")).play(*several)

    killed()


def with_a_held_judge(
    parts: tuple[Database, KeyRing, Gallery],
    folder: Path,
    test: Callable[[Hospital, HeldEmbedder, Terminal], Awaitable[None]],
) -> None:
    embedder = HeldEmbedder()
    with open_hospital(*parts, embedder=embedder) as hospital:
        terminal = Terminal(hospital, folder)
        asyncio.run(test(hospital, embedder, terminal))
        terminal.assert_never_suspended()


def test_started_again_while_its_claim_is_judged_it_waits_for_the_answer(
    database: Database,  # noqa: F811
    keyring: KeyRing,  # noqa: F811
    gallery: Gallery,  # noqa: F811
    tmp_path: Path,
) -> None:
    async def test(hospital: Hospital, embedder: HeldEmbedder, terminal: Terminal) -> None:
        asked = threading.Event()
        with ThreadPoolExecutor(1) as pool:
            first = pool.submit(send_and_die, terminal, embedder, dead := threading.Event())
            assert await asyncio.to_thread(dead.wait, 30)
            line = Watching(hospital.http.app, asked)
            again = asyncio.create_task(terminal.visit(Power(), line))
            assert await asyncio.to_thread(asked.wait, 30)
            embedder.go_on.set()
            assert await again == Outcome.ACCEPTED
            await asyncio.to_thread(first.result, 30)

    with_a_held_judge((database, keyring, gallery), tmp_path, test)


def test_it_does_not_wait_for_ever(
    database: Database,  # noqa: F811
    keyring: KeyRing,  # noqa: F811
    gallery: Gallery,  # noqa: F811
    tmp_path: Path,
) -> None:
    async def test(hospital: Hospital, embedder: HeldEmbedder, terminal: Terminal) -> None:
        with ThreadPoolExecutor(1) as pool:
            first = pool.submit(send_and_die, terminal, embedder, dead := threading.Event())
            assert await asyncio.to_thread(dead.wait, 30)
            line, hasty = Line(hospital.http.app, Power()), Patience(attempts=1, total=0.5)
            with pytest.raises(VerifierUnreachable):
                await terminal.visit(Power(), line, patience=hasty)
            embedder.go_on.set()
            await asyncio.to_thread(first.result, 30)
        assert await terminal.visit(Power(), Line(hospital.http.app, Power())) == Outcome.ACCEPTED

    with_a_held_judge((database, keyring, gallery), tmp_path, test)


class Watching(Line):
    """Tells when the terminal has asked what became of its claim."""

    def __init__(self, app: Any, asked: threading.Event) -> None:
        super().__init__(app, Power())
        self._asked = asked

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await super().handle_async_request(request)
        if request.method == "GET":
            assert answer.json()["state"] == "in_progress" or self._asked.is_set()
            self._asked.set()
        return answer


def send_and_die(terminal: Terminal, embedder: HeldEmbedder, dead: threading.Event) -> None:
    """The terminal dies when the judge has its claim; the claim is judged to its end."""

    async def run() -> None:
        line = Line(terminal.hospital.http.app, Power())
        with Chain(terminal.folder / "chain.json") as chain:
            async with VerifierClient(terminal.identity, patience=PATIENCE) as client:
                await client._http.aclose()
                client._http = httpx.AsyncClient(transport=line, base_url="http://verifier")
                desk = Desk(client, chain, "settlement")
                chain.recorded = lambda _: None  # type: ignore[method-assign]
                sending = asyncio.create_task(claimed(desk, visit_of(ZHANG)))
                assert await asyncio.to_thread(embedder.reached.wait, 30)
                chain.__exit__()
                dead.set()
                await sending

    asyncio.run(run())


def test_a_decision_that_died_is_gone_on_without(
    database: Database,  # noqa: F811
    keyring: KeyRing,  # noqa: F811
    gallery: Gallery,  # noqa: F811
    tmp_path: Path,
) -> None:
    async def test(hospital: Hospital, embedder: HeldEmbedder, terminal: Terminal) -> None:
        with ThreadPoolExecutor(1) as pool:
            first = pool.submit(send_and_die, terminal, embedder, dead := threading.Event())
            assert await asyncio.to_thread(dead.wait, 30)
            _admin(  # the store drops whoever decides
                embedded_server(),
                "SELECT pg_terminate_backend(pid) FROM pg_locks "
                "WHERE locktype = 'advisory' AND pid <> pg_backend_pid()",
            )
            again = await terminal.visit(Power(), Line(hospital.http.app, Power()))
            assert again == Outcome.ACCEPTED
            embedder.go_on.set()
            with pytest.raises(VerifierUnreachable):
                await asyncio.to_thread(first.result, 30)

    with_a_held_judge((database, keyring, gallery), tmp_path, test)
