"""Talks with a serial CCID reader: knows it, powers a card, carries commands. `CardConnection`."""

import logging
import time
from dataclasses import dataclass

from devices.errors import BadFrame, DeviceError, Refused, Timeout
from devices.serial_line import SerialLine
from devices.smartcard import atr
from devices.smartcard.apdu import CommandApdu
from devices.smartcard.naming import device_name

from . import frames, messages
from .frames import CardMoved, FrameBuffer, Refusal, TimeRequest
from .messages import CardState, Kind, Message, Outcome

_log = logging.getLogger(__name__)
_FRAME_GAP = 0.2
"""Seconds of silence inside a frame after which it counts as cut off."""
_GET_FIRMWARE = b"\x02"
_NOTICES_WITH_ANSWERS = b"\x01\x01\x01"
"""Tell of cards between a command and its answer, and not at any time."""
SIMULATED_FIRMWARE = b"SHUALIAN-SIMULATOR"
"""What a simulator says of its firmware, so that the driver knows it from the wire."""
_DEFAULT_PARAMETERS = bytes.fromhex("1100000A00")
"""T=0: F/D 372/1, direct convention, no extra guard time, waiting integer 10, clock runs."""


@dataclass(frozen=True)
class CcidSerialSettings:
    """What differs between readers.

    Times in seconds, beside the time that the bytes need on the wire.
    """

    baudrate: int = 115_200
    echo: bool = True
    """The reader sends every command back before its answer: GemPC Twin and PinPad do, POS Pro and
    SIM Pro do not.
    """
    slot: int = 0
    voltages: tuple[int, ...] = (1, 2)
    """Tried in turn: 1 is 5 V, 2 is 3 V, 3 is 1.8 V."""
    tries: int = 3
    """How often a command to the reader, not to the card, is tried."""
    firmware_timeout: float = 2.0
    reader_timeout: float = 1.0
    card_timeout: float = 3.0
    longest_wait: float = 10.0
    """However often the card asks for more time."""


