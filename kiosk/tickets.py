"""The terminal's stock of tickets on its own disk: used in their order, each once.

A ticket is off the disk before the claim over it is made: a terminal that dies between loses one,
and never uses one twice.
"""

from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from verifier.protocol.ticket import Ticket, TicketBatch, peek

from .files import write_private


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    batch: TicketBatch | None = None
    used: int = 0
    """The sequence of the last that was taken."""


class TicketStock:
    """One file (0600). A damaged one is as none: the verifier gives the stock again."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._held = _File.model_validate_json(path.read_bytes())
        except (OSError, ValidationError, ValueError):
            self._held = _File()

    @property
    def batch(self) -> TicketBatch | None:
        """What came with the tickets: purposes, notice, the key to seal to."""
        return self._held.batch

    def fill(self, batch: TicketBatch) -> None:
        """Keep what the verifier gave."""
        if batch != self._held.batch:
            self._held = _File(batch=batch, used=self._held.used)
            self._write()

    def clear(self) -> None:
        """The hospital takes none any more."""
        if self._held.batch is not None:
            self._held = _File(used=self._held.used)
            self._write()

    def left(self, at: datetime) -> int:
        """How many may still be used."""
        return len(self._usable(at))

    def take(self, at: datetime) -> tuple[str, Ticket] | None:
        """The next one, compact and read; None where the stock is used up or over."""
        usable = self._usable(at)
        if not usable:
            return None
        self._held = self._held.model_copy(update={"used": usable[0][1].sequence})
        self._write()
        return usable[0]

    def _usable(self, at: datetime) -> list[tuple[str, Ticket]]:
        batch = self._held.batch
        if batch is None:
            return []
        read = [(compact, peek(compact)) for compact in batch.tickets]
        return sorted(
            (
                (compact, ticket)
                for compact, ticket in read
                if ticket.sequence > self._held.used and at < ticket.expires_at
            ),
            key=lambda pair: pair[1].sequence,
        )

    def _write(self) -> None:
        write_private(self._path, self._held.model_dump_json().encode())
