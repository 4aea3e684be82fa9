"""Contact cards: readers on a serial line or behind PC/SC, and the commands of ISO 7816-4."""

from devices.serial_line import SerialLine

from .ccid import CcidSerialConnection, CcidSerialSettings
from .connection import CardConnection
from .family_a import FamilyAConnection, FamilyASettings
from .pcsc import SCHEME as PCSC
from .pcsc import PcscConnection, PcscSettings

__all__ = [
    "PCSC",
    "CardConnection",
    "CcidSerialSettings",
    "FamilyASettings",
    "PcscSettings",
    "Transport",
    "open",
]

Transport = CcidSerialSettings | FamilyASettings | PcscSettings
"""How the reader is spoken to; its type chooses the wire."""


def open(  # noqa: A001  the shape of every device: module.open(url)
    url: str, transport: Transport | None = None
) -> CardConnection:
    """The reader at `url`: a pyserial URL, or `pcsc:` and how the PC/SC reader's name begins.

    Without a transport `pcsc:` means PC/SC and any other address a serial CCID reader. Raises
    `Unplugged`, `Timeout`, `BadFrame`, or `Refused` (port denied or busy, reader not well).
    """
    if url.startswith(PCSC) or isinstance(transport, PcscSettings):
        return PcscConnection(url.removeprefix(PCSC))
    if isinstance(transport, FamilyASettings):
        return FamilyAConnection(SerialLine(url, transport.baudrate), transport)
    settings = transport or CcidSerialSettings()
    line = SerialLine(url, settings.baudrate, stop_bits=2, rts=False)
    try:
        return CcidSerialConnection(line, settings)
    except BaseException:
        line.close()
        raise
