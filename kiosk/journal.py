"""Visits that were sent to the counter without a decision: one line each, so that none is lost."""

import json
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from verifier.protocol.values import Code, Id, UtcTime

from .files import append_private


class Referral(BaseModel):
    """One visit for the counter. Ids, codes and times only."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    visit: Id
    purpose: Code
    at: UtcTime
    reason: Code


class Journal:
    """A file of JSON lines, 0600, each on disk before the screen changes."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def refer(self, visit: str, purpose: str, reason: str) -> Referral:
        """Append one referral."""
        line = Referral(visit=visit, purpose=purpose, at=datetime.now(UTC), reason=reason)
        append_private(self.path, line.model_dump_json().encode() + b"\n")
        return line

    def referrals(self) -> list[Referral]:
        """All of them, oldest first. A line cut by a power failure is passed over."""
        if not self.path.exists():
            return []
        found = []
        for line in self.path.read_bytes().splitlines():
            try:
                found.append(Referral.model_validate_json(line))
            except (ValidationError, json.JSONDecodeError):
                continue
        return found
