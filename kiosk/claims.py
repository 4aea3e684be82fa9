"""From what devices saw to the bytes that leave: evidence, claim, signature. Pure but for the
sealing's randomness.
"""

from datetime import datetime

from joserfc.jwk import OKPKey

from devices.base import Reading
from verifier.protocol.challenge import Challenge
from verifier.protocol.claim import (
    Capture,
    Claim,
    CredentialReading,
    Crop,
    Evidence,
    LegalBasis,
    Narrowing,
)

from .identity import TerminalIdentity


def build_evidence(
    reading: CredentialReading | None = None,
    last_four: str | None = None,
    capture: Capture | None = None,
    chip: Crop | None = None,
) -> Evidence:
    """What is sealed. The last four characters count only where no card was read."""
    narrowing = Narrowing(last_four=last_four) if last_four and reading is None else None
    return Evidence(reading=reading, narrowing=narrowing, capture=capture, chip_photo=chip)


def seal(evidence: Evidence, challenge: Challenge) -> str:
    """Compact JWE to the key that the challenge names."""
    return evidence.sealed(OKPKey.import_key({**challenge.seal_key}))


def build_claim(
    identity: TerminalIdentity,
    challenge: Challenge,
    evidence: str,
    basis: LegalBasis | None,
    *,
    counter: int,
    previous: str | None,
    at: datetime,
) -> Claim:
    """The claim over one challenge. `evidence` is sealed; `at` is the terminal's own clock."""
    return Claim(
        aud=identity.institution,
        terminal=identity.terminal,
        challenge=challenge.challenge,
        visit=challenge.visit,
        purpose=challenge.purpose,
        mode="central",
        counter=counter,
        previous=previous,
        created_at=at,
        legal_basis=basis,
        evidence=evidence,
    )


SENT_FIELDS = ("name", "number", "birth", "valid_from", "valid_to", "layout", "token")
"""Of a card's fields only these leave the terminal: address, nation, sex and authority prove
nothing more. Of a code it is the token alone.
"""


def reading_from(reading: Reading, kind: str | None = None) -> CredentialReading:
    """A device's reading as the wire says it, with only what identity needs."""
    return CredentialReading.model_validate(
        {
            "kind": kind or reading.kind,
            "fields": {k: reading.fields[k] for k in SENT_FIELDS if reading.fields.get(k)},
            "device": reading.device,
            "read_at": reading.read_at,
            "authenticated": reading.authenticated,
            "simulated": reading.simulated,
        }
    )
