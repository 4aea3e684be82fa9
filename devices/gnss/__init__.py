"""GNSS receivers (卫星定位接收机) that speak NMEA 0183 on a serial line: BeiDou, GPS, others.

A fix says where and when; whether it is good enough for a check-in is `gate`'s to say.
"""

from .driver import GnssReceiver, connect
from .errors import Doubtful, NoFix
from .fix import Fix
from .gate import GateLimits, gate
from .settings import GnssSettings

__all__ = [
    "Doubtful",
    "Fix",
    "GateLimits",
    "GnssReceiver",
    "GnssSettings",
    "NoFix",
    "gate",
    "open",
]


def open(  # noqa: A001  the shape of every device: module.open(url)
    url: str, *, settings: GnssSettings | None = None
) -> GnssReceiver:
    """The receiver at a pyserial URL, once it was heard.

    Raises `Unplugged`, `Refused` (port denied or busy), `Timeout` (silent), or `BadFrame`
    (`gnss.unreadable`: bytes come and no sentence, as at a wrong rate).
    """
    return connect(url, settings or GnssSettings())
