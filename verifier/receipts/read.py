"""A stored receipt, as it was sent, for the terminal that made it or for its institution."""

from sqlalchemy import Connection, text

from verifier.protocol.errors import refusal

_READ = text("""
SELECT r.compact,
       CAST(:terminal AS text) IS NULL
       OR EXISTS (SELECT 1 FROM terminals WHERE id = :terminal AND state = 'active') AS may_read,
       EXISTS (
         SELECT 1 FROM counter_results AS c
         WHERE c.decision = r.decision AND c.reversed_at IS NOT NULL
       ) AS reversed
FROM (SELECT 1) AS one
LEFT JOIN receipts AS r ON r.id = :id AND r.institution = :institution
  AND (CAST(:terminal AS text) IS NULL OR r.terminal = :terminal)
""")


def read_receipt(
    conn: Connection, receipt: str, institution: str, terminal: str | None = None
) -> str | None:
    """The compact JWS; None where there is none that this reader may see.

    Raises `Refused`: `terminal.suspended`, whatever is remembered of the terminal, and
    `receipt.reversed` for one of the counter that was taken back.
    """
    values = {"id": receipt, "institution": institution, "terminal": terminal}
    compact, may_read, is_reversed = conn.execute(_READ, values).one()
    if not may_read:
        raise refusal("terminal.suspended")
    if is_reversed:
        raise refusal("receipt.reversed")
    return str(compact) if compact is not None else None
