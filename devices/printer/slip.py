"""A slip (凭条) as its writer knows it: what it says, in which order, not how it is drawn.

The texts may be personal, so no `repr` shows them.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Field:
    """A label and its value: `时间  2026-03-02 09:30`."""

    label: str
    value: str = field(repr=False)


@dataclass(frozen=True)
class Paragraph:
    """Text over as many lines as it needs."""

    text: str = field(repr=False)
    bold: bool = False


@dataclass(frozen=True)
class Rule:
    """A line across the paper."""


Row = Field | Paragraph | Rule


@dataclass(frozen=True)
class Slip:
    """One slip.

    Attributes:
        title: large, in the middle: whose slip it is.
        heading: under it: what slip it is.
        rows: what it says.
        qr: text of a QR code; it must hold nothing personal, since a slip is left lying about.
        footer: under the code, in the middle.
    """

    title: str
    heading: str = ""
    rows: tuple[Row, ...] = field(default=(), repr=False)
    qr: str | None = field(default=None, repr=False)
    footer: tuple[str, ...] = field(default=(), repr=False)
