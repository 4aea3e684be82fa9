"""Talks with a reader of family A. Implements `CardConnection`.

Public sources give the frames (three or more), power-on as command `00 22` with two bytes of delay
(one), and success as status `90 00` (one, of an ID-card module). **No public source gives the
commands for an APDU and for power-off, nor any other status**: they stand in the manual of the
reader at hand, so the settings ask for them and have no default.
"""

import logging
import time
from dataclasses import dataclass

from devices.errors import BadFrame, NoCard, Refused, Timeout
from devices.framing import stx_etx
from devices.framing.stx_etx import FrameBuffer
from devices.serial_line import SerialLine
from devices.smartcard import atr

_log = logging.getLogger(__name__)
_FRAME_GAP = 0.2
"""Seconds of silence inside a frame after which it counts as cut off."""

_SILENCE = 0.03
"""Seconds after which a line counts as silent; USB converters deliver every 16 ms."""


@dataclass(frozen=True)
class FamilyASettings:
    """What differs between readers. Commands and statuses are two bytes, from the reader's manual.

    Times in seconds, beside the time that the bytes need on the wire.
    """

    transmit: bytes
    """The command that carries an APDU; the answer is status, data, SW1, SW2."""
    power_off: bytes | None
    """None for a reader that has no such command."""
    power_on: bytes = bytes.fromhex("0022")
    """Then two bytes of delay; the answer is status and ATR (one public source)."""
    power_on_delay: bytes = bytes.fromhex("0000")
    success: bytes = bytes.fromhex("9000")
    mute: frozenset[bytes] = frozenset()
    """Statuses of power-on that mean a card which does not answer; all others mean no card."""
    split: bool = False
    """Family A′: every byte between STX and ETX is sent as two nibbles."""
    baudrate: int = 115_200
    tries: int = 3
    """How often power-on and power-off are tried."""
    reader_timeout: float = 1.0
    card_timeout: float = 3.0

    def __post_init__(self) -> None:
        for command in (self.transmit, self.power_off, self.power_on, self.success, *self.mute):
            if command is not None and len(command) != 2:
                raise ValueError("commands and statuses of family A have two bytes")


class FamilyAConnection:
    """A reader on an open line. The family tells of no card, so presence is asked by powering."""

    def __init__(self, line: SerialLine, settings: FamilyASettings) -> None:
        """Says nothing yet: the family has no public command by which a reader names itself."""
        self._line, self._settings = line, settings

    @property
    def device(self) -> str:
        """`family-a:unnamed`."""
        return "family-a:unnamed"

    @property
    def simulated(self) -> bool:
        """Not known of the reader: only the card in it tells."""
        return False

    def is_card_present(self) -> bool:
        """Whether a card answers to power."""
        try:
            self.power_on()
        except NoCard:
            return False
        except Refused as error:
            if error.code != "smartcard.card_mute":
                raise
        return True

    def power_on(self) -> bytes:
        """A failing status means that no card is there, unless the settings know it as another.

        Also where the line is brought into step: what can be no answer to this command is passed
        over, and the line must fall silent behind the one that can.
        """
        settings = self._settings
        command = settings.power_on + settings.power_on_delay
        status, answer = self._ask(command, settings.card_timeout, in_step=False)
        if status == settings.success:
            return answer
        note = f"status {status.hex().upper()}"
        if status in settings.mute:
            raise Refused("smartcard.card_mute", note)
        raise NoCard("smartcard.no_card", note)

    def transmit(self, apdu: bytes) -> bytes:
        """A failing status of the reader is an error of the reader, not of the card."""
        settings = self._settings
        status, answer = self._ask(settings.transmit + apdu, settings.card_timeout, tries=1)
        if status != settings.success:
            raise Refused("smartcard.reader_error", f"status {status.hex().upper()}")
        return answer

    def power_off(self) -> None:
        """Whatever the reader says to it: without a card there is nothing to take power from."""
        if self._settings.power_off is not None:
            self._ask(self._settings.power_off, self._settings.reader_timeout)

    def rest(self, seconds: float) -> None:
        """As the line rests."""
        self._line.rest(seconds)

    def close(self) -> None:
        """Give the port back."""
        self._line.close()

    def _ask(
        self, data: bytes, timeout: float, *, tries: int | None = None, in_step: bool = True
    ) -> tuple[bytes, bytes]:
        """Status and data of a reply; a damaged or missing one is asked for again."""
        for remaining in reversed(range(tries or self._settings.tries)):
            try:
                reply = self._exchange(data, timeout, in_step)
            except (BadFrame, Timeout) as error:
                self._line.drop_until_quiet()
                if not remaining:
                    raise
                _log.info("family A reader: %s, asking again", error)
            else:
                return reply[:2], reply[2:]
        raise AssertionError("unreachable: the last try returns or raises")

    def _exchange(self, data: bytes, timeout: float, in_step: bool) -> bytes:
        self._line.drop_waiting()
        frame = stx_etx.encode(data, split=self._settings.split)
        self._line.write(frame)
        heard = FrameBuffer(split=self._settings.split)
        until = time.monotonic() + timeout + self._line.wire_time(len(frame))
        longest = stx_etx.encode(bytes(stx_etx.MAX_DATA), split=self._settings.split)
        last = until + self._line.wire_time(len(longest)) + timeout
        while time.monotonic() < last and (said := self._line.read(min(until, last))):
            heard.feed(said)
            while (reply := heard.pop()) is not None:
                if in_step:
                    return reply
                if self._answers_power_on(reply):
                    self._expect_silence()
                    return reply
            if heard.partial:
                until = max(until, time.monotonic() + _FRAME_GAP)
        if heard.partial:
            raise BadFrame(note="cut off")
        raise Timeout(note="no answer")

    def _answers_power_on(self, reply: bytes) -> bool:
        """Whether a reply can be one to power-on: a failing status, or an answer to reset."""
        if reply[:2] != self._settings.success:
            return True
        try:
            atr.parse(reply[2:])
        except BadFrame:
            return False
        return True

    def _expect_silence(self) -> None:
        """Frames of this family carry no number, so a late answer would pass for the next one's."""
        if self._line.read(time.monotonic() + _SILENCE):
            raise BadFrame(note="more answers than questions")
