"""Receipt printers (凭条打印机) that speak ESC/POS on a serial line or USB's serial class."""

from devices.serial_line import SerialLine

from .driver import Printer, Proof
from .errors import Garbled, NoAnswer, NotPrinted, OnPaper
from .settings import PrinterSettings
from .slip import Field, Paragraph, Row, Rule, Slip
from .status import Status

__all__ = [
    "Field",
    "Garbled",
    "NoAnswer",
    "NotPrinted",
    "OnPaper",
    "Paragraph",
    "Printer",
    "PrinterSettings",
    "Proof",
    "Row",
    "Rule",
    "Slip",
    "Status",
    "open",
]


def open(  # noqa: A001  the shape of every device: module.open(url)
    url: str, *, settings: PrinterSettings | None = None
) -> Printer:
    """The printer at a pyserial URL.

    Raises `Unplugged`, `Refused` (port denied or busy), `NoAnswer` where nothing answers there,
    `Garbled` where something else does.
    """
    settings = settings or PrinterSettings()
    line = SerialLine(url, settings.baudrate, flow=settings.flow)
    try:
        return Printer(line, settings)
    except BaseException:
        line.close()
        raise
