"""Check-ins that wait for the verifier, on the terminal's own disk: one file each (0600).

What is personal is sealed to the verifier's key before it comes here: this terminal cannot open it
again. The rest is ids, times and the legal basis. A file lives until the verifier answered;
one that was never sent goes with its ticket, whose days the policy sets (seven at most). Twelve
wait at most.
"""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from verifier.protocol.claim import LegalBasis
from verifier.protocol.values import Code, Id, UtcTime

from .files import sync_folder, write_private


class Waiting(BaseModel):
    """One check-in. `compact` is set once it was signed to be sent, `receipt` once judged."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ticket: str = Field(max_length=4096, repr=False)
    challenge: Id
    sequence: int = Field(ge=1)
    expires_at: UtcTime
    visit: Id
    purpose: Code
    legal_basis: LegalBasis
    created_at: UtcTime
    evidence: str = Field(repr=False, description="Compact JWE, to the verifier's key.")
    compact: str | None = Field(default=None, repr=False)
    receipt: Id | None = None


class Spool:
    """What waits, in the order of the tickets. Every change is on disk when the call returns."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        for rest in folder.glob(".*.new"):
            rest.unlink()  # a write that a power cut ended

    def waiting(self) -> list[Waiting]:
        """All of it, the oldest first. A damaged file is none, and goes."""
        found = []
        for path in sorted(self._folder.glob("*.json")):
            try:
                found.append(Waiting.model_validate_json(path.read_bytes()))
            except (ValidationError, ValueError):
                path.unlink()
        return found

    def put(self, entry: Waiting) -> None:
        """Keep it, or what is known of it by now."""
        write_private(self._path(entry), entry.model_dump_json().encode())

    def drop(self, entry: Waiting) -> None:
        """Nothing of it is left."""
        self._path(entry).unlink(missing_ok=True)
        sync_folder(self._folder)

    def _path(self, entry: Waiting) -> Path:
        return self._folder / f"{entry.sequence:016}.json"
