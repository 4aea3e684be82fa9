"""What a desk's agent sends: one credential as a reader read it, for the clerk who sits there.

The clerk's page speaks to the verifier alone and never to the machine that it runs on. The agent
beside it signs each request (`challenge.RequestProof`), so a reading is as good as its terminal.
"""

from pydantic import Field

from .claim import Message

DESK = "desk"
"""The purpose of a terminal that reads for a desk. It is no purpose of a claim."""

READING_LIFE_S = 120.0


class SentReading(Message):
    """Body of `POST /v1/readings`."""

    evidence: str = Field(
        max_length=48 * 1024, description="Compact JWE of an Evidence with a reading, nothing else."
    )


class SealKey(Message):
    """To what evidence is sealed: a public JWK (X25519)."""

    seal_key: dict[str, str]
