"""An invented hospital's day as the messages of its HIS: booked, admitted, moved, sent home. Pure.

The people are nobody: their numbers are of a region (990101) that is assigned to no place.
"""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

from codes import id_number
from verifier.protocol.his import Kind, VisitState

REGION = "990101"
DEPARTMENTS = ("内科", "外科", "儿科", "眼科", "骨科")
WARDS = ("3A", "3B", "5A", "5B")
LIES_HERE_ALREADY, IS_ADMITTED, GETS_MEDICINE, CANCELS, MOVES, LEAVES = (
    0.2,
    0.15,
    0.5,
    0.1,
    0.3,
    0.4,
)


@dataclass(frozen=True)
class Said:
    """One thing as the HIS says it at a moment."""

    at: datetime
    kind: Kind
    item: dict[str, Any]


@dataclass(frozen=True)
class Faults:
    """What may go wrong between a HIS and us; each a share of the messages.

    Attributes:
        duplicate: come twice.
        late: come up to three hours later.
        shuffle: all come in any order.
        garbled: files, not messages, get a line of broken bytes.
    """

    duplicate: float = 0.0
    late: float = 0.0
    shuffle: bool = False
    garbled: float = 0.0


def invented_number(dice: random.Random) -> str:
    """A valid number of nobody."""
    born = date(1940, 1, 1) + timedelta(days=dice.randrange(75 * 365))
    first = f"{REGION}{born:%Y%m%d}{dice.randrange(1000):03d}"
    return first + id_number.check_digit(first)


def hospital_day(
    morning: datetime, people: int, seed: int = 1, numbers: Sequence[str] = ()
) -> list[Said]:
    """Everything that is said on one day, in the order of its times.

    `morning` is seven o'clock there. `numbers` are used first; the rest is invented.
    """
    dice = random.Random(seed)
    told: list[Said] = []
    taken: set[tuple[str, str]] = set()
    for place in range(people):
        number = numbers[place] if place < len(numbers) else invented_number(dice)
        name = f"{morning:%y%m%d}-{seed}-{place:05d}"
        told += _Life(dice, morning, name, number, taken).lived()
    return sorted(told, key=lambda said: said.at)


def with_faults(told: Iterable[Said], faults: Faults, seed: int = 1) -> list[Said]:
    """The same messages as they arrive."""
    dice = random.Random(seed)
    found: list[Said] = []
    for said in told:
        late = dice.random() < faults.late
        wait = timedelta(minutes=dice.randrange(1, 180)) if late else timedelta()
        found.append(Said(said.at + wait, said.kind, said.item))
        if dice.random() < faults.duplicate:
            found.append(found[-1])
    found.sort(key=lambda said: said.at)
    if faults.shuffle:
        items = dice.sample(found, len(found))
        found = [Said(at.at, it.kind, it.item) for at, it in zip(found, items, strict=True)]
    return found


def ends_as(told: Iterable[Said]) -> dict[tuple[Kind, str], dict[str, Any]]:
    """What must stand in the end, in whatever order the messages came."""
    best: dict[tuple[Kind, str], dict[str, Any]] = {}
    for said in told:
        key = said.kind, str(said.item["external_id"])
        if key not in best or said.item["version"] > best[key]["version"]:
            best[key] = said.item
    return best


class _Life:
    """One person's day. What is said of one thing counts its versions from 1. `taken` are beds in
    which somebody lay this day: nobody else lies there.
    """

    def __init__(
        self,
        dice: random.Random,
        morning: datetime,
        name: str,
        number: str,
        taken: set[tuple[str, str]],
    ) -> None:
        self._dice, self._morning, self._name, self._taken = dice, morning, name, taken
        self._person = {"kind": "resident_id", "number": number}
        self._told: list[Said] = []
        self._department = dice.choice(DEPARTMENTS)

    def lived(self) -> list[Said]:
        if self._dice.random() < LIES_HERE_ALREADY:
            self._stay(self._morning - timedelta(days=self._dice.randrange(1, 9)), self._morning)
        else:
            self._outpatient()
        return self._told

    def _outpatient(self) -> None:
        slot = self._morning + timedelta(minutes=60 + 15 * self._dice.randrange(36))
        span: dict[str, Any] = {
            "valid_from": slot - timedelta(hours=1),
            "valid_to": slot + timedelta(hours=3),
        }
        place: dict[str, Any] = {"place": f"{self._dice.randrange(1, 9)}诊室"}
        self._say(self._morning, Kind.APPOINTMENTS, "A", 1, **span, **place)
        if self._dice.random() < CANCELS:
            at = slot - timedelta(minutes=50)
            self._say(at, Kind.APPOINTMENTS, "A", 2, VisitState.CANCELLED, **span, **place)
            return
        seen = slot + timedelta(minutes=20)
        self._say(seen, Kind.APPOINTMENTS, "A", 2, VisitState.DONE, **span, **place)
        if self._dice.random() < GETS_MEDICINE:
            self._medicine(seen)
        if self._dice.random() < IS_ADMITTED:
            self._admission(seen + timedelta(minutes=30))

    def _medicine(self, at: datetime) -> None:
        span: dict[str, Any] = {"valid_from": at, "valid_to": at + timedelta(days=2)}
        place: dict[str, Any] = {"place": f"{self._dice.randrange(1, 6)}号窗口"}
        self._say(at, Kind.DISPENSING, "P", 1, **span, **place)
        got = at + timedelta(minutes=self._dice.randrange(10, 60))
        self._say(got, Kind.DISPENSING, "P", 2, VisitState.DONE, **span, **place)

    def _admission(self, at: datetime) -> None:
        span: dict[str, Any] = {"valid_from": at, "valid_to": at + timedelta(days=3)}
        self._say(at, Kind.ADMISSION_ORDERS, "O", 1, **span)
        came = at + timedelta(minutes=self._dice.randrange(20, 90))
        self._say(came, Kind.ADMISSION_ORDERS, "O", 2, VisitState.DONE, **span)
        self._stay(came, came)

    def _stay(self, since: datetime, at: datetime) -> None:
        version, here = 1, self._bed()
        self._say(at, Kind.INPATIENTS, "I", version, valid_from=since, **here)
        if self._dice.random() < MOVES:
            version, here = version + 1, self._bed()
            at += timedelta(minutes=self._dice.randrange(30, 240))
            self._say(at, Kind.INPATIENTS, "I", version, valid_from=since, **here)
        if self._dice.random() < LEAVES:
            at += timedelta(minutes=self._dice.randrange(30, 240))
            span: dict[str, Any] = {
                "valid_from": since,
                "valid_to": max(at, since + timedelta(minutes=1)),
            }
            self._say(at, Kind.INPATIENTS, "I", version + 1, VisitState.DONE, **span, **here)

    def _bed(self) -> dict[str, Any]:
        ward, bed = self._dice.choice(WARDS), f"{self._dice.randrange(1, 41):02d}"
        beside = (bed if n == 0 else f"{bed}+{n}" for n in count())  # 加床
        free = next(each for each in beside if (ward, each) not in self._taken)
        self._taken.add((ward, free))
        return {"ward": ward, "bed": free}

    def _say(
        self,
        at: datetime,
        kind: Kind,
        mark: str,
        version: int,
        state: VisitState = VisitState.PLANNED,
        **more: Any,
    ) -> None:
        times = {name: each.isoformat() for name, each in more.items() if name[:6] == "valid_"}
        item = {
            "external_id": f"{mark}{self._name}",
            "person": self._person,
            "department": self._department,
            "state": state.value,
            "version": version,
            **more,
            **times,
        }
        self._told.append(Said(at, kind, item))
