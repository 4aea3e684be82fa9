"""离线登记: check-ins over tickets while the verifier cannot be reached, and their way to it later.

A check-in is sealed and on disk before the screen says its number. It is signed only when it is
sent, so that it takes its place in the terminal's chain of claims like every other; from then on
its bytes stay the same, and the verifier answers the same bytes once. See `docs/terminals.md`.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import structlog
from joserfc.jwk import OKPKey

from verifier.protocol.claim import Claim, Evidence, LegalBasis, claim_hash
from verifier.protocol.practice import PURPOSE, CheckIn, Outcome
from verifier.protocol.ticket import TicketBatch

from .desk import NOT_RECORDED, Desk
from .errors import KioskError, NoTicket, VerifierRefused
from .journal import Journal
from .settling import settle
from .spool import Spool, Waiting
from .tickets import TicketStock

log = structlog.get_logger("kiosk")

LOOK_SECONDS = 600.0
"""How often the stock is filled up."""

AGAIN_SECONDS = 20.0
"""While nobody answers, or something waits."""

WAITS = ("auth.", "claim.in_progress", "request.", "terminal.", "verifier.")
"""Refusals that say nothing of the check-in itself: it is sent again later."""


class OfflineDesk:
    """One terminal's tickets and what waits. `desk` is that of its other claims."""

    def __init__(self, desk: Desk, folder: Path, journal: Journal) -> None:
        self.stock = TicketStock(folder / "tickets.json")
        self.spool = Spool(folder / "spool")
        self._desk, self._journal = desk, journal
        self._something = asyncio.Event()
        desk.first = self._finish

    @property
    def takes_check_ins(self) -> bool:
        """Whether the hospital takes tickets for them here, used up or not."""
        return self.stock.batch is not None and PURPOSE in self.stock.batch.purposes

    def offered(self, at: datetime) -> TicketBatch | None:
        """What came with the tickets, where one is left for a check-in. Raises `NoTicket` where
        the hospital takes them and none is left."""
        batch = self.stock.batch
        if batch is None or not self.takes_check_ins:
            return None
        if not self.stock.left(at):
            raise NoTicket("the stock is used up or over")
        return batch

    def keep(self, visit: str, basis: LegalBasis, evidence: Evidence, at: datetime) -> None:
        """Spend a ticket on this check-in and put it on disk. Raises `NoTicket`."""
        batch, taken = self.stock.batch, self.stock.take(at)
        if batch is None or taken is None:
            raise NoTicket("the stock is used up or over")
        compact, ticket = taken
        entry = Waiting(
            ticket=compact,
            challenge=ticket.ticket,
            sequence=ticket.sequence,
            expires_at=ticket.expires_at,
            visit=visit,
            purpose=PURPOSE,
            legal_basis=basis,
            created_at=at,
            evidence=evidence.sealed(OKPKey.import_key({**batch.seal_key})),
        )
        self.spool.put(entry)
        log.info("kiosk.offline.kept", visit=visit, sequence=ticket.sequence)

    def wake(self) -> None:
        """Something waits: look for the verifier soon."""
        self._something.set()

    async def watch(self, idle: Callable[[], bool], now: Callable[[], datetime]) -> None:
        """Send what waits, and fill the stock up, now and again. Never ends."""
        while True:
            wait = await self.look(idle, now())
            self._something.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._something.wait()

    async def look(self, idle: Callable[[], bool], at: datetime) -> float:
        """Once; seconds until the next time."""
        self._tidy(at)
        try:
            if idle():
                await self.flush()
            self.stock.fill(await self._desk.client.tickets())
        except VerifierRefused as refused:
            log.debug("kiosk.offline", refused=refused.code)
            if refused.code == "ticket.off":
                self.stock.clear()
        except KioskError as error:
            log.debug("kiosk.offline", error=error.code)
            return AGAIN_SECONDS
        return AGAIN_SECONDS if self.spool.waiting() else LOOK_SECONDS

    async def flush(self) -> None:
        """Send what waits, in its order. Raises the errors of `VerifierClient`."""
        for waiting in self.spool.waiting():
            async with self._desk.one_claim:
                if self._desk.in_use:
                    return  # a visit began: its challenge stays as it is
                await self._finish()
                judged = waiting if waiting.receipt else await self._judged(waiting)
            if judged is not None:
                await self._check_in(judged)

    async def _judged(self, waiting: Waiting) -> Waiting | None:
        return await self._sent(waiting if waiting.compact else await self._signed(waiting))

    async def _finish(self) -> None:
        """The claim of which it is not known whether it arrived is sent again, where it is one of
        these: a new challenge does not end a ticket, so asking about it would not be enough."""
        pending = self._desk.chain.link.pending
        for entry in self.spool.waiting():
            if entry.compact and claim_hash(entry.compact) == pending:
                await self._sent(entry)

    async def _signed(self, entry: Waiting) -> Waiting:
        """Its bytes, for good. The chain knows of them before the spool does: dying between the
        two leaves a claim that never left, and the chain goes on without it."""
        chain, client = self._desk.chain, self._desk.client
        if chain.link.pending is not None:
            await self._desk.open(entry.visit, entry.purpose)
            self._desk.forget()
            await settle(client, chain)
        counter = chain.next_counter()
        claim = Claim(
            aud=client.identity.institution,
            terminal=client.identity.terminal,
            challenge=entry.challenge,
            visit=entry.visit,
            purpose=entry.purpose,
            mode="central",
            counter=counter,
            previous=chain.link.previous,
            created_at=entry.created_at,
            legal_basis=entry.legal_basis,
            evidence=entry.evidence,
            ticket=entry.ticket,
        )
        compact = claim.signed(client.identity.key)
        await asyncio.to_thread(chain.about_to_send, counter, claim_hash(compact))
        signed = entry.model_copy(update={"compact": compact})
        await asyncio.to_thread(self.spool.put, signed)
        return signed

    async def _sent(self, entry: Waiting) -> Waiting | None:
        """Judged, or given up; None then."""
        compact = entry.compact or ""
        try:
            answer = await self._desk.client.send(compact)
        except VerifierRefused as refused:
            if refused.code.startswith(WAITS):
                raise
            await self._settled(compact, refused.code)
            self._give_up(entry, refused.code)
            return None
        await self._settled(compact, None)
        # What was sealed has done its work: the receipt's number is all that is needed still.
        done = {"receipt": answer.receipt_id, "evidence": "", "compact": None}
        judged = entry.model_copy(update=done)
        await asyncio.to_thread(self.spool.put, judged)
        return judged

    async def _settled(self, compact: str, refused: str | None) -> None:
        chain = self._desk.chain
        if chain.link.pending != claim_hash(compact):
            return  # the chain went on before this terminal died
        if refused is None or not refused.startswith(NOT_RECORDED):
            await asyncio.to_thread(chain.recorded, claim_hash(compact))
        else:
            await settle(self._desk.client, chain)

    async def _check_in(self, entry: Waiting) -> None:
        said = CheckIn(receipt_id=entry.receipt or "", act="in")
        try:
            answer = await self._desk.client.check_in(said)
        except VerifierRefused as refused:
            if refused.code.startswith(WAITS):
                raise
            self._give_up(entry, refused.code)
            return
        if answer.outcome is Outcome.DEFERRED:
            log.info("kiosk.offline.sent", visit=entry.visit, sequence=entry.sequence)
            self.spool.drop(entry)
        else:
            self._give_up(entry, f"practice.{answer.outcome}")

    def _give_up(self, entry: Waiting, reason: str) -> None:
        """It stands in the journal, by its number, and goes from the disk."""
        log.warning("kiosk.offline.ended", visit=entry.visit, reason=reason)
        self._journal.refer(entry.visit, entry.purpose, reason)
        self.spool.drop(entry)

    def _tidy(self, at: datetime) -> None:
        """What the verifier would not take any more does not stay on this disk."""
        for entry in self.spool.waiting():
            if at >= entry.expires_at and entry.compact is None and entry.receipt is None:
                self._give_up(entry, "ticket.expired")
