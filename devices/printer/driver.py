"""Asks a printer how it is, and prints a slip piece by piece so that it is known how far it came.

What is known afterwards, and what not: with a process ID (GS ( H) the printer says that a piece is
printed; with GS r only that it left the receive buffer, and the last lines may still come; without
either, that the line took the bytes and the printer reported no trouble. That the head left dots on
the paper, and that somebody took the slip, is never known. A status is one byte without a checksum:
a changed bit passes, and the next look sets it right.
"""

import logging
import secrets
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum
from functools import partial

from codes.glyphs import drawable, in_font_of
from devices.closing import Closing
from devices.errors import DeviceError
from devices.pinyin import reading_of
from devices.serial_line import SerialLine

from . import commands, status
from .errors import Garbled, NoAnswer, NotPrinted, OnPaper
from .layout import lay_out
from .replies import PROCESS_ID, InOrder, RealTime, Replies, Reply, Report, Stray, Text
from .settings import PrinterSettings
from .simulated import SIMULATED_MAKER
from .slip import Slip
from .status import Status

_log = logging.getLogger(__name__)
MAX_LINES = 150
"""About half a metre of paper."""
_REMEMBERED = 64


class Proof(StrEnum):
    """How much the printer says of a slip that went well."""

    PRINTED = "printed"
    WORKED_OFF = "worked_off"
    """It has left the receive buffer."""
    SENT = "sent"


