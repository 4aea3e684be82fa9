"""The way to the verifier, broken in every place."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from kiosk.chain import Chain
from kiosk.claims import build_evidence
from kiosk.desk import Desk
from kiosk.errors import (
    InsecureAddress,
    VerifierConfused,
    VerifierRefused,
    VerifierUnreachable,
)
from kiosk.identity import TerminalIdentity
from kiosk.verifier_client import Patience, VerifierClient
from tests.kiosk import people
from tests.kiosk.tiny_verifier import TinyVerifier, accept
from verifier.protocol.claim import LegalBasis, claim_hash
from verifier.protocol.values import Consent, new_id

HASTY = Patience(connect=5.0, answer=3.0, attempts=3, total=60.0, first_wait=0.01)
BASIS = LegalBasis(notice_version=people.NOTICE, consent=Consent.SEPARATE, touched_at=people.NOW)
EVIDENCE = build_evidence(people.READING, None, people.CAPTURE)


@asynccontextmanager
async def a_desk(folder: Path) -> AsyncIterator[tuple[TinyVerifier, Desk]]:
    async with TinyVerifier().running() as verifier:
        identity = verifier.identity(folder)
        async with VerifierClient(identity, patience=HASTY) as client:
            with Chain(folder / "chain.json") as chain:
                yield verifier, Desk(client, chain, people.PURPOSE)


def with_a_desk(folder: Path, test: Callable[[TinyVerifier, Desk], Awaitable[None]]) -> None:
    async def run() -> None:
        async with a_desk(folder) as (verifier, desk):
            await test(verifier, desk)

    asyncio.run(run())


def test_a_claim_is_signed_over_the_challenge_with_its_counter_and_the_last_recorded_hash(
    tmp_path: Path,
) -> None:
    async def test(verifier: TinyVerifier, desk: Desk) -> None:
        visit = new_id()
        first = await desk.submit(visit, BASIS, EVIDENCE)
        second = await desk.submit(visit, BASIS, EVIDENCE)
        one, two = verifier.claims(desk.client.identity)
        assert (one.counter, one.previous) == (1, None)
        assert (two.counter, two.previous) == (2, claim_hash(first.compact))
        assert one.challenge == first.challenge.challenge
        assert (two.visit, two.legal_basis) == (visit, BASIS)
        assert second.answer.greeting is not None

    with_a_desk(tmp_path, test)


@pytest.mark.parametrize("fault", ["drop", "html", "hang", "verifier.busy", "claim.in_progress"])
def test_a_broken_answer_is_asked_for_again_with_the_very_same_bytes(
    tmp_path: Path, fault: str
) -> None:
    async def test(verifier: TinyVerifier, desk: Desk) -> None:
        verifier.before_claims.extend([fault, fault])
        exchange = await desk.submit(new_id(), BASIS, EVIDENCE)
        assert verifier.bodies == [exchange.compact.encode()] * 3
        assert desk.chain.link.counter == 1

    with_a_desk(tmp_path, test)


def test_the_claim_is_on_disk_before_it_leaves(tmp_path: Path) -> None:
    async def test(verifier: TinyVerifier, desk: Desk) -> None:
        seen = []

        def look(claim, compact):  # type: ignore[no-untyped-def]
            link = Chain(tmp_path / "chain.json").link
            seen.append((link.counter, link.pending == claim_hash(compact)))
            return accept(claim, compact)

        verifier.judge = look
        await desk.submit(new_id(), BASIS, EVIDENCE)
        assert seen == [(1, True)]
        assert Chain(tmp_path / "chain.json").link.pending is None

    with_a_desk(tmp_path, test)


def test_a_verifier_that_is_down_is_unreachable_and_the_counter_goes_on(tmp_path: Path) -> None:
    async def test(verifier: TinyVerifier, desk: Desk) -> None:
        verifier.before_claims.extend(["drop"] * 3)
        with pytest.raises(VerifierUnreachable):
            await desk.submit(new_id(), BASIS, EVIDENCE)
        await desk.submit(new_id(), BASIS, EVIDENCE)
        *_, last = verifier.claims(desk.client.identity)
        assert (last.counter, last.previous) == (2, None)

    with_a_desk(tmp_path, test)


def test_a_refused_connection_is_unreachable(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    path = tmp_path / "terminal.json"
    TerminalIdentity.create(path, "H99010100001", f"http://127.0.0.1:{port}")
    identity = TerminalIdentity.register(path, new_id())

    async def run() -> None:
        async with VerifierClient(identity, patience=HASTY) as client:
            with pytest.raises(VerifierUnreachable):
                await client.challenge(people.PURPOSE, new_id())

    asyncio.run(run())


@pytest.mark.parametrize("code", ["challenge.expired", "challenge.unknown", "claim.undecided"])
def test_an_interrupted_decision_gets_one_fresh_challenge_with_the_same_evidence(
    tmp_path: Path, code: str
) -> None:
    async def test(verifier: TinyVerifier, desk: Desk) -> None:
        verifier.before_claims.append(code)
        exchange = await desk.submit(new_id(), BASIS, EVIDENCE)
        one, two = verifier.claims(desk.client.identity)
        assert one.challenge != two.challenge == exchange.challenge.challenge
        assert verifier.challenges == 2
        verifier.before_claims.extend([code, code])
        with pytest.raises(VerifierRefused):
            await desk.submit(new_id(), BASIS, EVIDENCE)
        assert verifier.challenges == 4

    with_a_desk(tmp_path, test)


def test_a_refusal_is_not_asked_for_again(tmp_path: Path) -> None:
    async def test(verifier: TinyVerifier, desk: Desk) -> None:
        verifier.before_claims.append("capture.embedding_mismatch")
        with pytest.raises(VerifierRefused) as refused:
            await desk.submit(new_id(), BASIS, EVIDENCE)
        assert refused.value.code == "capture.embedding_mismatch"
        assert len(verifier.bodies) == 1

    with_a_desk(tmp_path, test)


def test_a_stored_refusal_counts_as_recorded_and_an_unjudged_one_does_not(tmp_path: Path) -> None:
    async def test(verifier: TinyVerifier, desk: Desk) -> None:
        verifier.before_claims.extend(["capture.injected", "challenge.spent"])
        for _ in range(2):
            with pytest.raises(VerifierRefused):
                await desk.submit(new_id(), BASIS, EVIDENCE)
        assert desk.chain.link.previous == claim_hash(verifier.bodies[0].decode())

    with_a_desk(tmp_path, test)


@pytest.mark.parametrize("fault", ["nonsense", "other"])
def test_an_answer_about_something_else_is_not_believed(tmp_path: Path, fault: str) -> None:
    async def test(verifier: TinyVerifier, desk: Desk) -> None:
        if fault == "nonsense":
            verifier.before_claims.append(fault)
        else:
            verifier.judge = lambda claim, _: people.answer(claim.visit)
        with pytest.raises(VerifierConfused):
            await desk.submit(new_id(), BASIS, EVIDENCE)

    with_a_desk(tmp_path, test)


def test_a_challenge_is_kept_for_its_visit_and_renewed_when_it_is_old(tmp_path: Path) -> None:
    async def test(verifier: TinyVerifier, desk: Desk) -> None:
        visit = new_id()
        opened = await desk.open(visit)
        exchange = await desk.submit(visit, BASIS, EVIDENCE)
        assert exchange.challenge == opened
        verifier.lifetime = 5.0
        opened = await desk.open(visit)
        exchange = await desk.submit(visit, BASIS, EVIDENCE)
        assert exchange.challenge != opened

    with_a_desk(tmp_path, test)


def test_every_request_but_a_claim_carries_a_proof_of_its_own(tmp_path: Path) -> None:
    async def test(verifier: TinyVerifier, desk: Desk) -> None:
        visit = new_id()
        await desk.open(visit)
        await desk.open(visit)
        assert len(set(verifier.tokens)) == 2

    with_a_desk(tmp_path, test)


def test_plain_http_to_another_machine_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "terminal.json"
    TerminalIdentity.create(path, "H99010100001", "http://10.1.2.3:8370")
    identity = TerminalIdentity.register(path, new_id())
    with pytest.raises(InsecureAddress):
        VerifierClient(identity)
