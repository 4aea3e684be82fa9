"""Two physicians change shifts (换班), or one stands in for another (替班).

`asked → accepted | declined | withdrawn | expired`, and only an accepted request takes effect.
Functions of what they are given: who may do it stands in the caller's session, the time is given.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from .errors import refuse
from .exchange import Swap, SwapKind, SwapRules, SwapState, begins_at, exchanged
from .plan import Assignment


def ask(
    kind: SwapKind,
    given: Assignment,
    accepter: str,
    taken: Assignment | None,
    *,
    roster: Collection[Assignment],
    rules: SwapRules,
    now: datetime,
    expires_at: datetime | None = None,
) -> Swap:
    """A new request. Raises `RosterRefused` (`roster.swap_…`) where it could not take effect."""
    if accepter == given.physician:
        raise refuse("roster.swap_oneself")
    if (kind is SwapKind.SWAP) != (taken is not None):
        raise refuse("roster.swap_incomplete")
    begins = min(begins_at(shift, rules) for shift in (given, taken) if shift is not None)
    ends = begins if expires_at is None else min(begins, expires_at)
    swap = Swap(kind, given, accepter, taken, ends)
    exchanged(roster, swap, rules, now)
    if now >= ends:
        raise refuse("roster.swap_expired")
    return swap


def accept(
    swap: Swap, by: str, *, roster: Collection[Assignment], rules: SwapRules, now: datetime
) -> Swap:
    """The asked physician says yes. Raises `RosterRefused`; it is judged anew on today's roster."""
    _answerable(swap, by, swap.accepter, now)
    exchanged(roster, swap, rules, now)
    return replace(swap, state=SwapState.ACCEPTED, answered_at=now)


def decline(swap: Swap, by: str, *, now: datetime) -> Swap:
    """The asked physician says no, for no reason that need be told. Raises `RosterRefused`."""
    _answerable(swap, by, swap.accepter, now)
    return replace(swap, state=SwapState.DECLINED, answered_at=now)


def withdraw(swap: Swap, by: str, *, now: datetime) -> Swap:
    """The asker takes it back before an answer. Raises `RosterRefused`."""
    _answerable(swap, by, swap.asker, now)
    return replace(swap, state=SwapState.WITHDRAWN, answered_at=now)


def expire(swap: Swap, *, now: datetime) -> Swap:
    """The request as it stands at this time: expired if nobody answered until its end."""
    if swap.state is SwapState.ASKED and now >= swap.expires_at:
        return replace(swap, state=SwapState.EXPIRED, answered_at=swap.expires_at)
    return swap


def apply(
    roster: Collection[Assignment], swap: Swap, *, rules: SwapRules, now: datetime
) -> tuple[Assignment, ...]:
    """The roster after an accepted request, in order. It cannot take effect twice.

    A rest that gives way (`ShiftCode.gives_way`) goes to the colleague whose shift is taken on
    that day. `roster` holds every shift of both around these days, of all departments. Raises
    `RosterRefused`.
    """
    if swap.state is not SwapState.ACCEPTED:
        raise refuse("roster.swap_not_accepted", swap.state)
    return tuple(sorted(exchanged(roster, swap, rules, now)))


def _answerable(swap: Swap, by: str, who: str, now: datetime) -> None:
    if by != who:
        raise refuse("roster.swap_other_person")
    if swap.state is not SwapState.ASKED:
        raise refuse("roster.swap_answered", swap.state)
    if now >= swap.expires_at:
        raise refuse("roster.swap_expired")
