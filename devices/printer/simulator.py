"""A receipt printer that is none: the device's side of a line, and pictures of what it printed.

It says that it is a simulator where a printer says who made it (GS I 66). Like a printer it answers
that only while it is on-line, and DLE EOT always.
"""

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Any

from devices.simulation import LineFault, Simulator

from . import commands, status
from .interpreter import Asked, Coded, CutOff, Fed, Interpreter, Pictured, Printed, Reset
from .paper import Paper, PrintedSlip
from .replies import PROCESS_ID
from .simulated import SIMULATED_MAKER
from .status import Status

MODEL_NAME = b"SLIP"
MIDWAY_LINES = 6
RECEIVE_BUFFER = 1 << 18
_CLEARED = b"7%\x00"


class PrinterFault(StrEnum):
    """How a printer can be, until it is mended. Not used up by an answer, as `LineFault` is."""

    PAPER_OUT = "paper_out"
    PAPER_NEAR_END = "paper_near_end"
    COVER_OPEN = "cover_open"
    OFFLINE = "offline"
    """By its button, or busy with itself."""
    CUTTER_STUCK = "cutter_stuck"
    PAPER_OUT_MIDWAY = "paper_out_midway"
    """The roll has six lines left."""
    NO_PROCESS_ID = "no_process_id"
    """It does not know GS ( H, as many do not."""
    NO_IN_ORDER = "no_in_order"
    """Nor GS r."""


_STOPS = frozenset(
    {
        PrinterFault.PAPER_OUT,
        PrinterFault.COVER_OPEN,
        PrinterFault.OFFLINE,
        PrinterFault.CUTTER_STUCK,
    }
)


class PrinterSimulator(Simulator):
    """A printer. Slips that were cut off are in `slips`."""

    FAULTS = (LineFault, PrinterFault)

    def __init__(
        self,
        *,
        width: int = 80,
        out: Path | None = None,
        baudrate: int = 9600,
        at: str | Path | None = None,
        lateness: float = 0.5,
        seed: int = 0,
    ) -> None:
        """As every simulator.

        Args:
            width: of the paper, 58 or 80 mm.
            out: folder in which each slip's picture is put, `slip-1.png` and so on.
        """
        super().__init__(baudrate=baudrate, at=at, lateness=lateness, seed=seed)
        self._out = out
        self._paper = Paper(width)
        self._buffer = Interpreter()
        self._is: set[PrinterFault] = set()
        self._lines_left: int | None = None
        self._slips: list[PrintedSlip] = []
        self._heard_real_time = b""

    @property
    def slips(self) -> tuple[PrintedSlip, ...]:
        """What came out, oldest first."""
        with self._state:
            return tuple(self._slips)

    def wait_for_slips(self, count: int, timeout: float = 10.0) -> bool:
        """Whether so many slips have come out in `timeout` seconds."""
        with self._state:
            return self._state.wait_for(lambda: len(self._slips) >= count, timeout)

    def inject(self, fault: StrEnum, times: int | None = 1, on: object | None = None) -> None:
        """As every simulator; a `PrinterFault` stays until it is mended, whatever `times` says."""
        if isinstance(fault, PrinterFault):
            self._change(lambda: self._fall(fault))
        else:
            super().inject(fault, times, on)

    def turned(self) -> list[tuple[str, int | None]]:
        """Those of the line, and what is wrong with the printer."""
        return super().turned() + [(fault.value, None) for fault in sorted(self._is)]

    def mend(self, fault: PrinterFault) -> None:
        """The fault is gone: the cover closed, paper laid in. It prints on what it still holds."""
        self._change(lambda: self._is.discard(fault))

    def clear(self) -> None:
        """No more faults."""
        super().clear()
        self._change(self._is.clear)

    def tear(self) -> PrintedSlip:
        """Tear off what hangs there, and give it. Raises `LookupError` where nothing does."""
        before = len(self.slips)
        self._change(self._cut)
        if len(self.slips) == before:
            raise LookupError("no paper hangs from the printer")
        return self.slips[-1]

    def _change(self, change: Callable[[], object]) -> None:
        """On the simulator's own thread once it runs, so that no command is half done."""

        def run() -> None:
            change()
            self._work()

        if self._line is None:
            change()
        else:
            self._on_thread(run)

    def _fall(self, fault: PrinterFault) -> None:
        if fault is PrinterFault.PAPER_OUT_MIDWAY:
            self._lines_left = MIDWAY_LINES
        else:
            self._is.add(fault)

    def _hung_up(self) -> None:
        self._heard_real_time = b""

    def _received(self, data: bytes) -> None:
        for offset in range(len(data)):
            self._real_time(data[offset : offset + 1])
        self._work()

    def _real_time(self, byte: bytes) -> None:
        """Real-time commands act when they come in, and stand in the buffer all the same."""
        if self._buffer.waiting < RECEIVE_BUFFER:
            self._buffer.feed(byte)
        heard = self._heard_real_time = (self._heard_real_time + byte)[-10:]
        if heard == commands.CLEAR_BUFFER:
            self._buffer.clear()
            self._answer("clear", _CLEARED)
        elif heard[-3:-1] == b"\x10\x04" and heard[-1] in status.QUESTIONS:
            answer = status.encode(self._status(), heard[-1])
            self._answer(("status", heard[-1]), bytes((answer,)))

    def _status(self) -> Status:
        return Status(
            online=not self._is & _STOPS,
            cover_open=PrinterFault.COVER_OPEN in self._is,
            paper_out=PrinterFault.PAPER_OUT in self._is,
            paper_near_end=PrinterFault.PAPER_NEAR_END in self._is,
            cutter_error=PrinterFault.CUTTER_STUCK in self._is,
            unrecoverable=False,
            passing_error=False,
            other_error=False,
            simulated=True,
        )

    def _answer(self, question: object, frame: bytes) -> None:
        self._send(frame, self._faults_for(question))

    def _work(self) -> None:
        """Work off the buffer as far as the printer can."""
        while not self._is & _STOPS and (step := self._buffer.step()) is not None:
            self._do(step)

    def _do(self, step: Any) -> None:
        match step:
            case Asked():
                self._say(step)
            case CutOff() | Reset():
                self._cut()
            case Printed() | Fed() | Coded() | Pictured():
                self._paper.put(step)
                self._use_up()

    def _say(self, asked: Asked) -> None:
        match asked.what, asked.data:
            case "I", b"B":
                self._answer("maker", b"_" + SIMULATED_MAKER + b"\x00")
            case "I", b"C":
                self._answer("model", b"_" + MODEL_NAME + b"\x00")
            case "H", mark if PrinterFault.NO_PROCESS_ID not in self._is:
                self._answer("process_id", PROCESS_ID + mark + b"\x00")
            case "r", _ if PrinterFault.NO_IN_ORDER not in self._is:
                near = PrinterFault.PAPER_NEAR_END in self._is
                self._answer("in_order", b"\x03" if near else b"\x00")

    def _use_up(self) -> None:
        if self._lines_left is not None:
            self._lines_left -= 1
            if self._lines_left <= 0:
                self._lines_left = None
                self._is.add(PrinterFault.PAPER_OUT)

    def _cut(self) -> None:
        if self._paper.is_blank:
            return
        slip = self._paper.cut()
        if self._out is not None:
            self._out.mkdir(parents=True, exist_ok=True)
            (self._out / f"slip-{len(self._slips) + 1}.png").write_bytes(slip.png)
        with self._state:
            self._slips.append(slip)
            self._state.notify_all()
