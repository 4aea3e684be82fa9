"""Sentences to fixes: GGA and RMC of one epoch that agree, and GST if there is one.

An epoch is all sentences with the same time of day. It ends with a sentence of another time, or
when GGA and RMC are there and somebody watched the line be silent and says so (`quiet`). An epoch
gives one outcome; sentences that repeat its time later give none, so a receiver that stands still
in time gives no more fixes.

Pure: no I/O, moments come in as values.
"""

import math
from dataclasses import dataclass
from datetime import datetime, time
from typing import NamedTuple

from devices.errors import BadFrame

from .codec import Sentence
from .continuity import Continuity
from .errors import Doubtful, NoFix
from .fix import AccuracyFrom, Fix, distance_m
from .sentences import Dtm, Gga, Gst, Rmc, Said, understand
from .settings import GnssSettings

Outcome = Fix | NoFix | Doubtful

_BY_QUALITY = {
    0: "gnss.no_fix",
    6: "gnss.estimated",
    7: "gnss.manual",
    8: "gnss.simulator_mode",
}
_BY_MODE = {
    "N": "gnss.no_fix",
    "E": "gnss.estimated",
    "M": "gnss.manual",
    "S": "gnss.simulator_mode",
}


class Moment(NamedTuple):
    """When something came, by the host."""

    at: float
    """Seconds, on a clock that only rises."""
    utc: datetime
    """Aware, UTC, on a clock that may be wrong."""


class Assembler:
    """One line's sentences in, its outcomes out."""

    def __init__(self, settings: GnssSettings) -> None:
        self._settings = settings
        self._continuity = Continuity(settings)
        self._epoch: _Epoch | None = None
        self._datum = "W84"
        self.simulated = False
        """Whether the mark of simulators was ever heard on this line."""
        self.introduced = False
        """Whether a GGA was heard, so that `simulated` is known."""
        self.malformed = 0
        """Sentences whose checksum holds and whose fields make no sense."""

    @property
    def complete(self) -> bool:
        """Whether silence now ends an epoch (`quiet`)."""
        epoch = self._epoch
        return epoch is not None and not epoch.done and bool(epoch.gga and epoch.rmc)

    def take(self, sentence: Sentence, moment: Moment) -> list[Outcome]:
        """What this sentence brings to an end."""
        try:
            said = understand(sentence)
        except BadFrame:
            self.malformed += 1
            return []
        if isinstance(said, Gga):
            self.introduced = True
            self.simulated |= said.simulated
        return [] if said is None else self._take(said, moment)

    def quiet(self, moment: Moment) -> list[Outcome]:
        """The line was silent for a while."""
        return self._finish(moment) if self.complete else []

    def forget(self) -> None:
        """Drop the epoch that is half heard."""
        if self._epoch is not None:
            self._epoch.done = True

    def _take(self, said: Said, moment: Moment) -> list[Outcome]:
        if isinstance(said, Dtm):
            self._datum = said.datum
            return []
        if said.at is None:
            # Before its first satellite a receiver does not know the time.
            return [NoFix()] if isinstance(said, Gga | Rmc) else []
        outcomes: list[Outcome] = []
        if self._epoch is None or self._epoch.at != said.at:
            outcomes = self._finish(moment)
            self._epoch = _Epoch(said.at, moment)
        self._epoch.put(said)
        return outcomes

    def _finish(self, moment: Moment) -> list[Outcome]:
        epoch = self._epoch
        if epoch is None or epoch.done:
            return []
        epoch.done = True
        if reason := epoch.refusal():
            return [NoFix(reason)]
        if self._datum != "W84":
            return [NoFix("gnss.other_datum")]
        fix = epoch.fix(moment, self._settings, self.simulated)
        if fix is None:
            return [NoFix("gnss.incomplete")]
        if fix.disagreement_m > self._settings.agreement_m:
            return [NoFix("gnss.disagree")]
        fix, codes = self._continuity.judge(fix, epoch.moment.at)
        return [*(Doubtful(code) for code in codes), fix]


@dataclass
class _Epoch:
    at: time
    moment: Moment
    gga: Gga | None = None
    rmc: Rmc | None = None
    gst: Gst | None = None
    done: bool = False

    def put(self, said: Gga | Rmc | Gst) -> None:
        """Of several systems that speak, the one for all of them (GN) counts, else the first."""
        if isinstance(said, Gst):
            self.gst = said
        elif isinstance(said, Gga):
            if self.gga is None or said.talker == "GN":
                self.gga = said
        elif self.rmc is None or said.talker == "GN":
            self.rmc = said

    def refusal(self) -> str | None:
        """Why the receiver itself gives no measured position; None if it says it does."""
        reasons: list[str | None] = []
        if self.gga:
            reasons.append(_BY_QUALITY.get(self.gga.quality))
        if self.rmc:
            reasons.append(_BY_MODE.get(self.rmc.mode or ""))
            reasons.append(None if self.rmc.active else "gnss.no_fix")
        return next(filter(None, reasons), None)

    def fix(self, now: Moment, settings: GnssSettings, simulated: bool) -> Fix | None:
        """None if anything is missing that a fix needs."""
        gga, rmc = self.gga, self.rmc
        if gga is None or rmc is None or gga.position is None or rmc.position is None:
            return None
        if rmc.date is None or gga.hdop is None:
            return None
        accuracy, source = self._accuracy(gga.hdop, settings.uere_m)
        return Fix(
            latitude=gga.position.latitude,
            longitude=gga.position.longitude,
            quality=gga.quality,
            satellites=gga.satellites,
            hdop=gga.hdop,
            accuracy_m=accuracy,
            accuracy_from=source,
            disagreement_m=distance_m(gga.position, rmc.position),
            time=datetime.combine(rmc.date, self.at),
            received_at=self.moment.utc,
            age_s=now.at - self.moment.at,
            speed_mps=rmc.speed_mps,
            simulated=simulated,
        )

    def _accuracy(self, hdop: float, uere_m: float) -> tuple[float, AccuracyFrom]:
        gst = self.gst
        # A deviation of exactly 0 is a receiver that does not know it.
        if gst and gst.latitude_m and gst.longitude_m:
            return 2 * math.hypot(gst.latitude_m, gst.longitude_m), AccuracyFrom.GST
        return 2 * hdop * uere_m, AccuracyFrom.HDOP
