"""Any reader that the operating system's PC/SC service knows. Implements `CardConnection`."""

import time
from dataclasses import dataclass
from typing import Any

from devices.errors import NoCard, Unplugged
from devices.smartcard.apdu import CommandApdu
from devices.smartcard.naming import device_name

from .library import Scard, check, load

SCHEME = "pcsc:"


@dataclass(frozen=True)
class PcscSettings:
    """Nothing differs but which reader, and that is the address."""


class PcscConnection:
    """One reader. A card is held exclusively from `power_on` to `power_off`, so that no other
    program's commands come between.
    """

    def __init__(self, name: str) -> None:
        """The first reader whose name begins with `name`; empty takes the first.

        Raises `Unplugged` (no such reader, no service), `Refused` (`smartcard.pcsc_missing`).
        """
        self._scard: Scard = load()
        status, self._context = self._scard.SCardEstablishContext(self._scard.SCARD_SCOPE_USER)
        check(self._scard, status)
        self._card: Any = None
        self._protocol = 0
        self._open = True
        try:
            self._reader = self._find(name)
        except BaseException:
            self.close()
            raise

    @property
    def device(self) -> str:
        """`pcsc:` and the reader's name."""
        return device_name("pcsc", self._reader.encode("utf-8", "replace"))

    @property
    def simulated(self) -> bool:
        """Not known of the reader: only the card in it tells."""
        return False

    def is_card_present(self) -> bool:
        """As the service knows at this moment."""
        scard = self._live()
        states = [(self._reader, scard.SCARD_STATE_UNAWARE)]
        status, answers = scard.SCardGetStatusChange(self._context, 0, states)
        check(scard, status)
        return any(state & scard.SCARD_STATE_PRESENT for _, state, _ in answers)

    def power_on(self) -> bytes:
        """Cold: a card that was held is let go without power first."""
        scard = self._live()
        self.power_off()
        either = scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
        status, card, protocol = scard.SCardConnect(
            self._context, self._reader, scard.SCARD_SHARE_EXCLUSIVE, either
        )
        check(scard, status)
        self._card, self._protocol = card, protocol
        status, _, _, _, answer = scard.SCardStatus(card)
        check(scard, status)
        return bytes(answer)

    def transmit(self, apdu: bytes) -> bytes:
        """Under T=0 the service wants TPDUs, under T=1 whole APDUs."""
        scard = self._live()
        if self._card is None:
            raise NoCard("smartcard.no_card", "not powered")
        t0 = self._protocol == scard.SCARD_PROTOCOL_T0
        said = CommandApdu.decode(apdu).tpdu() if t0 else apdu
        pci = scard.SCARD_PCI_T0 if t0 else scard.SCARD_PCI_T1
        status, answer = scard.SCardTransmit(self._card, pci, list(said))
        if status != 0:
            self.power_off()
        check(scard, status)
        return bytes(answer)

    def power_off(self) -> None:
        """Let the card go, without power."""
        card, self._card = self._card, None
        if card is not None:  # a card that was pulled cannot be let go, and need not be
            self._scard.SCardDisconnect(card, self._scard.SCARD_UNPOWER_CARD)

    def rest(self, seconds: float) -> None:
        """Looked at before and after, since the service tells of nothing by itself."""
        self.is_card_present()
        time.sleep(seconds)
        self.is_card_present()

    def close(self) -> None:
        """Leave the service."""
        if self._open:
            self.power_off()
            self._open = False
            self._scard.SCardReleaseContext(self._context)

    def _find(self, name: str) -> str:
        status, readers = self._scard.SCardListReaders(self._context, [])
        check(self._scard, status)
        for reader in readers:
            if reader.startswith(name):
                return reader
        raise Unplugged(note=f"{len(readers)} readers, none of that name")

    def _live(self) -> Scard:
        if not self._open:
            raise Unplugged(note="closed")
        return self._scard
