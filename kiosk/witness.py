"""The terminal as a witness of the ledger: it keeps the newest checkpoint that it saw, and history
that does not begin with it is told.

It looks on beside the visits, never in their way: whatever it finds, people are served.
"""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import structlog
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from pydantic import BaseModel, ConfigDict, ValidationError

from verifier.protocol import merkle
from verifier.protocol.checkpoint import Checkpoint, CheckpointRefused, check
from verifier.protocol.values import from_b64url

from .errors import KioskError, VerifierRefused
from .files import append_private, write_private
from .verifier_client import VerifierClient

log = structlog.get_logger("kiosk")

INCONSISTENT = "ledger_inconsistent"
"""The health code. Somebody must compare the checkpoints in the evidence with those kept
elsewhere."""


class _Kept(BaseModel):
    """What lies on the disk: the key as first seen, and the newest checkpoint."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    keys: dict[str, dict[str, str]]
    checkpoint: str


class Witness:
    """Of one terminal. Only one look at a time; what comes meanwhile is seen with a later visit."""

    def __init__(self, folder: Path, client: VerifierClient) -> None:
        self._client = client
        self._path, self._evidence = folder / "checkpoint.json", folder / "evidence.jsonl"
        self._kept = _read(self._path)
        self._looking: asyncio.Task[None] | None = None

    @property
    def health(self) -> tuple[str, ...]:
        """Its one code, from the first contradiction until the evidence is collected."""
        return (INCONSISTENT,) if self._evidence.exists() else ()

    def see(self, compact: str | None) -> None:
        """A challenge carried this checkpoint. Returns at once."""
        if compact is None or (self._kept and compact == self._kept.checkpoint):
            return
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self.look(compact))

    async def settled(self) -> Self:
        """When the look under way has ended."""
        if self._looking is not None:
            await self._looking
        return self

    async def shut(self) -> None:
        """Break off a look under way; the next start looks again."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)

    async def look(self, compact: str) -> None:
        """Compare with what is kept, and keep the newer one. Tells, and raises nothing."""
        try:
            why = await self._contradiction(compact)
        except (KioskError, JoseError, ValidationError, ValueError) as error:
            log.info("ledger.not_compared", error=type(error).__name__)
            return
        if why is not None:
            log.error("ledger.inconsistent", why=why)
            await asyncio.to_thread(self._tell, compact, why)

    async def _contradiction(self, compact: str) -> str | None:
        if self._kept is None:
            keys = await self._client.checkpoint_keys()
            self._checked(keys, compact)  # raises where even the first one does not hold
            await asyncio.to_thread(self._keep, keys, compact)
            return None
        keys, before = self._kept.keys, self._checked(self._kept.keys, self._kept.checkpoint)
        try:
            after = self._checked(keys, compact)
        except CheckpointRefused:
            return "not signed by the key that was seen first"
        if not await self._grew(*sorted((before, after), key=lambda one: one.size)):
            return "neither history begins with the other"
        if after.size > before.size:
            await asyncio.to_thread(self._keep, keys, compact)
        return None

    async def _grew(self, small: Checkpoint, large: Checkpoint) -> bool:
        roots = from_b64url(small.root), from_b64url(large.root)
        if small.size == large.size:
            return roots[0] == roots[1]
        try:
            proof = await self._client.ledger_consistency(small.size, large.size)
        except VerifierRefused as refused:
            if refused.code == "ledger.unknown":
                return False
            raise
        steps = [from_b64url(step) for step in proof]
        return merkle.is_consistent(small.size, roots[0], large.size, roots[1], steps)

    def _checked(self, keys: dict[str, dict[str, str]], compact: str) -> Checkpoint:
        known = {kid: OKPKey.import_key({**key}) for kid, key in keys.items()}
        return check(compact, known.get, self._client.identity.institution)

    def _keep(self, keys: dict[str, dict[str, str]], compact: str) -> None:
        kept = _Kept(keys=keys, checkpoint=compact)
        write_private(self._path, kept.model_dump_json().encode())
        self._kept = kept

    def _tell(self, compact: str, why: str) -> None:
        """Both stand in the evidence; what was kept stays."""
        line = {
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "why": why,
            "kept": self._kept.checkpoint if self._kept else None,
            "seen": compact,
        }
        append_private(self._evidence, (json.dumps(line) + "\n").encode())


def _read(path: Path) -> _Kept | None:
    """What was kept; a damaged file is as none, and the next checkpoint is kept anew."""
    try:
        return _Kept.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (ValidationError, ValueError):
        log.warning("ledger.kept_unreadable")
        return None
