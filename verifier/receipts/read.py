"""A stored receipt, as it was sent, for the terminal that made it or for its institution."""

from sqlalchemy import Connection, text

_READ = text("""
SELECT compact FROM receipts
WHERE id = :id AND institution = :institution
  AND (CAST(:terminal AS text) IS NULL OR terminal = :terminal)
""")


def read_receipt(
    conn: Connection, receipt: str, institution: str, terminal: str | None = None
) -> str | None:
    """The compact JWS; None where there is none that this reader may see."""
    values = {"id": receipt, "institution": institution, "terminal": terminal}
    compact: str | None = conn.scalar(_READ, values)
    return compact
