"""What one verifier is made of: the parts that are passed in, and what follows from them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

import structlog
from fastapi import Request
from sqlalchemy import Engine

from verifier.decision.bench import Bench
from verifier.decision.expected import ExpectedVisits
from verifier.decision.judge import Judge
from verifier.decision.phone_judge import PhoneJudge
from verifier.decision.terminals import TerminalDirectory
from verifier.his.dispatcher import Dispatcher
from verifier.his.expected import StoredVisits
from verifier.his.sending import Sender
from verifier.identity.galleries import Gallery
from verifier.identity.resolver import TOKEN_KINDS, CredentialResolver
from verifier.ledger.sealing import Sealer
from verifier.matching.embedding import Embedder
from verifier.matching.following import FollowedGallery
from verifier.matching.search import GallerySearch
from verifier.policy.load import LoadedPolicy
from verifier.policy.rules import Calibrated, Rules, resolve
from verifier.protocol.errors import Refused
from verifier.protocol.values import now
from verifier.shifts import ShiftCodes, load_codes
from verifier.trust.accounts.sessions import Doors
from verifier.trust.keys import KeyRing

from .attempts import Allowance, Attempts
from .housekeeping import Housekeeper
from .limits import BodyLimits
from .metrics import Metrics
from .prints import Prints
from .problems import store_is_away
from .proofs import Replays
from .readings import Readings
from .store_watch import StoreWatch
from .tokens import Tokens
from .watching import nightly
from .workers import Workers

log = structlog.get_logger("verifier")


@dataclass(frozen=True)
class Load:
    """How much is done at once. Threads of `claims` hold a database connection each."""

    claims: int = 6
    claims_waiting: int = 26
    small: int = 4
    small_waiting: int = 60


@dataclass(frozen=True)
class Dependencies:
    """The parts that `create_app` takes."""

    engine: Engine
    keyring: KeyRing
    policy: LoadedPolicy
    calibration: Calibrated
    embedder: Embedder
    gallery: Gallery
    search: GallerySearch
    institution: str
    demo: bool
    mode: Literal["central", "on_device"]
    notice_version: str
    clock: Callable[[], datetime] = now
    revive: Callable[[], None] | None = None
    """Brings a lost store back or raises; without it the store is only asked."""
    load: Load = field(default_factory=Load)
    region_key: bytes | None = None
    """Under which a supervisor's pseudonyms are made; without one there is no supervision."""
    shift_codes: ShiftCodes = field(default_factory=load_codes)
    """What a cell of a roster means."""
    data: Path | None = None
    """Folder of what is kept, where batches wait sealed; without one there are no batches."""
    resolver: CredentialResolver | None = None
    """Without one the institution has no door for codes."""
    expected: ExpectedVisits = field(default_factory=StoredVisits)
    webhooks_public: bool = False
    """Whether webhooks may leave the hospital's own network."""


class Site:
    """One running verifier. Raises `PolicyRefused` where policy and calibration do not fit."""

    def __init__(self, parts: Dependencies) -> None:
        self.parts = parts
        self.rules: Rules = resolve(parts.policy, parts.calibration, parts.notice_version)
        self.metrics = Metrics()
        self.store = StoreWatch(self.metrics, parts.revive or self._ask_store)
        self.directory = TerminalDirectory(parts.engine)
        self.replays = Replays()
        self.attempts = Attempts()
        # Many phones come from one address, that of the hospital's wireless network.
        self.enrolments = Attempts(Allowance(20, 15.0), Allowance(60, 5.0))
        self.site_codes = Attempts(Allowance(20, 5.0), Allowance(400, 0.5), "practice.too_many")
        self.sign_ins = Attempts(Allowance(10, 30.0), Allowance(60, 2.0), code="account.too_many")
        self.ratings = Attempts(Allowance(2000, 0.5), Allowance(5000, 0.1), "rating.too_many")
        self.readings = Readings()
        self.prints = Prints()
        self.limits = BodyLimits()
        self.doors = Doors(parts.engine, parts.keyring, parts.institution)
        self.gallery = FollowedGallery(parts.keyring, parts.gallery, parts.search)
        self.tokens = Tokens(parts.engine, parts.keyring, parts.institution)
        public = parts.keyring.seal_key.as_dict(private=False)
        self.seal_key = {name: str(public[name]) for name in ("kty", "crv", "x", "kid")}
        public = parts.keyring.phone_seal_key.as_dict(private=False)
        self.phone_seal_key = {name: str(public[name]) for name in ("kty", "crv", "x", "y", "kid")}
        resolver = parts.resolver
        self.token_kinds = [
            kind for kind in sorted(TOKEN_KINDS) if resolver and resolver.takes(kind)
        ]
        practice = self.rules.policy.practice
        self.housekeeper = Housekeeper(
            parts.engine,
            parts.keyring,
            self.gallery,
            practice,
            parts.clock,
            lambda: nightly(parts),
        )
        self.sealer = Sealer(parts.engine, parts.keyring, parts.institution, parts.clock)
        self.dispatcher = Dispatcher(
            parts.engine,
            parts.keyring,
            parts.institution,
            parts.clock,
            Sender(public=parts.webhooks_public),
        )
        self.judge = Judge(self._bench())
        self.phone_judge = PhoneJudge(self._bench())
        load, gate = parts.load, self.store.refuse_while_away
        self.claims = Workers("claims", load.claims, load.claims_waiting, gate)
        self.small = Workers("small", load.small, load.small_waiting, gate)
        # 64 MiB and a tenth of a second each: one at a time, and never in the way of a terminal.
        self.passwords = Workers("passwords", 1, 15, gate)
        # A desk's live frames, too: a late one is worth nothing, so few wait.
        self.frames = Workers("frames", 1, 3, gate)

    def warm(self) -> None:
        """Fill the index from the store."""
        with self.parts.engine.begin() as conn:
            self.gallery.follow(conn)
        self.gallery.warm()
        self.metrics.enrolled.set(len(self.gallery))

    def note(self, request: Request, refused: Refused, error: Exception) -> None:
        """Count and write down a refusal: its code, never what was sent."""
        self.metrics.refusals.labels(refused.code).inc()
        if refused.code in ("claim.signature_invalid", "auth.invalid"):
            self.metrics.count_bad_signature(request.client.host if request.client else "none")
        if store_is_away(error):
            self.store.lost()
        if refused.code == "verifier.internal":
            log.error("request.failed", error=type(error).__name__, path=request.url.path)
        elif refused.code != "verifier.unavailable":
            log.info("request.refused", code=refused.code, note=refused.note)

    def close(self) -> None:
        """Finish what is at work."""
        self.housekeeper.close()
        self.dispatcher.close()
        self.store.close()
        self.claims.close()
        self.small.close()
        self.passwords.close()
        self.frames.close()
        self.sealer.close()

    def _clone_suspected(self, terminal: str) -> None:
        self.metrics.clones.inc()
        log.error("terminal.clone_suspected", terminal=terminal)

    def _ask_store(self) -> None:
        with self.parts.engine.connect() as conn:
            conn.exec_driver_sql("SELECT 1")

    def _bench(self) -> Bench:
        parts = self.parts
        return Bench(
            engine=parts.engine,
            keyring=parts.keyring,
            rules=self.rules,
            gallery=self.gallery,
            embedder=parts.embedder,
            directory=self.directory,
            institution=parts.institution,
            demo=parts.demo,
            mode=parts.mode,
            clock=parts.clock,
            resolver=parts.resolver,
            expected=parts.expected,
            on_clone=self._clone_suspected,
        )
