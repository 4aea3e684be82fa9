"""What the screen may call a person: the surname and stars, and only whoever was accepted."""

from sqlalchemy import Connection

from codes import names
from verifier.identity import people
from verifier.identity.errors import IdentityRefused
from verifier.identity.resolver import TOKEN_KINDS
from verifier.protocol.claim import Evidence
from verifier.protocol.decision import Greeting
from verifier.protocol.values import Outcome
from verifier.trust.keys import KeyRing

MOST = 32


def greet(
    conn: Connection, keyring: KeyRing, outcome: Outcome, evidence: Evidence, person: str | None
) -> Greeting | None:
    """By the card's name, else by the registered one.

    A code carries no name. What its platform said is not kept, so an answer that is given again
    could not repeat it: who shows a code is greeted by the registered name too.
    """
    if outcome is not Outcome.ACCEPTED:
        return None
    reading = evidence.reading
    if reading is not None and reading.kind not in TOKEN_KINDS:
        name = reading.fields.get("name", "")
    else:
        name = _registered(conn, keyring, person) if person else ""
    return Greeting(masked_name=names.masked(name)[:MOST]) if name else None


def _registered(conn: Connection, keyring: KeyRing, person: str) -> str:
    try:
        return people.name_of(conn, keyring, person)
    except IdentityRefused:  # erased since: there is nobody to greet
        return ""
