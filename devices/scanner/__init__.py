"""2-D scanners on a serial line or USB's serial class: 医保码, 电子社保卡, wristbands.

A scanner set to be a keyboard is not supported: it would type secrets into whatever has the focus.
"""

from devices.serial_line import SerialLine

from .driver import Scanner, ScannerSettings

__all__ = ["Scanner", "ScannerSettings", "open"]


def open(  # noqa: A001  the shape of every device: module.open(url)
    url: str, *, settings: ScannerSettings | None = None
) -> Scanner:
    """The scanner at a pyserial URL.

    Raises `Unplugged`, or `Refused` (port denied or busy).
    """
    settings = settings or ScannerSettings()
    return Scanner(SerialLine(url, settings.baudrate), settings)