class CcidSerialConnection:
    """A reader on an open line, 8N2, with RTS low so that it does not send its plug-and-play
    string. Implements `CardConnection`.
    """

    def __init__(self, line: SerialLine, settings: CcidSerialSettings) -> None:
        """Ask the reader who it is, and to tell of cards with its answers only.

        Raises `DeviceError`; the line then stays the caller's.
        """
        self._line, self._settings = line, settings
        self._sequence = 0
        firmware = self._ask(Kind.ESCAPE, _GET_FIRMWARE, settings.firmware_timeout)
        self._device = device_name("ccid", firmware.data)
        self._simulated = firmware.data == SIMULATED_FIRMWARE
        self._ask(Kind.ESCAPE, _NOTICES_WITH_ANSWERS, settings.reader_timeout)

    @property
    def device(self) -> str:
        """`ccid:` and what the reader says of its firmware."""
        return self._device

    @property
    def simulated(self) -> bool:
        """By the firmware's name."""
        return self._simulated

    def is_card_present(self) -> bool:
        """Asked for every time: notices may be lost."""
        try:
            answer = self._ask(Kind.GET_SLOT_STATUS, b"", self._settings.reader_timeout)
        except DeviceError as error:
            if error.code == "smartcard.no_card":
                return False
            raise
        return answer.card_state != CardState.ABSENT

    def power_on(self) -> bytes:
        """At the first voltage at which the card answers; sets T=0's times if the card wants other
        ones than the standard's.
        """
        self.power_off()
        answer = atr.parse(self._powered())
        if answer.protocols[0] != 0:
            raise Refused("smartcard.protocol_unsupported", f"T={answer.protocols[0]}")
        parameters = _parameters(answer)
        if parameters != _DEFAULT_PARAMETERS:
            self._ask(Kind.SET_PARAMETERS, parameters, self._settings.reader_timeout)
        return answer.raw

    def transmit(self, apdu: bytes) -> bytes:
        """These readers exchange TPDUs, and T=0 is the only protocol here."""
        tpdu = CommandApdu.decode(apdu).tpdu()
        return self._ask(Kind.XFR_BLOCK, tpdu, self._settings.card_timeout, tries=1).data

    def power_off(self) -> None:
        """Harmless without a card."""
        try:
            self._ask(Kind.ICC_POWER_OFF, b"", self._settings.reader_timeout)
        except DeviceError as error:
            if error.code != "smartcard.no_card":
                raise

    def rest(self, seconds: float) -> None:
        """As the line rests."""
        self._line.rest(seconds)

    def close(self) -> None:
        """Give the port back."""
        self._line.close()

    def _powered(self) -> bytes:
        *others, last = self._settings.voltages
        for voltage in others:
            try:
                return self._power_at(voltage)
            except Refused as error:
                _log.info("CCID reader: %s at voltage %d", error, voltage)
                self.power_off()
        return self._power_at(last)

    def _power_at(self, voltage: int) -> bytes:
        own = bytes((voltage, 0, 0))
        return self._ask(Kind.ICC_POWER_ON, b"", self._settings.card_timeout, own=own).data

    def _ask(
        self,
        kind: Kind,
        data: bytes,
        timeout: float,
        *,
        own: bytes = bytes(3),
        tries: int | None = None,
    ) -> Message:
        """The answer to a command that succeeded; a damaged or missing one is asked for again."""
        for remaining in reversed(range(tries or self._settings.tries)):
            self._sequence = (self._sequence + 1) % 256
            command = Message(kind, data, self._settings.slot, self._sequence, own)
            try:
                return self._exchange(command, timeout)
            except (BadFrame, Timeout) as error:
                self._line.drop_until_quiet()
                if not remaining:
                    raise
                _log.info("CCID reader: %s, asking again", error)
        raise AssertionError("unreachable: the last try returns or raises")

    def _exchange(self, command: Message, timeout: float) -> Message:
        self._line.drop_waiting()
        frame = frames.encode_frame(command)
        self._line.write(frame)
        on_wire = self._line.wire_time(len(frame)) * (2 if self._settings.echo else 1)
        answer = self._answer(command, timeout, on_wire)
        if answer.kind != _ANSWERS[command.kind]:
            raise BadFrame(note="the answer to another command")
        if answer.outcome != Outcome.DONE:
            raise messages.failure(answer)
        return answer

    def _answer(self, command: Message, timeout: float, on_wire: float) -> Message:
        """What comes with the command's sequence number, behind its echo."""
        heard, echoed = FrameBuffer(), not self._settings.echo
        start = time.monotonic() + on_wire
        until, last = start + timeout, start + self._settings.longest_wait
        while time.monotonic() < last and (data := self._line.read(min(until, last))):
            heard.feed(data)
            while (event := heard.pop()) is not None:
                match event:
                    case Refusal():
                        raise BadFrame("smartcard.host_frame_damaged")
                    case TimeRequest() | Message(outcome=Outcome.TIME_EXTENSION, from_host=False):
                        until = time.monotonic() + timeout
                    case Message(from_host=True) if event == command:
                        echoed = True
                    case Message(from_host=False) if echoed and event.sequence == command.sequence:
                        return event
                    case CardMoved() | Message():
                        _log.debug("CCID reader: passed over %s", type(event).__name__)
            if heard.partial:
                until = max(until, time.monotonic() + _FRAME_GAP)
        if heard.partial:
            raise BadFrame(note="cut off")
        raise Timeout(note="no answer" if echoed else "no echo")


_ANSWERS: dict[int, Kind] = {
    Kind.SET_PARAMETERS: Kind.PARAMETERS,
    Kind.ICC_POWER_ON: Kind.DATA_BLOCK,
    Kind.ICC_POWER_OFF: Kind.SLOT_STATUS,
    Kind.GET_SLOT_STATUS: Kind.SLOT_STATUS,
    Kind.ESCAPE: Kind.ESCAPE_ANSWER,
    Kind.XFR_BLOCK: Kind.DATA_BLOCK,
}


def _parameters(answer: atr.Atr) -> bytes:
    """What T=0 needs to know from the answer to reset.

    F and D stay the standard's: nothing is negotiated here, unless the card fixes them (TA2).
    """
    found = answer.interface
    specific = "TA2" in found and not found["TA2"] & 0x10
    speed = found.get("TA1", 0x11) if specific else 0x11
    convention = 0x02 if answer.inverse else 0x00
    return bytes((speed, convention, found.get("TC1", 0), found.get("TC2", 10), 0))
