"""A virtual card in vpcd, the virtual reader of the PC/SC service (Debian: `vsmartcard-vpcd`).

vpcd listens on a TCP port and the card calls it. Both sides send a length of two bytes, big-endian,
and as many bytes. One byte is an order (0 power off, 1 power on, 2 reset, 4 answer with the ATR),
more are a command for the card.
"""

import socket
import threading
from collections import deque
from contextlib import suppress
from enum import StrEnum
from types import TracebackType
from typing import Self

from devices.smartcard.virtual import Asked, CardFault, Icc, Question, Slot, concerns

PORT = 35963
"""Where vpcd listens unless its configuration says otherwise."""
_REMEMBERED = 1000


class VpcdCard:
    """A card that is in vpcd's reader from `__enter__` to `__exit__`.

    Every method may be called from any thread. A card that was pulled by a fault stays out.
    """

    def __init__(self, card: Icc, *, host: str = "127.0.0.1", port: int = PORT) -> None:
        """Not inserted yet; `with` does that. Raises `OSError` then, where no vpcd listens."""
        self._slot, self._address = Slot(), (host, port)
        self._slot.insert(card)
        self._faults: list[StrEnum] = []
        self._heard: deque[bytes] = deque(maxlen=_REMEMBERED)
        self._state = threading.Lock()
        self._reader: socket.socket | None = None
        self._thread = threading.Thread(target=self._run, name="VpcdCard", daemon=True)

    @property
    def heard(self) -> tuple[bytes, ...]:
        """The last thousand commands, oldest first."""
        with self._state:
            return tuple(self._heard)

    def inject(self, fault: CardFault) -> None:
        """Meet this fault once."""
        with self._state:
            self._faults.append(fault)

    def __enter__(self) -> Self:
        self._reader = socket.create_connection(self._address, timeout=5)
        self._reader.settimeout(None)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pull()
        self._thread.join()

    def _run(self) -> None:
        with suppress(OSError):
            while (order := self._message()) is not None and self._serve(order):
                pass
        self._pull()

    def _serve(self, order: bytes) -> bool:
        """Do as vpcd says; False when the card is out."""
        faults = self._faults_for(order)
        answer: bytes | None = None
        match order:
            case b"\x00":
                self._slot.power_off()
            case b"\x01" | b"\x02":
                self._slot.power_on(faults)
            case b"\x04":
                answer = self._slot.card.atr if self._slot.card else None
            case _:
                answer = self._slot.transmit(order, faults)
        if self._slot.card is None:
            return False
        if answer is not None:
            self._say(answer)
        return True

    def _faults_for(self, order: bytes) -> frozenset[StrEnum]:
        question: Question = Asked.POWER_ON if order == b"\x01" else order
        with self._state:
            if len(order) > 1:
                self._heard.append(order)
            faults = frozenset(f for f in self._faults if concerns(f, question))
            self._faults = [fault for fault in self._faults if fault not in faults]
            return faults

    def _message(self) -> bytes | None:
        head = self._exactly(2)
        return None if head is None else self._exactly(int.from_bytes(head, "big"))

    def _exactly(self, count: int) -> bytes | None:
        came = b""
        while self._reader is not None and len(came) < count:
            piece = self._reader.recv(count - len(came))
            if not piece:
                return None
            came += piece
        return came

    def _say(self, data: bytes) -> None:
        if self._reader is not None:
            self._reader.sendall(len(data).to_bytes(2, "big") + data)

    def _pull(self) -> None:
        if self._reader is not None:
            with suppress(OSError):
                self._reader.shutdown(socket.SHUT_RDWR)
            self._reader.close()
