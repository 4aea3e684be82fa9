"""The terminal's business with the verifier: a challenge for a visit, a claim over it, one answer
or one error.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from verifier.protocol.challenge import Challenge
from verifier.protocol.claim import Evidence, LegalBasis, claim_hash
from verifier.protocol.decision import ClaimAnswer

from . import claims
from .chain import Chain
from .errors import VerifierRefused
from .settling import settle
from .states import Exchange
from .verifier_client import VerifierClient
from .witness import Witness

FRESH_CHALLENGE_CODES = frozenset({"challenge.expired", "challenge.unknown", "claim.undecided"})
"""After these the same evidence may be claimed once more, over a new challenge. Unknown is one that
a crash of the store took back before it was spent.
"""

NOT_RECORDED = (
    "auth.",
    "challenge.spent",
    "challenge.superseded",
    "challenge.unknown",
    "claim.in_progress",
    "claim.malformed",
    "claim.signature_invalid",
    "claim.undecided",
    "request.",
    "terminal.",
    "ticket.invalid",
    "verifier.",
)
"""Refusals that may come before the claim is judged: the next one asks what became of it. Every
other is stored as the claim's result.
"""

MARGIN_SECONDS = 10.0


@dataclass(frozen=True)
class _Held:
    challenge: Challenge
    until: float


class Desk:
    """Holds at most one open challenge, as the verifier does."""

    def __init__(
        self, client: VerifierClient, chain: Chain, purpose: str, witness: Witness | None = None
    ) -> None:
        self.client = client
        self.chain = chain
        self.purpose = purpose
        self._visit = ("", purpose)
        self._witness = witness
        self._told: tuple[str, ...] = ()
        self._held: _Held | None = None
        self.one_claim = asyncio.Lock()
        self.first: Callable[[], Awaitable[None]] | None = None
        """What is finished before the last claim is asked about (`kiosk.offline`)."""

    @property
    def health(self) -> tuple[str, ...]:
        """What the verifier finds odd about this terminal, and this terminal about the ledger."""
        return self._told + (self._witness.health if self._witness else ())

    async def open(self, visit: str, purpose: str | None = None) -> Challenge:
        """A fresh challenge for this visit, which keeps its purpose; the terminal's own unless
        another is said.
        """
        self._held = None
        known = self._visit[1] if self._visit[0] == visit else self.purpose
        self._visit = (visit, purpose or known)
        asked = time.monotonic()
        challenge = await self.client.challenge(self._visit[1], visit)
        # The verifier's own two times give the life: this terminal's clock may be wrong.
        life = (challenge.expires_at - challenge.issued_at).total_seconds()
        self._held = _Held(challenge, asked + life - MARGIN_SECONDS)
        self._told = tuple(challenge.health)
        if self._witness is not None:
            self._witness.see(challenge.checkpoint)
        return challenge

    @property
    def in_use(self) -> bool:
        """Whether a visit's challenge is open."""
        return self._held is not None

    async def shut(self) -> None:
        """Stop what goes on beside the visits."""
        if self._witness is not None:
            await self._witness.shut()

    def forget(self) -> None:
        """Drop the open challenge: it belongs to a visit that is over."""
        self._held = None

    async def submit(
        self,
        visit: str,
        basis: LegalBasis | None,
        evidence: Evidence,
    ) -> Exchange:
        """Claim once; after an expired challenge or an interrupted decision, once more with a fresh
        challenge.

        Raises the errors of `VerifierClient`.
        """
        async with self.one_claim:
            try:
                return await self._claim(await self._challenge(visit), basis, evidence)
            except VerifierRefused as refused:
                if refused.code not in FRESH_CHALLENGE_CODES:
                    raise
            return await self._claim(await self._challenge(visit), basis, evidence)

    async def _challenge(self, visit: str) -> Challenge:
        held, self._held = self._held, None
        settled = self.chain.link.pending is None
        if settled and held and held.challenge.visit == visit and time.monotonic() < held.until:
            return held.challenge
        challenge = await self.open(visit)
        self._held = None
        if self.first is not None:
            await self.first()
        await settle(self.client, self.chain)
        return challenge

    async def _claim(
        self,
        challenge: Challenge,
        basis: LegalBasis | None,
        evidence: Evidence,
    ) -> Exchange:
        counter = self.chain.next_counter()
        claim = claims.build_claim(
            self.client.identity,
            challenge,
            claims.seal(evidence, challenge),
            basis,
            counter=counter,
            previous=self.chain.link.previous,
            at=datetime.now(UTC),
        )
        compact = claim.signed(self.client.identity.key)
        await asyncio.to_thread(self.chain.about_to_send, counter, claim_hash(compact))
        answer = await self._send(compact)
        self._told = tuple(answer.health)
        return Exchange(compact, challenge, answer)

    async def _send(self, compact: str) -> ClaimAnswer:
        try:
            answer = await self.client.send(compact)
        except VerifierRefused as refused:
            if not refused.code.startswith(NOT_RECORDED):
                await asyncio.to_thread(self.chain.recorded, claim_hash(compact))
            raise
        await asyncio.to_thread(self.chain.recorded, claim_hash(compact))
        return answer
