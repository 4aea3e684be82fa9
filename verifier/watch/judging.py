"""Each rule as a pure function over facts: what does not fit together, and what fits after all.

A `Point` names its subject by ids alone. The same facts give the same points, in the same order.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby, pairwise
from typing import TypeVar

from verifier.place import Datum, Position, Source, travel_possible

from .rules import RuleId

T = TypeVar("T")


@dataclass(frozen=True)
class Point:
    """One thing to look at.

    Attributes:
        subject: what makes it one and not another: the same subject is not raised twice while open.
        people, decisions: ids, for whoever looks.
    """

    rule: RuleId
    subject: str
    at: datetime
    people: tuple[str, ...] = ()
    decisions: tuple[str, ...] = ()
    terminal: str | None = None


@dataclass(frozen=True)
class Alike:
    """Two files whose templates are alike. `told_apart`: linked, merged, or mother and newborn."""

    person: str
    other: str
    score: float
    told_apart: bool
    at: datetime


def one_face_two_identities(pairs: Iterable[Alike], cosine: float) -> list[Point]:
    """Two files at or above the cosine of the rule's rate that nobody told apart."""
    return [
        Point("one_face_two_identities", "/".join(sorted((p.person, p.other))), p.at,
              tuple(sorted((p.person, p.other))))
        for p in pairs
        if p.score >= cosine and not p.told_apart
    ]  # fmt: skip


@dataclass(frozen=True)
class OtherFace:
    """A visit with somebody's credential and another face.

    Attributes:
        explained: a proxy stood there with both documents, the file is linked to a look-alike, or
            the person was marked then as going without a face.
    """

    person: str
    visit: str
    decision: str
    at: datetime
    explained: bool


def one_credential_two_faces(visits: Iterable[OtherFace], least: int) -> list[Point]:
    """`least` visits or more with another's face on one credential, none of them explained."""
    found = []
    for person, own in _by(visits, lambda visit: visit.person):
        open_ = [visit for visit in own if not visit.explained]
        if len({visit.visit for visit in open_}) >= least:
            decisions = tuple(visit.decision for visit in open_)
            last = max(visit.at for visit in open_)
            found.append(Point("one_credential_two_faces", person, last, (person,), decisions))
    return found


@dataclass(frozen=True)
class Sighting:
    """A keyed identifier at an institution's site.

    Attributes:
        apart: a proxy or a remote consultation: the person was not there.
    """

    key: str
    institution: str
    at: datetime
    latitude: float
    longitude: float
    datum: str
    decision: str | None = None
    person: str | None = None
    apart: bool = False


def two_places_too_soon(sightings: Iterable[Sighting], mine: str, within: timedelta) -> list[Point]:
    """Each two visits that follow one another at two institutions, one of them ours, between which
    nobody can have travelled. Of ours alone is said who it was.

    Where a third institution lies between two of a person's visits, the leg that is too short is
    its own to see, or the next one's: no pair is judged twice, and none depends on where the
    stretch of time that is looked at begins.
    """
    found = []
    for key, own in _by((one for one in sightings if not one.apart), lambda one: one.key):
        for first, second in pairwise(sorted(own, key=lambda one: (one.at, one.institution))):
            if first.institution == second.institution or mine not in _where(first, second):
                continue
            seconds = (second.at - first.at).total_seconds()
            if seconds > within.total_seconds():
                continue
            if travel_possible(_position(first), _position(second), seconds):
                continue
            ours = first if first.institution == mine else second
            people = (ours.person,) if ours.person else ()
            decisions = (ours.decision,) if ours.decision else ()
            subject = f"{key}/{first.at:%Y%m%d%H%M}/{second.at:%Y%m%d%H%M}"
            found.append(Point("two_places_too_soon", subject, second.at, people, decisions))
    return found


@dataclass(frozen=True)
class LetPass:
    """A visit that was let pass at the counter.

    Attributes:
        refused: the terminal had not confirmed the face.
        second: somebody else agreed; `emergency`: 急诊先救; `undone`: taken back meanwhile.
    """

    item: str
    decision: str
    person: str | None
    at: datetime
    refused: bool
    second: bool
    emergency: bool
    undone: bool


def refused_then_passed_alone(passes: Iterable[LetPass]) -> list[Point]:
    """Not confirmed at the terminal, then let pass by one person without a second."""
    return [
        Point("refused_then_passed_alone", one.item, one.at,
              (one.person,) if one.person else (), (one.decision,))
        for one in passes
        if one.refused and not (one.second or one.emergency or one.undone)
    ]  # fmt: skip


@dataclass(frozen=True)
class ByProxy:
    """One visit of a proxy for a patient.

    Attributes:
        proxy: the proxy's id, or the keyed hash of a document's number.
        lawful: a standing authorisation, a guardian.
        person: the proxy's id again, where the proxy is registered here.
    """

    proxy: str
    patient: str
    decision: str
    at: datetime
    lawful: bool
    person: str | None = None


def one_proxy_for_many(visits: Iterable[ByProxy], least: int) -> list[Point]:
    """One proxy for `least` people or more without a standing authorisation of theirs. A proxy who
    is registered here stands first among the people: it is the proxy who is to be heard.
    """
    found = []
    for proxy, own in _by(visits, lambda visit: visit.proxy):
        open_ = [visit for visit in own if not visit.lawful]
        patients = tuple(sorted({visit.patient for visit in open_}))
        if len(patients) >= least:
            decisions = tuple(visit.decision for visit in open_)
            last = max(visit.at for visit in open_)
            known = tuple(sorted({visit.person for visit in open_ if visit.person}))
            found.append(Point("one_proxy_for_many", proxy, last, known + patients, decisions))
    return found


@dataclass(frozen=True)
class Acceptance:
    """How many of a terminal's visits with a face were accepted."""

    terminal: str
    visits: int
    accepted: int
    last: datetime


def terminal_accepts_oddly(
    terminals: Sequence[Acceptance], least: int, sigmas: float
) -> list[Point]:
    """A terminal whose share differs from that of all others together by so many standard errors
    (two proportions, pooled).
    """
    found = []
    for one in terminals:
        visits = sum(other.visits for other in terminals if other is not one)
        accepted = sum(other.accepted for other in terminals if other is not one)
        if one.visits < least or visits < least:
            continue
        pooled = (one.accepted + accepted) / (one.visits + visits)
        error = math.sqrt(pooled * (1 - pooled) * (1 / one.visits + 1 / visits))
        if error and abs(one.accepted / one.visits - accepted / visits) >= sigmas * error:
            found.append(
                Point("terminal_accepts_oddly", one.terminal, one.last, terminal=one.terminal)
            )
    return found


def _by(rows: Iterable[T], key: Callable[[T], str]) -> list[tuple[str, list[T]]]:
    return [(value, list(own)) for value, own in groupby(sorted(rows, key=key), key=key)]


def _where(*sightings: Sighting) -> set[str]:
    return {one.institution for one in sightings}


def _position(one: Sighting) -> Position:
    return Position(
        latitude=one.latitude,
        longitude=one.longitude,
        datum=Datum(one.datum),
        accuracy_m=500.0,
        source=Source.SURVEYED,
        at=one.at,
    )
