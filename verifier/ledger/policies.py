"""Which policy was in force when: its text is kept, its digest stands in the ledger.

Every decision's entry cites the digest of the policy that it was made under; the text beside lets
an auditor read years later what that policy said.
"""

import hashlib
from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection, text
from sqlalchemy.dialects.postgresql import insert

from verifier.protocol.values import b64url
from verifier.store.ledger_tables import PolicyText

from .entries import append

KIND = "policy.in_force"

_NEWEST = text(
    "SELECT body->>'policy' FROM ledger WHERE institution = :institution AND kind = :kind "
    "ORDER BY seq DESC LIMIT 1"
)
_SAID = text("""
SELECT s.position, l.seq, l.at, l.body->>'policy' AS digest, p.said
FROM ledger_leaves AS s JOIN ledger AS l ON l.seq = s.seq
LEFT JOIN policies AS p ON p.institution = l.institution AND p.digest = l.body->>'policy'
WHERE s.institution = :institution AND l.kind = :kind ORDER BY s.position
""")
_STRAY = text("""
SELECT p.first_at FROM policies AS p WHERE p.institution = :institution
AND NOT EXISTS (
  SELECT 1 FROM ledger AS l WHERE l.institution = :institution AND l.kind = :kind
    AND l.body->>'policy' = p.digest
) ORDER BY p.first_at
""")


def put_in_force(conn: Connection, institution: str, said: str, at: datetime) -> str:
    """Keep the policy's text and enter it, unless it is the one in force already; its digest."""
    found = digest(said)
    bound = {"institution": institution, "kind": KIND}
    if conn.scalar(_NEWEST, bound) == found:
        return found
    values = {"institution": institution, "digest": found, "said": said, "first_at": at}
    conn.execute(insert(PolicyText).values(values).on_conflict_do_nothing())
    append(conn, institution, KIND, {"policy": found})
    return found


def digest(said: str) -> str:
    """As decisions' entries cite it: SHA-256, base64url."""
    return b64url(hashlib.sha256(said.encode()).digest())


def check_policies(
    conn: Connection, institution: str
) -> Iterator[tuple[str, int | None, int | None, datetime]]:
    """Code, position, seq and time of each policy that is not as its entry says.

    Codes: `policy.removed`, `policy.changed`, `policy.added`.
    """
    bound = {"institution": institution, "kind": KIND}
    for row in conn.execute(_SAID, bound):
        if row.said is None:
            yield "policy.removed", row.position, row.seq, row.at
        elif digest(row.said) != row.digest:
            yield "policy.changed", row.position, row.seq, row.at
    for at in conn.scalars(_STRAY, bound):
        yield "policy.added", None, None, at
