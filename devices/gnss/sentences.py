"""What the sentences say from which a fix is made: GGA, RMC, GST, DTM.

pynmea2 names the fields; their values are checked here, since it takes what Python's `float` takes
(`nan`, `1_0`) and reads a missing position as 0° N 0° E.

Simulators of ours own a mark that no receiver sends: the reference station's number at the end of
GGA, which is 0000–1023 or empty, reads `SIM`. It stands in the sentence without which there is no
fix, under the same checksum: damage can make the fix go missing, never look real. (A sentence of
its own beside the others could be lost alone.) A program that speaks like a receiver and leaves the
mark out cannot be told from one.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, time

import pynmea2  # type: ignore[import-untyped]

from devices.errors import BadFrame

from .codec import Sentence
from .fix import Position

SIMULATED = "SIM"
TALKERS = ("GN", "BD", "GB", "GP", "GL", "GA", "QZ", "GQ")
"""Several systems at once, BeiDou (old and new), GPS, GLONASS, Galileo, QZSS (two spellings)."""

_ADDRESS = re.compile(rf"({'|'.join(TALKERS)})(GGA|RMC|GST|DTM)")
_NUMBER = re.compile(r"[0-9]{1,6}(\.[0-9]{0,6})?")
_TIME = re.compile(r"([0-9]{2})([0-9]{2})([0-9]{2})(?:\.([0-9]{0,6}))?")
_DATE = re.compile(r"([0-9]{2})([0-9]{2})([0-9]{2})")
_ANGLE = re.compile(r"([0-9]{2,3})([0-9]{2}(?:\.[0-9]{0,9})?)")
_KNOT_MPS = 1852 / 3600
_GPS_BEGAN = 80
"""Years of two digits below it are of this century."""


@dataclass(frozen=True)
class Gga:
    """Position, quality. `at` and `position` are None where the receiver does not know."""

    talker: str
    at: time | None
    position: Position | None
    quality: int
    satellites: int
    hdop: float | None
    simulated: bool


@dataclass(frozen=True)
class Rmc:
    """Position again, date, speed. `mode` is None for receivers before NMEA 2.3."""

    talker: str
    at: time | None
    active: bool
    position: Position | None
    speed_mps: float | None
    date: date | None
    mode: str | None


@dataclass(frozen=True)
class Gst:
    """Standard deviations of the position, metres; None where the receiver gives none."""

    at: time | None
    latitude_m: float | None
    longitude_m: float | None


@dataclass(frozen=True)
class Dtm:
    """To which datum all later positions refer; `W84` is WGS-84."""

    datum: str


Said = Gga | Rmc | Gst | Dtm


def understand(sentence: Sentence) -> Said | None:
    """What a sentence says; None for one that no fix is made from.

    Raises `BadFrame` (`gnss.malformed`).
    """
    if not _ADDRESS.fullmatch(sentence.address) or "," not in sentence.text:
        return None
    try:
        return _READERS[sentence.address[2:]](_Fields(sentence))
    except (ValueError, OverflowError):
        raise BadFrame("gnss.malformed", f"a field of {sentence.address}") from None


class _Fields:
    """A sentence's fields by pynmea2's names, as text; values checked."""

    def __init__(self, sentence: Sentence) -> None:
        message = pynmea2.NMEASentence.parse(f"${sentence.text}")
        self.talker: str = message.talker
        self._index: dict[str, int] = message.name_to_idx
        self._data: list[str] = message.data

    def text(self, name: str) -> str:
        index = self._index[name]
        return self._data[index].strip() if index < len(self._data) else ""

    def number(self, name: str) -> float | None:
        text = self.text(name)
        if text and not _NUMBER.fullmatch(text):
            raise ValueError(name)
        return float(text) if text else None

    def digits(self, name: str, most: int) -> int:
        text = self.text(name)
        if not text:
            return 0
        if not re.fullmatch(rf"[0-9]{{1,{most}}}", text):
            raise ValueError(name)
        return int(text)

    def one_of(self, name: str, letters: str) -> str:
        text = self.text(name)
        if len(text) > 1 or text not in letters:
            raise ValueError(name)
        return text

    def time(self) -> time | None:
        text = self.text("timestamp")
        if not text:
            return None
        match = _TIME.fullmatch(text)
        if match is None:
            raise ValueError("timestamp")
        hour, minute, second = (int(part) for part in match.groups()[:3])
        return time(hour, minute, second, int((match[4] or "").ljust(6, "0")), tzinfo=UTC)

    def date(self) -> date | None:
        text = self.text("datestamp")
        if not text or text == "000000":
            return None
        match = _DATE.fullmatch(text)
        if match is None:
            raise ValueError("datestamp")
        day, month, year = (int(part) for part in match.groups())
        return date(year + (2000 if year < _GPS_BEGAN else 1900), month, day)

    def position(self) -> Position | None:
        latitude = self._angle("lat", "NS", 90)
        longitude = self._angle("lon", "EW", 180)
        if latitude is None or longitude is None:
            return None
        return Position(latitude, longitude)

    def _angle(self, name: str, signs: str, most: int) -> float | None:
        text, sign = self.text(name), self.one_of(f"{name}_dir", signs)
        if not text or not sign:
            return None
        match = _ANGLE.fullmatch(text)
        if match is None or float(match[2]) >= 60:
            raise ValueError(name)
        degrees = int(match[1]) + float(match[2]) / 60
        if degrees > most:
            raise ValueError(name)
        return degrees if sign == signs[0] else -degrees


def _gga(fields: _Fields) -> Gga:
    return Gga(
        talker=fields.talker,
        at=fields.time(),
        position=fields.position(),
        quality=fields.digits("gps_qual", 1),
        satellites=fields.digits("num_sats", 2),
        # 0 is no geometry that exists: receivers send it, or 99.99, for an unknown one.
        hdop=fields.number("horizontal_dil") or None,
        simulated=fields.text("ref_station_id") == SIMULATED,
    )


def _rmc(fields: _Fields) -> Rmc:
    speed = fields.number("spd_over_grnd")
    return Rmc(
        talker=fields.talker,
        at=fields.time(),
        active=fields.one_of("status", "AV") == "A",
        position=fields.position(),
        speed_mps=None if speed is None else speed * _KNOT_MPS,
        date=fields.date(),
        # P precise, R and F RTK stand in later editions (from memory, not confirmed).
        mode=fields.one_of("mode_indicator", "ADEMNSPRF") or None,
    )


def _gst(fields: _Fields) -> Gst:
    return Gst(fields.time(), fields.number("std_dev_latitude"), fields.number("std_dev_longitude"))


def _dtm(fields: _Fields) -> Dtm:
    return Dtm(fields.text("datum"))


_READERS: dict[str, Callable[[_Fields], Said]] = {
    "GGA": _gga,
    "RMC": _rmc,
    "GST": _gst,
    "DTM": _dtm,
}
