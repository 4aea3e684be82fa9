"""What a terminal may still do, and who changed it when.

`active` → `suspended` by staff, and back; → `clone_suspected` by the verifier; → `revoked` by
staff. The last two are for good: a key that may be in other hands is never trusted again, the
terminal is registered anew with a key of its own.
"""

from enum import StrEnum

from sqlalchemy import Connection, update

from verifier import ledger
from verifier.store.schema import Terminal


class State(StrEnum):
    """Only an active terminal gets anything."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    CLONE_SUSPECTED = "clone_suspected"
    REVOKED = "revoked"


class StateRefused(Exception):
    """A terminal does not take this state. Codes: `terminal.unknown`, `terminal.for_good`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


_FROM = {
    State.SUSPENDED: (State.ACTIVE, State.SUSPENDED),
    State.REVOKED: tuple(State),
    State.ACTIVE: (State.ACTIVE, State.SUSPENDED),
}
_KIND = {
    State.SUSPENDED: "terminal.suspended",
    State.REVOKED: "terminal.revoked",
    State.ACTIVE: "terminal.reinstated",
}


def move(conn: Connection, terminal: str, state: State) -> None:
    """Write the state down, whatever it was before, in the caller's transaction."""
    conn.execute(update(Terminal).where(Terminal.id == terminal).values(state=state.value))


def change(conn: Connection, terminal: str, state: State) -> bool:
    """Suspend, revoke or reinstate, with a ledger entry; False where it is in that state already.

    Raises `StateRefused`: `terminal.unknown`, or `terminal.for_good` for one that can only be
    registered anew.
    """
    row = conn.execute(
        Terminal.__table__.select().where(Terminal.id == terminal).with_for_update()
    ).one_or_none()
    if row is None:
        raise StateRefused("terminal.unknown", f"no terminal {terminal} is registered")
    if row.state == state:
        return False
    if row.state not in _FROM[state]:
        raise StateRefused(
            "terminal.for_good",
            f"{terminal} is {row.state}: its key is not trusted again; register it anew",
        )
    move(conn, terminal, state)
    facts = {"terminal": terminal, "before": row.state}
    ledger.append(conn, row.institution, _KIND[state], facts)
    return True
