"""Changing shifts on the phone: what of a department its physicians see, and their own requests.

The rules are `verifier.shifts`'s, what is kept `roster_swaps`'s; here a request that was asked
already is the same request, so that the same touch again asks nobody twice.
"""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from verifier.protocol.swaps import SwapAnswer, SwapAsked, SwapRequest, Swaps, SwapShift
from verifier.shifts import Assignment, ShiftCodes, ShiftKind, SwapKind
from verifier.shifts.month import local_day
from verifier.trust.keys import KeyRing

from . import roster_people, roster_store
from .registry import Known
from .roster_requests import Request
from .roster_swaps import answer_swap, ask_swap, open_swaps, withdraw_swap

AHEAD = timedelta(days=21)


def swaps_of(
    conn: Connection,
    keyring: KeyRing,
    institution: str,
    known: Known,
    codes: ShiftCodes,
    at: datetime,
) -> Swaps:
    """Requests that wait, the holder's coming shifts, the colleagues' of the department."""
    first = local_day(at)
    everybody = roster_people.directory(conn, keyring, institution, known.department)
    planned = [
        _shift(one)
        for one in roster_store.assignments(
            conn, institution, known.department, first, first + AHEAD
        )
        if one.code in codes and codes.get(one.code).kind is not ShiftKind.OFF
    ]
    waiting = open_swaps(conn, institution, known.person, at=at)
    return Swaps(
        names={one.code: one.name for one in everybody.physicians},
        own=[one for one in planned if one.who == known.code],
        theirs=[one for one in planned if one.who != known.code],
        requests=[_request(one, known) for one in waiting],
    )


def ask(
    conn: Connection,
    institution: str,
    known: Known,
    asked: SwapAsked,
    codes: ShiftCodes,
    at: datetime,
) -> None:
    """Ask a colleague for a shift of the holder's own. Raises `RosterRefused`."""
    given = _assignment(asked.given, known.code)
    taken = _assignment(asked.taken, asked.accepter) if asked.taken else None
    for before in open_swaps(conn, institution, known.person, at=at):
        same = (before.swap.given, before.swap.accepter, before.swap.taken)
        if same == (given, asked.accepter, taken):
            return
    kind = SwapKind.SWAP if taken else SwapKind.SUBSTITUTE
    ask_swap(conn, institution, kind, given, asked.accepter, taken, codes=codes, at=at)


def answer(
    conn: Connection,
    institution: str,
    known: Known,
    said: SwapAnswer,
    codes: ShiftCodes,
    at: datetime,
) -> None:
    """Yes, no, or taking back. Raises `RosterRefused`, also for whom it is not about."""
    if said.answer == "withdraw":
        withdraw_swap(conn, institution, said.request, known.person, at=at)
        return
    request, by = said.request, known.person
    answer_swap(conn, institution, request, by, said.answer, codes=codes, at=at)


def _shift(one: Assignment) -> SwapShift:
    return SwapShift(
        who=one.physician, department=one.department, site=one.site, day=one.day, shift=one.code
    )


def _assignment(said: SwapShift, who: str) -> Assignment:
    return Assignment(who, said.department, said.site, said.day, said.shift)


def _request(one: Request, known: Known) -> SwapRequest:
    return SwapRequest(
        id=one.id,
        mine=one.asker == known.person,
        accepter=one.swap.accepter,
        given=_shift(one.swap.given),
        taken=_shift(one.swap.taken) if one.swap.taken else None,
        expires_at=one.swap.expires_at,
    )
