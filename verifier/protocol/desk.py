"""What a desk's agent sends: one credential as a reader read it, for the clerk who sits there.

The clerk's page speaks to the verifier alone and never to the machine that it runs on. The agent
beside it signs each request (`challenge.RequestProof`), so a reading is as good as its terminal.
"""

from typing import Annotated, Literal

from pydantic import Field

from .claim import Message
from .values import Id, UtcTime

DESK = "desk"
"""The purpose of a terminal that reads for a desk. It is no purpose of a claim."""

READING_LIFE_S = 120.0

CHIP_KINDS = ("resident_id", "permit")
"""Credentials whose chip holds a photo."""
PHOTO_SIZE = (102, 126)
"""Width and height of the photo on a resident ID card's chip, in pixels."""
MAX_PHOTO_BYTES = 40 * 1024
"""Of that picture as PNG: its 38,556 bytes of pixels, hardly compressed."""


class SentReading(Message):
    """Body of `POST /v1/readings`."""

    evidence: str = Field(
        max_length=48 * 1024, description="Compact JWE of an Evidence with a reading, nothing else."
    )
    chip_photo: str | None = Field(
        default=None,
        max_length=56 * 1024,
        description="Compact JWE of the photo on the card's chip, decoded: PNG, 102x126 pixels. "
        "Only to a verifier that says `chip_photos`. The request's proof holds both to one body.",
    )


class SealKey(Message):
    """To what evidence is sealed: a public JWK (X25519)."""

    seal_key: dict[str, str]
    chip_photos: bool = Field(
        default=False, description="Whether a chip's photo may come with its card."
    )


PrinterIs = Literal["ready", "no_paper", "trouble"]
"""How a desk's printer is, in the words that a clerk needs."""
Printed = Literal["printed", "part", "no_paper", "failed"]
"""What became of a slip; `part` where something may be on the paper."""


class DeskAsks(Message):
    """Body of `POST /v1/prints`: a desk with a printer asks what is to be printed there."""

    printer: PrinterIs


class PrintJob(Message):
    """One emergency's wristband (腕带条): a temporary number and a time, and nothing personal."""

    job: Id
    number: str = Field(pattern=r"^JZ[0-9]{9,12}$", description="The temporary number.")
    at: UtcTime
    language: Literal["zh", "en"]


class PrintJobs(Message):
    """What waits for a desk's printer. Each job is handed out once."""

    jobs: Annotated[list[PrintJob], Field(max_length=8)]


class JobDone(Message):
    """Body of `POST /v1/prints/{job}`."""

    outcome: Printed
