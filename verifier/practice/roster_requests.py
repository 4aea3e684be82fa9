"""Requests to change shifts as rows, read back as the pure core's `Swap`."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, insert, or_, select, update
from sqlalchemy.orm import aliased

from verifier.protocol.values import new_id
from verifier.shifts import Assignment, Swap, SwapKind, SwapState, expire
from verifier.store.practice_tables import Practitioner, RosterSwap

from .roster_errors import refuse

_Asker, _Accepter = aliased(Practitioner), aliased(Practitioner)
_FIND = (
    select(RosterSwap.__table__, _Asker.code.label("gives"), _Accepter.code.label("takes"))
    .join(_Asker, _Asker.person == RosterSwap.asker)
    .join(_Accepter, _Accepter.person == RosterSwap.accepter)
)


@dataclass(frozen=True)
class Request:
    """A request with its row's id.

    Attributes:
        asker, accepter: the persons' ids; in `swap` they have their codes.
    """

    id: str
    department: str
    asker: str
    accepter: str
    asked_at: datetime
    swap: Swap

    def code_of(self, person: str) -> str:
        """The code of one of the two by the person's id; of anybody else the empty string."""
        if person == self.asker:
            return self.swap.asker
        return self.swap.accepter if person == self.accepter else ""


def put(
    conn: Connection, institution: str, swap: Swap, ids: dict[str, str], at: datetime
) -> Request:
    """Keep a new request."""
    given, taken = swap.given, swap.taken
    request = Request(new_id(), given.department, ids[swap.asker], ids[swap.accepter], at, swap)
    conn.execute(
        insert(RosterSwap).values(
            id=request.id,
            institution=institution,
            department=given.department,
            kind=swap.kind.value,
            asker=request.asker,
            asker_day=given.day,
            asker_site=given.site,
            asker_shift=given.code,
            accepter=request.accepter,
            accepter_day=taken.day if taken else None,
            accepter_site=taken.site if taken else None,
            accepter_shift=taken.code if taken else None,
            state=swap.state.value,
            asked_at=at,
            expires_at=swap.expires_at,
        )
    )
    return request


def answered(conn: Connection, request: Request, swap: Swap) -> None:
    """Write down a final state."""
    conn.execute(
        update(RosterSwap)
        .where(RosterSwap.id == request.id)
        .values(state=swap.state.value, answered_at=swap.answered_at)
    )


def find(conn: Connection, institution: str, request: str, *, held: bool = False) -> Request:
    """One request; `held` until the transaction ends. Raises `RosterRefused`
    (`roster.swap_unknown`)."""
    query = _FIND.where(RosterSwap.id == request, RosterSwap.institution == institution)
    if held:
        query = query.with_for_update(of=RosterSwap)
    row = conn.execute(query).one_or_none()
    if row is None:
        raise refuse("roster.swap_unknown", request[:32])
    return _request(row)


def open_of(
    conn: Connection, institution: str, practitioner: str, at: datetime
) -> tuple[Request, ...]:
    """The unanswered that somebody asked or is asked, oldest first; expired ones are none."""
    rows = conn.execute(
        _FIND.where(
            RosterSwap.institution == institution,
            RosterSwap.state == SwapState.ASKED.value,
            RosterSwap.expires_at > at,
            or_(RosterSwap.asker == practitioner, RosterSwap.accepter == practitioner),
        ).order_by(RosterSwap.asked_at, RosterSwap.id)
    )
    return tuple(_request(row) for row in rows)


def of_department(
    conn: Connection,
    institution: str,
    department: str,
    first_day: date,
    last_day: date,
    at: datetime,
) -> tuple[Request, ...]:
    """All requests about shifts of these days, newest first, as they stand now."""
    rows = conn.execute(
        _FIND.where(
            RosterSwap.institution == institution,
            RosterSwap.department == department,
            or_(
                RosterSwap.asker_day.between(first_day, last_day),
                RosterSwap.accepter_day.between(first_day, last_day),
            ),
        ).order_by(RosterSwap.asked_at.desc(), RosterSwap.id)
    )
    return tuple(_request(row, at) for row in rows)


def _request(row: Any, at: datetime | None = None) -> Request:
    given = Assignment(row.gives, row.department, row.asker_site, row.asker_day, row.asker_shift)
    taken = None
    if row.accepter_day is not None:
        taken = Assignment(
            row.takes, row.department, row.accepter_site, row.accepter_day, row.accepter_shift
        )
    swap = Swap(
        SwapKind(row.kind), given, row.takes, taken, row.expires_at,
        SwapState(row.state), row.answered_at,
    )  # fmt: skip
    if at is not None:
        swap = expire(swap, now=at)
    return Request(row.id, row.department, row.asker, row.accepter, row.asked_at, swap)
