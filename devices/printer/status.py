"""What a printer says of itself: the answers to DLE EOT 1 to 4, as one value. Pure and total.

Bits after the command references of several makers, which agree (Epson's, and manuals of Chinese
80 mm printers). Sensors that a printer does not have read as "all is well": a printer without a
near-end sensor never says that its roll is near its end.
"""

from dataclasses import dataclass

from .errors import Garbled

PRINTER, OFFLINE, ERROR, PAPER = 1, 2, 3, 4
QUESTIONS = (PRINTER, OFFLINE, ERROR, PAPER)
"""The n of DLE EOT n."""

_FIXED, _FIXED_VALUE = 0x93, 0x12
"""Bits that are the same in every answer: 0xx1xx10."""
_OFF_LINE = 0x08
_COVER, _STOPPED_FOR_PAPER, _HAS_ERROR = 0x04, 0x20, 0x40
_CUTTER, _UNRECOVERABLE, _PASSING = 0x08, 0x20, 0x40
_NEAR_END, _PAPER_END = 0x0C, 0x60


@dataclass(frozen=True)
class Status:
    """A printer at one moment."""

    online: bool
    cover_open: bool
    paper_out: bool
    paper_near_end: bool
    """Some slips are left; how many depends on where the sensor sits."""
    cutter_error: bool
    unrecoverable: bool
    passing_error: bool
    """One that goes by itself, such as a hot head."""
    other_error: bool
    """An error of which it says no more."""
    simulated: bool
    """Whether a simulator's mark was seen on this line so far (`driver`)."""

    @property
    def trouble(self) -> str | None:
        """Why nothing can be printed now, as a code; None where it can.

        What a person can mend comes first; an open cover hides the paper, so it comes before that.
        """
        causes = {
            "printer.cover_open": self.cover_open,
            "printer.paper_out": self.paper_out,
            "printer.cutter_stuck": self.cutter_error,
            "printer.broken": self.unrecoverable,
            "printer.resting": self.passing_error,
            "printer.offline": self.other_error or not self.online,
        }
        return next((code for code, given in causes.items() if given), None)

    def plain(self) -> dict[str, object]:
        """As JSON has it."""
        return {
            "online": self.online,
            "cover_open": self.cover_open,
            "paper_out": self.paper_out,
            "paper_near_end": self.paper_near_end,
            "trouble": self.trouble,
            "simulated": self.simulated,
        }


def is_answer(byte: int) -> bool:
    """Whether a byte can be an answer to DLE EOT."""
    return byte & _FIXED == _FIXED_VALUE


def decode(printer: int, offline: int, error: int, paper: int, *, simulated: bool) -> Status:
    """The four answers' meaning. Raises `Garbled` where one is none."""
    if not all(map(is_answer, (printer, offline, error, paper))):
        raise Garbled(note="fixed bits of a status are wrong")
    told = _CUTTER | _UNRECOVERABLE | _PASSING
    return Status(
        online=not printer & _OFF_LINE,
        cover_open=bool(offline & _COVER),
        paper_out=bool(offline & _STOPPED_FOR_PAPER or paper & _PAPER_END),
        paper_near_end=bool(paper & _NEAR_END),
        cutter_error=bool(error & _CUTTER),
        unrecoverable=bool(error & _UNRECOVERABLE),
        passing_error=bool(error & _PASSING),
        other_error=bool(offline & _HAS_ERROR and not error & told),
        simulated=simulated,
    )


def encode(status: Status, question: int) -> int:
    """The answer to one question, as a simulator gives it."""
    any_error = status.cutter_error or status.unrecoverable or status.passing_error
    bits: dict[int, dict[int, bool]] = {
        PRINTER: {_OFF_LINE: not status.online},
        OFFLINE: {
            _COVER: status.cover_open,
            _STOPPED_FOR_PAPER: status.paper_out,
            _HAS_ERROR: any_error or status.other_error,
        },
        ERROR: {
            _CUTTER: status.cutter_error,
            _UNRECOVERABLE: status.unrecoverable,
            _PASSING: status.passing_error,
        },
        PAPER: {
            _NEAR_END: status.paper_near_end or status.paper_out,
            _PAPER_END: status.paper_out,
        },
    }
    return _FIXED_VALUE | sum(bit for bit, given in bits.get(question, {}).items() if given)
