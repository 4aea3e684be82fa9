"""A desk's reading goes to the clerk who sits there, once, and the ledger says to whom."""

from sqlalchemy import text

from verifier import ledger
from verifier.protocol.claim import CredentialReading
from verifier.protocol.desk import DESK
from verifier.trust.accounts.sessions import SignedIn

from .site import Site

_HERE = text("SELECT 1 FROM terminals WHERE id = :desk AND institution = :institution")
_DESKS = text(
    "SELECT id, label, site FROM terminals WHERE institution = :institution "
    "AND state = 'active' AND purposes ? :desk ORDER BY label, id"
)


def taken(site: Site, desk: str, clerk: SignedIn) -> CredentialReading | None:
    """The newest reading of a desk of this institution, or None."""
    mine = site.parts.institution
    with site.parts.engine.begin() as conn:
        if conn.scalar(_HERE, {"desk": desk, "institution": mine}) is None:
            return None
        reading = site.readings.take(desk)
        if reading is not None:
            facts = {"terminal": desk, "account": clerk.account, "credential": reading.kind}
            ledger.append(conn, mine, "reading.taken", facts)
    return reading


def desks(site: Site) -> list[tuple[str, str, str]]:
    """Id, label and site of each desk's terminal that may send."""
    bound = {"institution": site.parts.institution, "desk": DESK}
    with site.parts.engine.connect() as conn:
        return [(row.id, row.label, row.site) for row in conn.execute(_DESKS, bound)]
