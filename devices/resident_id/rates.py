"""At which rate a reader is, and how it is brought to another.

A reader that starts anew, after a reset or a loss of power, is at its first rate again, as far as
is known; so a driver that has switched looks for it, there and elsewhere.
"""

import logging
import time
from collections.abc import Callable

from devices.errors import BadFrame, DeviceError, Timeout
from devices.serial_line import SerialLine

from .codec import RATES
from .settings import ReaderSettings

_log = logging.getLogger(__name__)
_SETTLING = 0.005
"""Seconds until a reader speaks at the rate that it was told (two public sources)."""
_ROUNDS = 2


def candidates(settings: ReaderSettings) -> tuple[int, ...]:
    """The rates at which the reader may be, likeliest first."""
    switched = () if settings.switch_to is None else (settings.switch_to,)
    others = RATES if settings.detect_rate else ()
    return tuple(dict.fromkeys((settings.baudrate, *switched, *others)))


def find(line: SerialLine, rates: tuple[int, ...], answers: Callable[[], object]) -> None:
    """Set the line to the rate at which the reader answers, the present one first.

    `answers` asks once. Raises its last `BadFrame` or `Timeout`, and any other error at once, for
    then the reader has answered.
    """
    error: DeviceError = Timeout(note="no answer at any rate")
    for rate in tuple(dict.fromkeys((line.baudrate, *rates))) * _ROUNDS:
        line.set_rate(rate)
        try:
            answers()
        except (BadFrame, Timeout) as missed:
            line.drop_until_quiet()
            error = missed
        else:
            return
    raise error


def switch(
    line: SerialLine, to: int, tell: Callable[[], object], answers: Callable[[], object]
) -> None:
    """Bring the reader and the line to a rate; where it stays at its own, so does the line.

    `tell` gives the command. Raises `BadFrame` or `Timeout` if the reader is lost.
    """
    before = line.baudrate
    try:
        tell()
    except (BadFrame, Timeout) as error:  # some may answer at the new rate already
        _log.info("resident-ID reader: %s, when told another rate", error)
    time.sleep(_SETTLING)
    line.set_rate(to)
    find(line, (to, before), answers)
    if line.baudrate != to:
        _log.warning("resident-ID reader: stays at %d bits a second", before)
