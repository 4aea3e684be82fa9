"""A desk's reading goes to the clerk who sits there, once, and the ledger says to whom."""

from sqlalchemy import text

from verifier import ledger
from verifier.protocol.claim import CredentialReading
from verifier.protocol.desk import DESK
from verifier.trust.accounts.sessions import SignedIn

from .readings import Laid
from .site import Site

_HERE = text("SELECT 1 FROM terminals WHERE id = :desk AND institution = :institution")
_DESKS = text(
    "SELECT id, label, site FROM terminals WHERE institution = :institution "
    "AND state = 'active' AND purposes ? :desk ORDER BY label, id"
)


def taken(site: Site, desk: str, clerk: SignedIn) -> CredentialReading | None:
    """The newest reading of a desk of this institution, or None. A chip's photo is dropped."""
    laid = _taken(site, desk, clerk, photo=False)
    return laid.reading if laid else None


def taken_with_photo(site: Site, desk: str, clerk: SignedIn) -> Laid | None:
    """The same with the photo on the card's chip, where the desk sent one."""
    return _taken(site, desk, clerk, photo=True)


def _taken(site: Site, desk: str, clerk: SignedIn, *, photo: bool) -> Laid | None:
    mine = site.parts.institution
    with site.parts.engine.begin() as conn:
        if conn.scalar(_HERE, {"desk": desk, "institution": mine}) is None:
            return None
        laid = site.readings.take(desk)
        if laid is not None:
            kind, shown = laid.reading.kind, photo and bool(laid.chip_photo)
            facts = {"terminal": desk, "account": clerk.account, "credential": kind}
            ledger.append(
                conn, mine, "reading.taken", facts | ({"chip_photo": True} if shown else {})
            )
    return laid


def desks(site: Site) -> list[tuple[str, str, str]]:
    """Id, label and site of each desk's terminal that may send."""
    bound = {"institution": site.parts.institution, "desk": DESK}
    with site.parts.engine.connect() as conn:
        return [(row.id, row.label, row.site) for row in conn.execute(_DESKS, bound)]
