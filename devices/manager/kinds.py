"""The kinds of device that a list may name, and how each is opened and taken from.

A kind's module is imported when it is first used: a terminal without a printer loads none.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol, Self, runtime_checkable

from devices.base import Reading

Opener = Callable[[str], AbstractContextManager[Any]]
"""A port's address in, an open device out. Raises `DeviceError`."""


class Device(Protocol):
    """What every open device can do."""

    @property
    def simulated(self) -> bool:
        """Whether it is known for a simulator."""

    def rest(self, seconds: float) -> None:
        """Let time pass; drop what comes. Raises `Unplugged` as soon as the line hangs up."""

    def close(self) -> None:
        """Give the device back."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *exception: object) -> None: ...


@runtime_checkable
class Forgetful(Protocol):
    """A device that reads one thing once, and must be told where that reading was not wanted."""

    def forget(self) -> None:
        """What was read last may be read again."""


@dataclass(frozen=True)
class CardWithPhoto:
    """A card's reading and the photo on its chip, opaque. `repr` shows nothing of the photo."""

    reading: Reading
    photo: bytes = field(repr=False)


def _read_with_photo(device: Any, timeout: float) -> object:
    return CardWithPhoto(*device.read_with_photo(timeout))


def read(device: Any, timeout: float) -> object:
    """What most kinds do when they are asked."""
    return device.read(timeout)


def no_trouble(_: Any) -> str | None:
    """What most kinds give is no trouble."""
    return None


@dataclass(frozen=True)
class Kind:
    """One kind.

    Attributes:
        prepare: settings in, an opener out; raises `TypeError` or `ValueError` for what the kind
            does not know.
        on_demand: whether it is read only while somebody wants that. A credential is; a position
            is not.
        words: what it is, in English and Chinese.
        take: asks an open device for the next value; raises as `read` does.
        every: seconds of rest between two questions; None for a device that is always heard.
        only_changes: whether a value that is the same as the last one is nobody's news.
        trouble: the code of what a value says is wrong with the device, for its health.
        settings: the dataclasses of its settings, each by the setting that chooses it, empty where
            there is but one.
        lies: whether what it reads lies there and is read again and again, as a card is.
    """

    prepare: Callable[[Mapping[str, Any]], Opener]
    on_demand: bool
    words: str
    take: Callable[[Any, float], object] = read
    every: float | None = None
    only_changes: bool = False
    trouble: Callable[[Any], str | None] = no_trouble
    settings: Callable[[], Mapping[str, type]] = dict
    lies: bool = False


def _resident_id(given: Mapping[str, Any]) -> Opener:
    from devices import resident_id

    settings = dict(given)
    dialect = settings.pop("dialect", "sam")
    if dialect not in ("sam", "family_a"):
        raise ValueError("dialect is sam or family_a")
    if isinstance(settings.get("no_card_status"), str):
        settings["no_card_status"] = bytes.fromhex(settings["no_card_status"])
    prepared = resident_id.ReaderSettings(**settings)
    return lambda port: resident_id.open(port, dialect=dialect, settings=prepared)


def _social_security_card(given: Mapping[str, Any]) -> Opener:
    from devices import smartcard, social_security_card

    settings = dict(given)
    wires: dict[str, Callable[..., smartcard.Transport]] = {
        "ccid": smartcard.CcidSerialSettings,
        "family_a": smartcard.FamilyASettings,
        "pcsc": smartcard.PcscSettings,
    }
    wire = settings.pop("transport", "ccid")
    if wire not in wires:
        raise ValueError(f"transport is one of {', '.join(wires)}")
    for name in ("transmit", "power_on", "power_off"):
        if isinstance(settings.get(name), str):
            settings[name] = bytes.fromhex(settings[name])
    transport = wires[wire](**settings)
    return lambda port: social_security_card.open(port, transport=transport)


def _scanner(given: Mapping[str, Any]) -> Opener:
    from codes.qr import QrPatterns
    from devices import scanner

    settings = dict(given)
    if patterns := settings.pop("patterns", None):
        settings["patterns"] = QrPatterns(
            hospital_number=tuple(patterns.get("hospital_number", ())),
            e_social_card=tuple(patterns.get("e_social_card", ())),
            further_provinces=frozenset(patterns.get("further_provinces", ())),
        )
    prepared = scanner.ScannerSettings(**settings)
    return lambda port: scanner.open(port, settings=prepared)


def _gnss(given: Mapping[str, Any]) -> Opener:
    from devices import gnss

    prepared = gnss.GnssSettings(**given)
    return lambda port: gnss.open(port, settings=prepared)


def _vendor(given: Mapping[str, Any]) -> Opener:
    from devices import vendor

    prepared = vendor.VendorSettings(**given)
    return lambda port: vendor.open(port, settings=prepared)


def _printer(given: Mapping[str, Any]) -> Opener:
    from devices import printer

    prepared = printer.PrinterSettings(**given)
    return lambda port: printer.open(port, settings=prepared)


def _printer_status(device: Any, _: float) -> object:
    """Four questions, each with a limit of its own: a silent printer is known after the first."""
    return device.read(_STATUS_S)


def _printer_trouble(status: Any) -> str | None:
    code: str | None = status.trouble
    return code


_STATUS_S = 3.0


def _resident_id_settings() -> dict[str, type]:
    from devices.resident_id import ReaderSettings

    return {'dialect = "sam" | "family_a"': ReaderSettings}


def _social_security_card_settings() -> dict[str, type]:
    from devices import smartcard

    return {
        'transport = "ccid"': smartcard.CcidSerialSettings,
        'transport = "family_a"': smartcard.FamilyASettings,
        'transport = "pcsc"': smartcard.PcscSettings,
    }


def _scanner_settings() -> dict[str, type]:
    from devices.scanner import ScannerSettings

    return {"": ScannerSettings}


def _vendor_settings() -> dict[str, type]:
    from devices.vendor import VendorSettings

    return {"": VendorSettings}


def _gnss_settings() -> dict[str, type]:
    from devices.gnss import GnssSettings

    return {"": GnssSettings}


def _printer_settings() -> dict[str, type]:
    from devices.printer import PrinterSettings

    return {"": PrinterSettings}


KINDS: dict[str, Kind] = {
    "resident_id": Kind(
        _resident_id,
        True,
        "resident-ID reader 身份证阅读器",
        _read_with_photo,
        settings=_resident_id_settings,
        lies=True,
    ),
    "social_security_card": Kind(
        _social_security_card,
        True,
        "social-security card reader 社会保障卡读卡器",
        settings=_social_security_card_settings,
        lies=True,
    ),
    "scanner": Kind(_scanner, True, "2-D scanner 扫码器", settings=_scanner_settings),
    "vendor": Kind(
        _vendor,
        True,
        "reader behind a vendor's library 厂商动态库读卡器",
        settings=_vendor_settings,
        lies=True,
    ),
    "gnss": Kind(_gnss, False, "GNSS receiver 卫星定位接收机", settings=_gnss_settings),
    "printer": Kind(
        _printer,
        False,
        "receipt printer 凭条打印机",
        take=_printer_status,
        every=3.0,
        only_changes=True,
        trouble=_printer_trouble,
        settings=_printer_settings,
    ),
}
