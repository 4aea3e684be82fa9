# ruff: noqa: N802  PC/SC's own names
"""The operating system's PC/SC service, through pyscard, which is optional: extra `pcsc`.

Only the few calls that a driver needs, typed; every failure is a `DeviceError`.
"""

import importlib
from collections.abc import Sequence
from typing import Any, Protocol, cast

from devices.errors import BadFrame, DeviceError, NoCard, Refused, Timeout, Unplugged


class Scard(Protocol):
    """What is used of `smartcard.scard`; the first of every result is the status."""

    SCARD_SCOPE_USER: int
    SCARD_SHARE_EXCLUSIVE: int
    SCARD_PROTOCOL_T0: int
    SCARD_PROTOCOL_T1: int
    SCARD_UNPOWER_CARD: int
    SCARD_STATE_UNAWARE: int
    SCARD_STATE_PRESENT: int
    SCARD_PCI_T0: Any
    SCARD_PCI_T1: Any

    def SCardEstablishContext(self, scope: int) -> tuple[int, Any]: ...
    def SCardReleaseContext(self, context: Any) -> int: ...
    def SCardListReaders(self, context: Any, groups: list[str]) -> tuple[int, list[str]]: ...
    def SCardGetStatusChange(
        self, context: Any, timeout: int, states: list[tuple[str, int]]
    ) -> tuple[int, list[tuple[str, int, list[int]]]]: ...
    def SCardConnect(
        self, context: Any, reader: str, share: int, protocols: int
    ) -> tuple[int, Any, int]: ...
    def SCardStatus(self, card: Any) -> tuple[int, str, int, int, list[int]]: ...
    def SCardTransmit(self, card: Any, pci: Any, apdu: Sequence[int]) -> tuple[int, list[int]]: ...
    def SCardDisconnect(self, card: Any, disposition: int) -> int: ...


def load() -> Scard:
    """pyscard's module. Raises `Refused` (`smartcard.pcsc_missing`) where it is not installed."""
    try:
        return cast("Scard", importlib.import_module("smartcard.scard"))
    except ImportError as error:
        raise Refused("smartcard.pcsc_missing", type(error).__name__) from error


_FAILURES: dict[str, tuple[type[DeviceError], str]] = {
    "E_NO_SMARTCARD": (NoCard, "smartcard.no_card"),
    "W_REMOVED_CARD": (NoCard, "smartcard.no_card"),
    "W_UNRESPONSIVE_CARD": (Refused, "smartcard.card_mute"),
    "W_UNPOWERED_CARD": (Refused, "smartcard.card_mute"),
    "W_UNSUPPORTED_CARD": (Refused, "smartcard.card_mute"),
    "W_RESET_CARD": (BadFrame, "device.bad_frame"),
    "E_NOT_TRANSACTED": (BadFrame, "device.bad_frame"),
    "E_COMM_DATA_LOST": (BadFrame, "device.bad_frame"),
    "E_PROTO_MISMATCH": (Refused, "smartcard.protocol_unsupported"),
    "E_SHARING_VIOLATION": (Refused, "device.port_busy"),
    "E_NO_ACCESS": (Refused, "device.port_denied"),
    "W_SECURITY_VIOLATION": (Refused, "device.port_denied"),
    "E_TIMEOUT": (Timeout, "device.timeout"),
    "E_READER_UNAVAILABLE": (Unplugged, "device.unplugged"),
    "E_UNKNOWN_READER": (Unplugged, "device.unplugged"),
    "E_NO_READERS_AVAILABLE": (Unplugged, "device.unplugged"),
    "E_INVALID_HANDLE": (Unplugged, "device.unplugged"),
    "E_NO_SERVICE": (Unplugged, "smartcard.pcsc_stopped"),
    "E_SERVICE_STOPPED": (Unplugged, "smartcard.pcsc_stopped"),
}
"""By the names of PC/SC part 5, since the numbers differ in sign between systems."""


def check(scard: Scard, status: int) -> None:
    """Raises the typed error for a status that is no success."""
    if status == 0:
        return
    for name, (kind, code) in _FAILURES.items():
        if _same(getattr(scard, f"SCARD_{name}", None), status):
            raise kind(code, f"PC/SC {name}")
    raise Refused("smartcard.reader_error", f"PC/SC {status & 0xFFFFFFFF:08X}")


def _same(known: int | None, status: int) -> bool:
    return known is not None and known & 0xFFFFFFFF == status & 0xFFFFFFFF
