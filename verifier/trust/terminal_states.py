"""What a terminal may still do, and who changed it when.

`active` → `suspended` by staff, and back; → `clone_suspected` by the verifier; → `revoked` by
staff. The last two are for good: a key that may be in other hands is never trusted again, the
terminal is registered anew with a key of its own.
"""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel
from sqlalchemy import Connection, select, update

from verifier import ledger
from verifier.store.schema import Terminal


class State(StrEnum):
    """Only an active terminal gets anything."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    CLONE_SUSPECTED = "clone_suspected"
    REVOKED = "revoked"


class Listed(BaseModel):
    """A terminal as staff see it."""

    id: str
    site: str
    label: str
    state: State
    purposes: list[str]
    last_counter: int
    last_seen_at: datetime | None
    clock_skew_s: float | None
    created_at: datetime


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


def change(
    conn: Connection, institution: str, terminal: str, state: State, by: str = "operator"
) -> bool:
    """Suspend, revoke or reinstate, with a ledger entry; False where it is in that state already.

    `by` is an account, or the operator on the server.

    Raises `StateRefused`: `terminal.unknown`, or `terminal.for_good` for one that can only be
    registered anew.
    """
    row = conn.execute(
        select(Terminal.state)
        .where(Terminal.id == terminal, Terminal.institution == institution)
        .with_for_update()
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
    facts = {"terminal": terminal, "before": row.state, "by": by}
    ledger.append(conn, institution, _KIND[state], facts)
    return True


def rejoin(conn: Connection, institution: str, terminal: str | None = None) -> int:
    """Forget where the chains stand, with a ledger entry for each; how many there were.

    For a database that was restored from a backup and is older than its terminals.
    """
    statement = update(Terminal).where(Terminal.institution == institution)
    if terminal is not None:
        statement = statement.where(Terminal.id == terminal)
    fresh = statement.values(last_counter=0, last_claim=None).returning(Terminal.id)
    names = conn.scalars(fresh).all()
    for name in names:
        ledger.append(conn, institution, "terminal.rejoined", {"terminal": name})
    return len(names)


def listed(conn: Connection, institution: str) -> list[Listed]:
    """The institution's fixed terminals, by site and label; phones have a list of their own."""
    order = (Terminal.site, Terminal.label, Terminal.id)
    rows = conn.execute(
        select(*(getattr(Terminal, name) for name in Listed.model_fields))
        .where(Terminal.institution == institution, Terminal.kind == "fixed")
        .order_by(*order)
    )
    return [Listed.model_validate(dict(row)) for row in rows.mappings()]