class Printer(Closing):
    """A printer on an open line. Used by one thread at a time."""

    def __init__(self, line: SerialLine, settings: PrinterSettings) -> None:
        """Asks for the status once. Raises `NoAnswer`, `Garbled`, `Unplugged`."""
        self.simulated = False
        """Whether a simulator's mark was seen so far: only a printer that is ready shows one."""
        self._line, self._settings = line, settings
        self._replies = Replies()
        self._missed: deque[Reply] = deque(maxlen=_REMEMBERED)
        self._proof: Proof | None = None
        """What this printer can prove; None until it was ready once."""
        self._late = False
        """Whether an answer may still come that is nobody's."""
        self.read(4 * settings.answer_timeout)

    def read(self, timeout: float) -> Status:
        """How the printer is, in at most `timeout` seconds; moves no paper.

        At the first time that it is ready it is also asked who it is and what it can prove, which
        may take two seconds more. Raises `NoAnswer`, `Garbled`, `Unplugged`.
        """
        self._forget()
        now = self._status(time.monotonic() + timeout)
        if now.trouble is None and self._proof is None:
            self._identify()
            now = self._status(time.monotonic() + timeout)
        return now

    def print(self, slip: Slip) -> Proof:
        """Print it, and say how much is certain of that.

        Raises `NotPrinted` for whatever goes wrong; it says what may be on the paper.
        """
        on_paper = OnPaper.NOTHING
        try:
            self._must_be_ready()
            pieces = self._pieces(slip)
            for piece in pieces:
                on_paper = OnPaper.UNKNOWN
                self._print(piece)
        except NotPrinted:
            raise
        except DeviceError as error:
            raise NotPrinted.because(error, on_paper) from error
        return self._proof or Proof.SENT

    def rest(self, seconds: float) -> None:
        """Let time pass; drop what comes. Raises `Unplugged` as soon as the line hangs up."""
        self._line.rest(seconds)

    def close(self) -> None:
        """Give the port back."""
        self._line.close()

    def _must_be_ready(self) -> None:
        if trouble := self.read(4 * self._settings.answer_timeout).trouble:
            raise NotPrinted(trouble)

    def _pieces(self, slip: Slip) -> list[bytes]:
        has_glyph = in_font_of(self._settings.font)
        draw = partial(drawable, has_glyph=has_glyph, pinyin=reading_of)
        items = lay_out(slip, self._settings.columns, draw)
        if len(items) > MAX_LINES:
            raise NotPrinted("printer.too_long")
        try:
            return commands.pieces(items, self._settings)
        except ValueError as error:
            raise NotPrinted("printer.too_long", str(error)) from None

    def _print(self, piece: bytes) -> None:
        """One piece, until it is printed or cannot be."""
        self._forget()
        self._line.write(piece)
        until = time.monotonic() + self._line.wire_time(len(piece)) + self._settings.print_timeout
        is_done = self._ask_for_proof()
        seen = NoAnswer.default_code
        while time.monotonic() < until:
            if self._hear(is_done, min(until, time.monotonic() + self._settings.poll)):
                return
            # A busy printer may be late with a status too; only time judges that.
            with suppress(NoAnswer, Garbled):
                now = self._status(until)
                seen = "printer.slow"
                if now.trouble:
                    raise self._given_up(now.trouble, OnPaper.PART)
                if self._proof is Proof.SENT:
                    return
        raise self._given_up(seen, OnPaper.UNKNOWN)

    def _given_up(self, code: str, on_paper: OnPaper) -> NotPrinted:
        _log.warning("printer: stopped in a slip: %s", code)
        if self._settings.clear:
            with suppress(DeviceError):
                self._line.write(commands.CLEAR_BUFFER)
                self._line.drop_until_quiet()
        return NotPrinted(code, on_paper=on_paper)

    def _ask_for_proof(self) -> Callable[[Reply], bool]:
        match self._proof:
            case Proof.PRINTED:
                mark = secrets.token_hex(2).encode()
                self._line.write(commands.ask_process_id(mark))
                return lambda reply: reply == Report(PROCESS_ID + mark)
            case Proof.WORKED_OFF:
                self._line.write(commands.ASK_IN_ORDER)
                return lambda reply: isinstance(reply, InOrder)
            case _:
                return lambda _: False

    def _identify(self) -> None:
        """What it says of itself, and what it can prove. A printer that knows none of these
        questions keeps their letters as text in its buffer, which every slip begins by emptying.
        """
        for number in (commands.MAKER, commands.MODEL):
            self._line.write(commands.ask_text(number))
            told = self._hear(lambda reply: isinstance(reply, Text), self._soon())
            self.simulated |= told == Text(SIMULATED_MAKER)
        for proof in (Proof.PRINTED, Proof.WORKED_OFF):
            self._proof = proof
            if self._hear(self._ask_for_proof(), self._soon()):
                return
        self._proof = Proof.SENT

    def _status(self, until: float) -> Status:
        if self._late:  # or each answer would be taken for that of the question after it
            self._hear(lambda _: False, self._soon())
            self._late = False
        answers = [self._real_time(question, until) for question in status.QUESTIONS]
        return status.decode(*answers, simulated=self.simulated)

    def _real_time(self, question: int, until: float) -> int:
        self._missed = deque(
            (reply for reply in self._missed if not isinstance(reply, RealTime | Stray)),
            maxlen=_REMEMBERED,
        )
        self._line.write(commands.ask_status(question))
        answer = self._hear(lambda r: isinstance(r, RealTime), min(until, self._soon()))
        self._late = answer is None
        if any(isinstance(reply, Stray) for reply in self._missed):
            raise Garbled(note="noise beside a status")
        if not isinstance(answer, RealTime):
            raise NoAnswer
        return answer.byte

    def _hear(self, wanted: Callable[[Reply], bool], until: float) -> Reply | None:
        """The reply that is wanted; all others are kept for whoever waits for them."""
        for reply in tuple(self._missed):
            if wanted(reply):
                self._missed.remove(reply)
                return reply
        while data := self._line.read(until):
            replies = self._replies.feed(data)
            self._missed.extend(replies)
            if found := next(filter(wanted, replies), None):
                self._missed.remove(found)
                return found
            if time.monotonic() >= until:
                return None
        return None

    def _forget(self) -> None:
        self._line.drop_waiting()
        self._replies.drop()
        self._missed.clear()

    def _soon(self) -> float:
        return time.monotonic() + self._settings.answer_timeout
