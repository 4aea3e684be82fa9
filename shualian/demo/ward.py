"""Three people who are enrolled lie in an ordinary ward of the demo hospital, so that 在院核验 can
be tried by face and by wristband. The simulated HIS says so; nobody has looked in on them yet.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from integrations.his.day import Said, ends_as
from kiosk.files import write_private
from verifier.protocol.his import Kind, VisitState
from verifier.shifts.month import CHINA

from .sample import INVENTED, Invented

WARD, DEPARTMENT = "3A", "内科"
ADMITTED, RENEWED = timedelta(hours=20), timedelta(days=20)
"""So long before the first start they came; after so long they are sent home, and come anew."""

_BY_ID = {one.id: one for one in INVENTED}
LYING: dict[str, Invented] = {
    "41": _BY_ID["wang"],
    "42": _BY_ID["zhao"],
    "43": _BY_ID["zhou"],
}
"""By bed; the HIS's own day fills beds up to 40."""
NUMBERS = frozenset(one.number for one in LYING.values())


@dataclass(frozen=True)
class Stays:
    """Three stays that began together; they outlast a played day."""

    since: datetime

    def wristband(self, bed: str) -> str:
        """The HIS's own number of the stay in this bed."""
        return f"W{self.since.astimezone(CHINA):%y%m%d}{bed}"

    def told(self) -> list[Said]:
        """As the HIS says it. Said again it changes nothing."""
        return [self._said(bed, self.since, 1) for bed in LYING]

    def over(self, at: datetime) -> list[Said]:
        """Everybody is sent home."""
        gone = {"state": VisitState.DONE.value, "valid_to": at.isoformat()}
        return [self._said(bed, at, 2, **gone) for bed in LYING]

    def _said(self, bed: str, at: datetime, version: int, **more: str) -> Said:
        item = {
            "external_id": self.wristband(bed),
            "person": {"kind": "resident_id", "number": LYING[bed].number},
            "department": DEPARTMENT,
            "ward": WARD,
            "bed": bed,
            "state": VisitState.PLANNED.value,
            "version": version,
            "valid_from": self.since.isoformat(),
        }
        return Said(at, Kind.INPATIENTS, item | more)


def read(file: Path) -> Stays | None:
    """Whose wristbands there are; None before the first start."""
    if not file.exists():
        return None
    return Stays(datetime.fromisoformat(json.loads(file.read_text("utf-8"))["since"]))


def at_start(file: Path, at: datetime) -> list[Said]:
    """What the HIS says of these stays at a start; they are written down."""
    kept = read(file)
    if kept is not None and at - kept.since < RENEWED:
        return kept.told()
    stays = Stays(at - ADMITTED)
    write_private(file, json.dumps({"since": stays.since.isoformat()}).encode())
    return [*(kept.over(at) if kept else []), *stays.told()]


def sent_home(told: Sequence[Said], at: datetime) -> list[Said]:
    """Who lay here by a played day that is over: else they would lie here beside the new one's."""
    last = [item for (kind, _), item in ends_as(told).items() if kind is Kind.INPATIENTS]
    gone = {"state": VisitState.DONE.value, "valid_to": at.isoformat()}
    return [
        Said(at, Kind.INPATIENTS, item | gone | {"version": item["version"] + 1})
        for item in last
        if datetime.fromisoformat(item["valid_from"]) < at
    ]
