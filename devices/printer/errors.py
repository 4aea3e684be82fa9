"""What keeps a printer from printing, and what is on the paper then."""

from enum import StrEnum

from devices.errors import BadFrame, DeviceError, Refused, Timeout


class OnPaper(StrEnum):
    """What is known of a slip that failed."""

    NOTHING = "nothing"
    """It was refused before its first byte was sent."""
    PART = "part"
    """It was begun, and the printer stopped in it: the beginning may stand on the paper."""
    UNKNOWN = "unknown"
    """The printer went silent in it: none of it, a part or all may stand there."""


class NotPrinted(Refused):
    """A slip that was not printed, or not for certain. The code is the cause's own."""

    default_code = "printer.offline"

    def __init__(
        self, code: str | None = None, note: str = "", on_paper: OnPaper = OnPaper.NOTHING
    ) -> None:
        super().__init__(code, note)
        self.on_paper = on_paper

    @classmethod
    def because(cls, error: DeviceError, on_paper: OnPaper) -> "NotPrinted":
        """The same for a failure of the line or of an answer."""
        return cls(error.code, error.note, on_paper)


class NoAnswer(Timeout):
    """The printer is silent: switched off, or another device."""

    default_code = "printer.no_answer"


class Garbled(BadFrame):
    """What came is no answer of such a printer."""

    default_code = "printer.garbled"
